"""Logs: a collector on every node, the store that it writes to, and Grafana's datasource for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.charts import Charts
from components.cloud.contract import Cloud
from components.cluster.contract import Cluster, Identity
from components.component import Component
from components.data_tier.endpoint import Peer
from components.namespaces import Namespaces
from components.observability import audit_log
from components.observability.log_collectors.alloy import ALLOY
from components.observability.log_collectors.contract import (
    CA_DIRECTORY,
    PODS,
    STATE,
    Collector,
    Wiring,
    location,
)
from components.observability.log_collectors.fluent_bit import FLUENT_BIT
from components.observability.log_collectors.promtail import PROMTAIL
from components.observability.log_stores.cloudwatch import cloud_watch
from components.observability.log_stores.contract import (
    PASSWORD,
    USERNAME,
    CloudWatchApi,
    ExistingSecret,
    LogStore,
    LokiApi,
    User,
)
from components.observability.log_stores.elasticsearch import Elasticsearch
from components.observability.log_stores.external import external_elasticsearch, external_loki
from components.observability.log_stores.loki import Loki
from components.observability.scraping import Scraping
from components.policy import documents
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import DNS, allow, coming_from, going_to
from spec import logs
from spec.logs import Logs as Spec
from spec.node_pools import NodePool

NAMESPACE = "log-collector"
_ACCOUNT = "log-store"
_COLLECTORS: Mapping[str, Collector] = {"alloy": ALLOY, "promtail": PROMTAIL, "fluent-bit": FLUENT_BIT}
_COLLECTOR = Peer(ports=(), namespace=NAMESPACE)


@dataclass(frozen=True)
class _Surroundings:
    """What stores in the cluster are made with."""

    cluster: Cluster
    charts: Charts
    namespaces: Namespaces
    scraping: Scraping
    cloud: Cloud | None
    pools: Sequence[NodePool]
    protect: bool


class Logs(Component):
    """The logs of every container, from where the kubelet keeps them to where people look for them."""

    store: LogStore
    grafana_environment: Mapping[str, Any]
    """Variables, as `valueFrom` has them, that Grafana's datasource refers to; Grafana waits for their Secret."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping,
        cloud: Cloud | None = None,
        pools: Sequence[NodePool] = (),
        secrets: Secrets = IN_CLUSTER,
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install the collector and, where it is the platform's own, the store; ``cloud`` makes what a cloud has.

        ``protect`` guards what the store has in the cluster.
        """
        super().__init__("observability:Logs", name, opts)
        self._name, self._cluster, self._scraping, self._keeper = name, cluster, scraping, secrets
        # It reads the host's files, which only `privileged` allows, and so it gets a namespace of its own.
        self._namespace = namespaces.ensure(NAMESPACE, "privileged")
        self.store = self._store(
            spec.store, _Surroundings(cluster, charts, namespaces, scraping, cloud, pools, protect)
        )
        identity = self._identity(spec.collector)
        self._collect(spec.collector, charts, identity)
        if spec.api_server_audit:
            self._audit_log(cloud, charts, namespaces)
        scraping.watch(spec.collector, self)
        self.grafana_environment = {}
        if self.store.datasource:
            self.grafana_environment = self._account("grafana", scraping.namespace)
            self._offer(self.store.datasource)
        if isinstance(self.store.api, LokiApi):
            scraping.watch("logs", self)
        self.register_outputs({})

    def _store(self, spec: logs.Store, around: _Surroundings) -> LogStore:
        match spec:
            case logs.Loki():
                return Loki(
                    f"{self._name}-loki",
                    spec,
                    cluster=around.cluster,
                    charts=around.charts,
                    scraping=around.scraping,
                    clients=[_COLLECTOR, audit_log.PEER, around.scraping.grafana],
                    cloud=around.cloud,
                    pools=around.pools,
                    protect=around.protect,
                    opts=self.child(),
                ).store
            case logs.Elasticsearch():
                return Elasticsearch(
                    f"{self._name}-elasticsearch",
                    spec,
                    cluster=around.cluster,
                    charts=around.charts,
                    namespaces=around.namespaces,
                    scraping=around.scraping,
                    clients=[_COLLECTOR, around.scraping.grafana],
                    pools=around.pools,
                    protect=around.protect,
                    opts=self.child(),
                ).store
            case logs.ExternalLoki():
                return external_loki(spec)
            case logs.ExternalElasticsearch():
                return external_elasticsearch(spec)
            case logs.CloudWatch():
                assert around.cloud is not None  # a rule of the spec
                return cloud_watch(spec, around.cloud, self.child())

    def _audit_log(self, cloud: Cloud | None, charts: Charts, namespaces: Namespaces) -> None:
        assert cloud is not None  # a rule of the spec
        assert self._cluster.facts.audit_log is not None
        audit_log.AuditLog(
            f"{self._name}-audit",
            self._cluster.facts.audit_log,
            self.store,
            cluster=self._cluster,
            cloud=cloud,
            charts=charts,
            namespaces=namespaces,
            scraping=self._scraping,
            opts=self.child(),
        )

    def _identity(self, service_account: str) -> Identity:
        if not self.store.statements:
            return Identity()
        policy = documents(*self.store.statements)
        return self._cluster.identity_for(
            f"{self._name}-collector", self._namespace, service_account, policy, self.child()
        )

    def _collect(self, kind: str, charts: Charts, identity: Identity) -> None:
        collector = _COLLECTORS[kind]
        if collector.warning:
            pulumi.log.warn(collector.warning, self)
        plain = [{"name": key, "value": value} for key, value in location(self.store.api).items()]
        secret = [
            {"name": key, "valueFrom": source} for key, source in self._account("collector", self._namespace).items()
        ]
        volumes, mounts = self._volumes(kind)
        wiring = Wiring(self.store, [*plain, *secret], volumes, mounts, identity.annotations, scraped=True)
        charts.release(
            kind,
            collector.chart,
            namespace=self._namespace,
            values=collector.values(wiring),
            awaited=not self.store.secret_is_theirs,
            opts=self.child(depends_on=[self._scraping.crds, *self.store.depends_on, *identity.depends_on]),
        )
        allow(
            f"{self._name}-collector",
            namespace=self._namespace,
            pods={},
            ingress=coming_from([self._scraping.scraper], collector.metrics_port),
            egress=[DNS, *going_to([self.store.peer, *identity.peers])],
            opts=self.child(),
        )

    def _account(self, whose: str, namespace: pulumi.Input[str]) -> dict[str, Any]:
        """Return the `valueFrom` of each variable with credentials; make their Secret, unless somebody else does."""
        account = self.store.account
        if account is None:
            return {}
        given = isinstance(account, ExistingSecret)
        secret = account.name if given else self._secret(whose, namespace, account)
        return {
            variable: {"secretKeyRef": {"name": secret, "key": key}}
            for variable, key in ((USERNAME, "username"), (PASSWORD, "password"))
        }

    def _secret(self, whose: str, namespace: pulumi.Input[str], user: User) -> pulumi.Input[str]:
        return self._keeper.keep(
            f"{self._name}-{whose}-account",
            {"username": user.name, "password": pulumi.Output.secret(user.password)},
            namespace=namespace,
            name=_ACCOUNT,
            opts=self.child(),
        )

    def _volumes(self, kind: str) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        volumes: list[Mapping[str, Any]] = [
            {"name": "pods", "hostPath": {"path": PODS}},
            {"name": "state", "hostPath": {"path": f"/var/lib/groundwork/{kind}", "type": "DirectoryOrCreate"}},
        ]
        mounts: list[Mapping[str, Any]] = [
            {"name": "pods", "mountPath": PODS, "readOnly": True},
            {"name": "state", "mountPath": STATE},
        ]
        if self.store.ca_certificate is not None:
            made = Secret(
                f"{self._name}-ca",
                metadata={"name": "log-store-ca", "namespace": self._namespace},
                string_data={"ca.crt": self.store.ca_certificate},
                opts=self.child(),
            )
            volumes.append({"name": "ca", "secret": {"secretName": made.metadata["name"]}})
            mounts.append({"name": "ca", "mountPath": CA_DIRECTORY, "readOnly": True})
        return volumes, mounts

    def _offer(self, datasource: Mapping[str, Any]) -> None:
        """Make the Secret with ``datasource`` that Grafana's sidecar finds by its label."""
        # JSON is YAML.
        text = pulumi.Output.json_dumps({"apiVersion": 1, "datasources": [_connected(datasource, self.store)]})
        Secret(
            f"{self._name}-datasource",
            metadata={
                "name": "datasource-logs",
                "namespace": self._scraping.namespace,
                "labels": {"grafana_datasource": "1"},
            },
            string_data={"logs.yaml": text},
            opts=self.child(),
        )


def _connected(datasource: Mapping[str, Any], store: LogStore) -> dict[str, Any]:
    """Return ``datasource`` with the address of ``store`` and how to sign in; credentials are variables of Grafana's.

    https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
    """
    assert not isinstance(store.api, CloudWatchApi)  # has no datasource
    settings: dict[str, Any] = dict(datasource["jsonData"])
    secrets: dict[str, Any] = {}
    if store.ca_certificate is not None:
        settings["tlsAuthWithCACert"] = True
        secrets["tlsCACert"] = store.ca_certificate
    if isinstance(store.api, LokiApi) and store.api.tenant:
        settings["httpHeaderName1"] = "X-Scope-OrgID"
        secrets["httpHeaderValue1"] = store.api.tenant
    source = {**datasource, "access": "proxy", "url": store.api.address.url, "editable": False}
    if store.account:
        source |= {"basicAuth": True, "basicAuthUser": f"${USERNAME}"}
        secrets["basicAuthPassword"] = f"${PASSWORD}"
    return {**source, "jsonData": settings, **({"secureJsonData": secrets} if secrets else {})}
