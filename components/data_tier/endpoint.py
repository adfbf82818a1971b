"""The contract between an engine and whoever uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, cast

import pulumi

from spec.services import Service

Access = Literal["writer", "reader"]


@dataclass(frozen=True)
class Consumer:
    """A service that uses an engine."""

    name: str
    namespace: pulumi.Input[str]
    access: frozenset[Access]

    @property
    def role(self) -> str:
        """Name of the consumer's own database role."""
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class Peer:
    """One end of a connection, as a NetworkPolicy names it: pods by labels, or addresses outside the cluster."""

    ports: tuple[int, ...]
    namespace: pulumi.Input[str] | None = None
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    cidrs: tuple[pulumi.Input[str], ...] = ()

    def selectors(self) -> list[dict[str, Any]]:
        """Return NetworkPolicyPeer objects."""
        if self.cidrs:
            return [{"ipBlock": {"cidr": cidr}} for cidr in self.cidrs]
        peer: dict[str, Any] = {"podSelector": {"matchLabels": dict(self.pod_labels)} if self.pod_labels else {}}
        if self.namespace is not None:
            peer["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}
        return [peer]


@dataclass(frozen=True)
class Endpoint:
    """Where one consumer reaches PostgreSQL, and as whom."""

    host: pulumi.Input[str]
    """Writer, where the consumer may write; else the reader."""
    reader_host: pulumi.Input[str] | None
    port: int
    database: str
    user: str
    secret: pulumi.Input[str]
    """Name of the Secret, in the consumer's namespace, whose key ``password`` holds the password."""
    ssl_mode: Literal["disable", "require", "verify-full"]
    peer: Peer

    def environment(self) -> list[dict[str, Any]]:
        """Return container environment variables by the names that libpq, and so every driver, reads.

        PGHOST_READER is ours: the read-only host, for a consumer that both writes and reads.
        https://www.postgresql.org/docs/current/libpq-envars.html
        """
        plain = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGDATABASE": self.database,
            "PGUSER": self.user,
            "PGSSLMODE": self.ssl_mode,
        } | ({"PGHOST_READER": self.reader_host} if self.reader_host is not None else {})
        password = {
            "name": "PGPASSWORD",
            "valueFrom": {"secretKeyRef": {"name": self.secret, "key": "password"}},
        }
        return [*({"name": name, "value": value} for name, value in plain.items()), password]


class Engine(Protocol):
    """An engine of the data tier, in the cluster, managed, or somebody else's."""

    address: pulumi.Output[str]
    """host:port, for people to read."""

    def endpoint(self, consumer: str) -> Endpoint:
        """Return the endpoint of a consumer that the engine was given, by its name."""
        ...


def consumers(
    services: Sequence[Service], engine: str, namespace: Callable[[str], pulumi.Input[str]]
) -> list[Consumer]:
    """Return the consumers of ``engine``: services whose ``uses`` name it, in namespaces that ``namespace`` ensures."""
    found = []
    for service in services:
        access = frozenset(use.removeprefix(f"{engine}.") for use in service.uses if use.startswith(f"{engine}."))
        if access:
            found.append(Consumer(service.name, namespace(service.namespace), cast("frozenset[Access]", access)))
    return found
