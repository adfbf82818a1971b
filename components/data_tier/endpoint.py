"""The contract between an engine and whoever uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pulumi

from spec.services import Service

ADMINISTRATOR = "administrator"
"""Access of a user interface: to the engine itself, and to all that it holds."""


@dataclass(frozen=True)
class Consumer:
    """A service that uses an engine."""

    name: str
    namespace: pulumi.Input[str]
    access: frozenset[str] = frozenset()
    """What its `uses` say after the engine's name, such as ``writer``; empty where the name alone says it all."""
    pool_size: int | None = None
    """Connections that each of its pods may open; None where the engine has nothing to share out."""
    connections: int | None = None
    """Connections that all its pods may open together."""
    database: str | None = None
    """Database of PostgreSQL that it has to itself; None for the one that consumers share."""

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


class Endpoint(Protocol):
    """Where one consumer reaches an engine, and as whom."""

    @property
    def peer(self) -> Peer:
        """The engine, as a NetworkPolicy lets the consumer out to it."""
        ...

    def environment(self) -> list[dict[str, Any]]:
        """Return container environment variables that say where and as whom; secrets in them are references."""
        ...


def variables(plain: Mapping[str, pulumi.Input[str]], **from_secret: tuple[pulumi.Input[str], str]) -> list[Any]:
    """Return container environment variables: ``plain`` ones, and those that are a Secret's, by its name and key."""
    return [
        *({"name": name, "value": value} for name, value in plain.items()),
        *(
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, (secret, key) in from_secret.items()
        ),
    ]


@dataclass(frozen=True)
class PostgresEndpoint:
    """Where one consumer reaches PostgreSQL, and as whom."""

    host: pulumi.Input[str]
    """Writer, where the consumer may write; else the reader."""
    reader_host: pulumi.Input[str] | None
    port: int
    database: str
    user: str | None
    """None where the Secret's key ``username`` says it."""
    secret: pulumi.Input[str]
    """Name of the Secret, in the consumer's namespace, whose key ``password`` holds the password."""
    ssl_mode: Literal["disable", "require", "verify-full"]
    peer: Peer
    pool_size: int | None = None
    """Connections that each of the consumer's pods may open."""
    secret_is_theirs: bool = False
    """Whether somebody else makes the Secret, in a namespace that may be there no earlier than the consumer."""

    def environment(self) -> list[dict[str, Any]]:
        """Return container environment variables by the names that libpq, and so every driver, reads.

        PGHOST_READER and PGPOOL_SIZE are ours: the read-only host, for a consumer that both writes and reads, and how
        many connections the pool of a pod may have, to each host.
        https://www.postgresql.org/docs/current/libpq-envars.html
        """
        plain = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGDATABASE": self.database,
            "PGSSLMODE": self.ssl_mode,
        } | ({"PGHOST_READER": self.reader_host} if self.reader_host is not None else {})
        if self.pool_size is not None:
            plain["PGPOOL_SIZE"] = str(self.pool_size)
        secret = {"PGPASSWORD": (self.secret, "password")}
        if self.user is None:
            secret["PGUSER"] = (self.secret, "username")
        else:
            plain["PGUSER"] = self.user
        return variables(plain, **secret)


@dataclass(frozen=True)
class UrlEndpoint:
    """Where one consumer reaches an engine that libraries take a URL for, and as whom."""

    prefix: str
    """What its variables begin with, such as ``REDIS_CACHE``: a service may use several engines of a kind."""
    host: pulumi.Input[str]
    port: int
    user: str
    secret: pulumi.Input[str]
    """Name of the Secret, in the consumer's namespace, with the keys ``password`` and ``url``."""
    peer: Peer
    more: Mapping[str, str] = field(default_factory=dict)
    """Further settings of a client, by the variable's name after the prefix."""

    def environment(self) -> list[dict[str, Any]]:
        """Return container environment variables: each part of the connection, and a URL that has all of them."""
        plain = {"HOST": self.host, "PORT": str(self.port), "USERNAME": self.user, **self.more}
        secret = {"PASSWORD": (self.secret, "password"), "URL": (self.secret, "url")}
        return variables(
            {f"{self.prefix}_{name}": value for name, value in plain.items()},
            **{f"{self.prefix}_{name}": source for name, source in secret.items()},
        )


def clients(consumers: Iterable[Consumer]) -> list[Peer]:
    """Return consumers as a NetworkPolicy lets them in: by the name that charts/service labels its pods with."""
    return [
        Peer(ports=(), namespace=each.namespace, pod_labels={"app.kubernetes.io/name": each.name}) for each in consumers
    ]


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
    """Return the consumers of ``engine``: services whose ``uses`` name it, in namespaces that ``namespace`` ensures.

    ``engine`` may have a dot itself: `redis.cache` is one store of several.
    """
    found = []
    for service in services:
        uses = [use for use in service.uses if use == engine or use.startswith(f"{engine}.")]
        if uses:
            access = frozenset(use.removeprefix(engine).removeprefix(".") for use in uses) - {""}
            here = namespace(service.namespace)
            found.append(Consumer(service.name, here, access, database=service.database))
    return found
