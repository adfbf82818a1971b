"""Stores that somebody else runs."""

from __future__ import annotations

from components.data_tier.endpoint import Peer
from components.observability.log_stores.contract import (
    Account,
    ElasticsearchApi,
    ExistingSecret,
    HttpAddress,
    LogStore,
    LokiApi,
    User,
)
from spec.credentials import Credentials
from spec.logs import ExternalElasticsearch, ExternalLoki

LOKI_DATASOURCE = {"name": "Loki", "uid": "loki", "type": "loki", "jsonData": {"maxLines": 1000}}
"""Grafana's datasource for any Loki."""


def elasticsearch_datasource(data_stream: str) -> dict[str, object]:
    """Return Grafana's datasource for what the collectors write into a data stream."""
    settings = {
        "index": data_stream,
        "timeField": "@timestamp",
        "logMessageField": "message",
        "logLevelField": "level",
    }
    return {"name": "Elasticsearch", "uid": "elasticsearch", "type": "elasticsearch", "jsonData": settings}


def external_loki(spec: ExternalLoki) -> LogStore:
    """Return a Loki that is there already."""
    return LogStore(
        api=LokiApi(_address(spec), spec.tenant),
        peer=_peer(spec),
        account=_account(spec.credentials),
        ca_certificate=spec.ca_certificate,
        datasource=LOKI_DATASOURCE,
    )


def external_elasticsearch(spec: ExternalElasticsearch) -> LogStore:
    """Return an Elasticsearch that is there already."""
    return LogStore(
        api=ElasticsearchApi(_address(spec), spec.data_stream),
        peer=_peer(spec),
        account=_account(spec.credentials),
        ca_certificate=None if spec.ca_certificate == "system" else spec.ca_certificate,
        datasource=elasticsearch_datasource(spec.data_stream),
    )


def _address(spec: ExternalLoki | ExternalElasticsearch) -> HttpAddress:
    parts = spec.address
    assert parts.hostname is not None  # by the pattern of a URL
    return HttpAddress(parts.hostname, spec.port, parts.scheme == "https", parts.path)


def _peer(spec: ExternalLoki | ExternalElasticsearch) -> Peer:
    """Return any address at the store's port: a NetworkPolicy knows no names, and addresses behind one change."""
    return Peer(ports=(spec.port,), cidrs=("0.0.0.0/0",))


def _account(credentials: Credentials | None) -> Account | None:
    if credentials is None:
        return None
    if credentials.existing_secret is not None:
        return ExistingSecret(credentials.existing_secret)
    assert credentials.username is not None  # validated
    assert credentials.password is not None
    return User(credentials.username, credentials.password.get_secret_value())
