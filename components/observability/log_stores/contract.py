"""The contract between a store of logs, whoever writes to it, and Grafana, which reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.data_tier.endpoint import Peer

USERNAME, PASSWORD = "LOG_STORE_USERNAME", "LOG_STORE_PASSWORD"
"""Environment variables that hold the credentials, in a collector as in Grafana."""


@dataclass(frozen=True)
class User:
    """The account that the platform signs in to a store with."""

    name: pulumi.Input[str]
    password: pulumi.Input[str]


@dataclass(frozen=True)
class ExistingSecret:
    """The name of a Secret with such an account, which somebody else makes in every namespace that needs it."""

    name: str


Account = User | ExistingSecret


@dataclass(frozen=True)
class HttpAddress:
    """Where a store answers over HTTP."""

    host: pulumi.Input[str]
    port: int
    tls: bool = False
    path: str = ""
    """Before the API's own paths; empty or starting with a slash."""

    @property
    def url(self) -> pulumi.Output[str]:
        """The address in one piece, without a slash at its end."""
        return pulumi.Output.concat("https://" if self.tls else "http://", self.host, f":{self.port}{self.path}")


@dataclass(frozen=True)
class LokiApi:
    """A store that takes Loki's push requests."""

    address: HttpAddress
    tenant: str | None = None


@dataclass(frozen=True)
class ElasticsearchApi:
    """A store that takes Elasticsearch's bulk requests."""

    address: HttpAddress
    data_stream: str


@dataclass(frozen=True)
class CloudWatchApi:
    """CloudWatch Logs; writers sign in by the identity of their pods."""

    region: str
    log_group: pulumi.Input[str]


Api = LokiApi | ElasticsearchApi | CloudWatchApi


@dataclass(frozen=True)
class LogStore:
    """What whoever writes to a store or reads from it has to know of it."""

    api: Api
    peer: Peer
    """The store, as NetworkPolicies let writers and readers out to it."""
    account: Account | None = None
    ca_certificate: pulumi.Input[str] | None = None
    """Certificate of the authority that signed the store's, in PEM; None for authorities that every system trusts."""
    statements: Sequence[Mapping[str, Any]] = ()
    """IAM statements that a writer's identity needs; see `components.policy.statement`."""
    datasource: Mapping[str, Any] | None = None
    """Grafana's datasource, without address, account and certificate; None where Grafana can't read the store."""
    depends_on: Sequence[pulumi.Resource] = field(default_factory=tuple)
    """What has to exist before anybody writes."""

    @property
    def secret_is_theirs(self) -> bool:
        """Whether somebody else makes the Secret, in namespaces that may be there no earlier than who refers to it."""
        return isinstance(self.account, ExistingSecret)
