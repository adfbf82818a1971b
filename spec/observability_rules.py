"""Rules between the observability section and the rest of a stack file."""

from __future__ import annotations

from collections.abc import Iterator

from spec.alerts import thresholds
from spec.cluster import EksCluster
from spec.logs import WRITES_TO, CloudWatch, Elasticsearch, ExternalElasticsearch, ExternalLoki, Loki
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rules import rule

_LOGS: Path = ("observability", "logs")
_STORE: Path = (*_LOGS, "store")
_ALERTS: Path = ("observability", "alerts")


@rule
def collectors_can_write_to_their_store(platform: Platform) -> Iterator[Mistake]:
    """A collector speaks the protocol of the store it is given."""
    logs = platform.observability and platform.observability.logs
    if logs and logs.store.kind not in WRITES_TO[logs.collector]:
        able = [collector for collector, stores in WRITES_TO.items() if logs.store.kind in stores]
        problem = f"can't write to {logs.store.kind}"
        yield Mistake((*_LOGS, "collector"), problem, f"take {' or '.join(able)}", logs.collector)


@rule
def receivers_come_from_a_vault_that_there_is(platform: Platform) -> Iterator[Mistake]:
    """What is kept in a vault is brought by External Secrets alone."""
    alertmanager = platform.observability and platform.observability.alertmanager
    notify = alertmanager and alertmanager.notify
    if notify and notify.vault_secret and platform.security.secrets != "external-secrets":
        path: Path = ("observability", "alertmanager", "notify", "vaultSecret")
        remedy = "take security.secrets: external-secrets, or encrypt the secrets here"
        yield Mistake(path, f"is in no vault: secrets are {platform.security.secrets}", remedy, notify.vault_secret)


@rule
def log_stores_have_what_they_stand_on(platform: Platform) -> Iterator[Mistake]:
    """Buckets and log groups are AWS's, and a pool is one that there is."""
    logs = platform.observability and platform.observability.logs
    if not logs:
        return
    store, target = logs.store, platform.cluster.target
    if platform.network is None:
        if isinstance(store, CloudWatch):
            remedy = "take loki or elasticsearch, in the cluster or outside it"
            yield Mistake((*_STORE, "kind"), f"can't be had on {target}", remedy, store.kind)
        if isinstance(store, Loki) and store.chunks == "bucket":
            yield Mistake((*_STORE, "chunks"), f"can't be had on {target}", "take volume", store.chunks)
    if isinstance(store, Loki | Elasticsearch):
        pools = {pool.name for pool in platform.node_pools}
        if store.pool is not None and store.pool not in pools:
            yield Mistake(
                (*_STORE, "pool"), "is not declared", did_you_mean(store.pool, pools, "node pools"), store.pool
            )


@rule
def audit_logs_come_from_eks_and_go_to_loki(platform: Platform) -> Iterator[Mistake]:
    """EKS alone writes the API server's audit log to where it can be fetched from, and Loki takes what is fetched."""
    logs = platform.observability and platform.observability.logs
    if not logs or not logs.api_server_audit:
        return
    path = (*_LOGS, "apiServerAudit")
    if not isinstance(platform.cluster, EksCluster):
        yield Mistake(path, f"can't be had on {platform.cluster.target}", "leave it out, or take eks", True)
    if not isinstance(logs.store, Loki):
        yield Mistake(path, f"has no way into {logs.store.kind}", "keep logs in loki, or leave it out", True)


@rule
def traces_have_what_they_stand_on(platform: Platform) -> Iterator[Mistake]:
    """X-Ray is AWS's, rules are for services that there are, and for each of them once."""
    traces = platform.observability and platform.observability.traces
    if not traces:
        return
    if platform.network is None:
        problem = f"can't be had on {platform.cluster.target}"
        yield Mistake(("observability", "traces", "exporter"), problem, "leave traces out", traces.exporter)
    services = {service.name for service in platform.services}
    seen: set[str] = set()
    for position, ruled in enumerate(traces.sampling.rules):
        path: Path = ("observability", "traces", "sampling", "rules", position, "service")
        if ruled.service not in services:
            yield Mistake(path, "is not declared", did_you_mean(ruled.service, services, "services"), ruled.service)
        if ruled.service in seen:
            yield Mistake(path, "has a rule already", "keep one of them", ruled.service)
        seen.add(ruled.service)
    pools = {pool.name for pool in platform.node_pools}
    if traces.pool is not None and traces.pool not in pools:
        remedy = did_you_mean(traces.pool, pools, "node pools")
        yield Mistake(("observability", "traces", "pool"), "is not declared", remedy, traces.pool)


@rule
def credentials_of_log_stores_are_encrypted_on_their_way(platform: Platform) -> Iterator[Mistake]:
    """A password goes over TLS or nowhere."""
    logs = platform.observability and platform.observability.logs
    store = logs.store if logs else None
    if not isinstance(store, ExternalLoki | ExternalElasticsearch) or store.address.scheme == "https":
        return
    if store.credentials:
        yield Mistake((*_STORE, "url"), "would carry a password in clear", "give an https URL", store.url)
    elif store.ca_certificate:
        yield Mistake(
            (*_STORE, "caCertificate"), "has nothing to check over http", "give an https URL, or leave it out"
        )


@rule
def alerts_that_are_changed_exist(platform: Platform) -> Iterator[Mistake]:
    """A change names an alert, and a threshold belongs to an alert that compares with a number."""
    changed = platform.observability.alerts if platform.observability else {}
    known = thresholds() if changed else {}
    for name, alert in changed.items():
        if name not in known:
            yield Mistake((*_ALERTS, name), "is not an alert", did_you_mean(name, known, "alerts"))
        elif alert.threshold is not None and known[name] is None:
            remedy = "it tells a state, not a number: leave it out"
            yield Mistake((*_ALERTS, name, "threshold"), "has nothing to compare with", remedy, alert.threshold)
