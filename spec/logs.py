"""Logs: what collects them on every node, and where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, StringConstraints

from spec.base import Name, Quantity, Section
from spec.cluster import Days
from spec.credentials import Credentials
from spec.services import Compute, Resources

CollectorKind = Literal["alloy", "promtail", "fluent-bit"]

# What each collector can write to, by the kinds of stores. Alloy and Promtail know Loki's protocol alone: Alloy has no
# exporter for Elasticsearch or for CloudWatch Logs.
# https://grafana.com/docs/alloy/latest/reference/components/otelcol/
WRITES_TO: Mapping[str, frozenset[str]] = {
    "alloy": frozenset({"loki", "externalLoki"}),
    "promtail": frozenset({"loki", "externalLoki"}),
    "fluent-bit": frozenset({"loki", "externalLoki", "elasticsearch", "externalElasticsearch", "cloudWatch"}),
}

WholeDays = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]*(d|w)$"),
    Field(description="A duration in whole days or weeks, such as 30d: what is deleted goes by the day."),
]
Url = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9/_.~-]*[A-Za-z0-9_.~-])?$"),
    Field(description="An http or https URL without a slash at its end."),
]
Certificate = Annotated[
    str,
    StringConstraints(pattern=r"(?s)^-----BEGIN CERTIFICATE-----\n.+\n-----END CERTIFICATE-----\n?$"),
    Field(description="A certificate in PEM."),
]


class _External(Section):
    """A store that somebody else runs."""

    url: Url

    @property
    def address(self) -> SplitResult:
        """The URL in its parts."""
        return urlsplit(self.url)

    @property
    def port(self) -> int:
        """The URL's port, or its scheme's."""
        return self.address.port or {"http": 80, "https": 443}[self.address.scheme]


class Loki(Section):
    """Loki in the cluster, in one process: good for some tens of gigabytes a day."""

    kind: Literal["loki"]
    chunks: Literal["volume", "bucket"] = "volume"
    """`bucket`: on S3, in a bucket that the program makes; the volume then holds what was not written there yet."""
    size: Quantity = "5Gi"
    """Of the volume."""
    retention: WholeDays = "7d"
    resources: Resources = Resources(requests=Compute(cpu="50m", memory="256Mi"), limits=Compute(cpu="1", memory="1Gi"))
    pool: Name | None = None


class ExternalLoki(_External):
    """A Loki that somebody else runs."""

    kind: Literal["externalLoki"]
    url: Url
    """Without `/loki/api/v1/push`."""
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!_.*'()-]{1,150}$")] | None = None
    """X-Scope-OrgID; left out where Loki has one tenant, or tells tenants by their credentials."""
    credentials: Credentials | None = None
    """A Secret of yours lies in the namespaces `log-collector` and that of Prometheus."""
    ca_certificate: Certificate | None = None
    """Authority that the store's certificate is checked against; left out, those that every system knows."""


class Elasticsearch(Section):
    """Elasticsearch in the cluster, run by Elastic's operator (ECK)."""

    kind: Literal["elasticsearch"]
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] = "9.2.0"
    nodes: Annotated[int, Field(ge=1, le=9)] = 1
    """One alone keeps no second copy of anything."""
    size: Quantity = "10Gi"
    """Of the volume of each node."""
    cpu: Quantity = "250m"
    memory: Quantity = "2Gi"
    """Request and limit alike; half of it becomes the heap, less than 2Gi leaves none to speak of."""
    retention: WholeDays = "7d"
    pool: Name | None = None


class ExternalElasticsearch(_External):
    """An Elasticsearch that somebody else runs; how long it keeps what it gets is decided there."""

    kind: Literal["externalElasticsearch"]
    url: Url
    data_stream: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")] = "logs-pods-default"
    credentials: Credentials
    """A Secret of yours lies in the namespaces `log-collector` and that of Prometheus."""
    ca_certificate: Certificate | Literal["system"]
    """Authority that the store's certificate is checked against: one in PEM, since Elasticsearch signs its own unless
    it is told otherwise, or `system` for those that every system knows."""


class CloudWatch(Section):
    """CloudWatch Logs: one log group for the platform, one stream for each container."""

    kind: Literal["cloudWatch"]
    retention_days: Days = 30


Store = Annotated[Loki | ExternalLoki | Elasticsearch | ExternalElasticsearch | CloudWatch, Field(discriminator="kind")]


class Logs(Section):
    """The logs of every container: collected on every node, kept in one place."""

    collector: CollectorKind = "alloy"
    """`promtail` has had no fixes since March 2026; it is there for those who have it already."""
    store: Store
    api_server_audit: bool = False
    """Copies the API server's audit log into Loki, on EKS, where it would be in CloudWatch alone."""
