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
    """Who the platform is to a store."""

    name: pulumi.Input[str]
    password: pulumi.Input[str]


@dataclass(frozen=True)
class ExistingSecret:
    """The name of a Secret that says who the platform is, which somebody else puts where it is needed."""

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
    """CloudWatch Logs, as whom the pod's own identity says."""

    region: str
    log_group: pulumi.Input[str]


Api = LokiApi | ElasticsearchApi | CloudWatchApi


@dataclass(frozen=True)
class LogStore:
    """A store, as those have to know it who write to it or read from it."""

    api: Api
    peer: Peer
    """Where it is, as a NetworkPolicy of whoever writes to it lets them out."""
    account: Account | None = None
    ca_certificate: pulumi.Input[str] | None = None
    """Authority of its certificate, in PEM; None for those that every system knows."""
    statements: Sequence[Mapping[str, Any]] = ()
    """What a writer's identity in the cloud has to be allowed; see `components.policy.statement`."""
    datasource: Mapping[str, Any] | None = None
    """Grafana's, without what follows from address, account and certificate; None where Grafana has no way in."""
    depends_on: Sequence[pulumi.Resource] = field(default_factory=tuple)
    """What has to be there before anybody writes."""

    @property
    def secret_is_theirs(self) -> bool:
        """Whether somebody else makes the Secret, in namespaces that may be there no earlier than who refers to it."""
        return isinstance(self.account, ExistingSecret)
