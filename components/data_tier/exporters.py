"""Exporters for engines that bring none: a pod that signs in as any consumer does, and is scraped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.component import Component
from components.data_tier.endpoint import Consumer, Peer, PostgresEndpoint, UrlEndpoint
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.pod_security import RESTRICTED_CONTAINER, restricted_pod
from components.scheduling import in_chart, on_pool
from components.traffic import DNS, allow, coming_from, going_to
from spec.node_pools import NodePool

NAMESPACE = "exporters"
_POSTGRES_PORT, _REDIS_PORT = 9187, 9121
_RESOURCES = {"requests": {"cpu": "25m", "memory": "32Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}
# The image's own user: https://github.com/oliver006/redis_exporter/blob/master/docker/Dockerfile
_REDIS_EXPORTER_USER = 59000


def monitor(namespaces: Namespaces) -> Consumer:
    """Return the consumer that an exporter is: it sees an engine's statistics, and no data."""
    return Consumer("exporter", namespaces.ensure(NAMESPACE), frozenset({"monitor"}))


class PostgresExporter(Component):
    """Statistics of a PostgreSQL server, whoever runs it."""

    def __init__(
        self,
        name: str,
        endpoint: PostgresEndpoint,
        *,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping,
        pools: Sequence[NodePool] = (),
        pool: str | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Have the server scraped; ``endpoint`` is the one that it gives the consumer of `monitor`."""
        super().__init__("data:PostgresExporter", name, opts)
        user: Mapping[str, Any] = (
            {"user": endpoint.user}
            if endpoint.user is not None
            else {"userSecret": {"name": endpoint.secret, "key": "username"}}
        )
        charts.release(
            name,
            "prometheus-postgres-exporter",
            namespace=namespaces.ensure(NAMESPACE),
            values={
                "fullnameOverride": name,
                "resources": _RESOURCES,
                "rbac": {"create": False},
                "serviceMonitor": {"enabled": True},
                "config": {
                    "datasource": {
                        "host": endpoint.host,
                        "port": str(endpoint.port),
                        "database": endpoint.database,
                        "sslmode": endpoint.ssl_mode,
                        "passwordSecret": {"name": endpoint.secret, "key": "password"},
                        **user,
                    }
                },
                **in_chart(pool, pools),
            },
            awaited=not endpoint.secret_is_theirs,
            opts=self.child(depends_on=[scraping.crds]),
        )
        _allow(self, name, "prometheus-postgres-exporter", _POSTGRES_PORT, endpoint.peer, namespaces, scraping)
        scraping.watch("postgres-exporter", self)
        self.register_outputs({})


class RedisExporter(Component):
    """Statistics of every node of a Redis cluster that AWS runs."""

    def __init__(
        self,
        name: str,
        endpoint: UrlEndpoint,
        *,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping,
        pools: Sequence[NodePool] = (),
        pool: str | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Have the cluster scraped, by TLS; ``endpoint`` is the one that it gives the consumer of `monitor`."""
        super().__init__("data:RedisExporter", name, opts)
        namespace = namespaces.ensure(NAMESPACE)
        charts.release(
            name,
            "prometheus-redis-exporter",
            namespace=namespace,
            values={
                "fullnameOverride": name,
                "resources": _RESOURCES,
                "rbac": {"create": False},
                "redisAddress": pulumi.Output.concat("rediss://", endpoint.host, f":{endpoint.port}"),
                "auth": {"enabled": True, "secret": {"name": endpoint.secret, "key": "password"}},
                "env": [
                    {"name": "REDIS_EXPORTER_IS_CLUSTER", "value": "true"},
                    # Nodes tell of each other by address, and their certificate is for names.
                    {"name": "REDIS_EXPORTER_SKIP_TLS_VERIFICATION", "value": "true"},
                ],
                "podSecurityContext": restricted_pod(_REDIS_EXPORTER_USER),
                "securityContext": RESTRICTED_CONTAINER,
                **on_pool(pool, pools),
            },
            opts=self.child(),
        )
        self._scrape(name, namespace, scraping)
        _allow(self, name, "prometheus-redis-exporter", _REDIS_PORT, endpoint.peer, namespaces, scraping)
        scraping.watch("redis", self)
        self.register_outputs({})

    def _scrape(self, name: str, namespace: pulumi.Output[str], scraping: Scraping) -> None:
        """Have each node scraped through the exporter, which asks the cluster for its nodes.

        https://github.com/oliver006/redis_exporter#prometheus-configuration-to-scrape-all-nodes-in-a-redis-cluster
        """
        exporter = pulumi.Output.concat(name, ".", namespace, f".svc:{_REDIS_PORT}")
        CustomResource(
            f"{name}-nodes",
            api_version="monitoring.coreos.com/v1alpha1",
            kind="ScrapeConfig",
            metadata={"name": name, "namespace": namespace},
            spec={
                "httpSDConfigs": [{"url": pulumi.Output.concat("http://", exporter, "/discover-cluster-nodes")}],
                "metricsPath": "/scrape",
                "relabelings": [
                    {"sourceLabels": ["__address__"], "targetLabel": "__param_target"},
                    {"sourceLabels": ["__param_target"], "targetLabel": "instance"},
                    {"targetLabel": "__address__", "replacement": exporter},
                    {"targetLabel": "job", "replacement": name},
                    # As whatever a monitor has scraped: alerts name it.
                    {"targetLabel": "namespace", "replacement": namespace},
                ],
            },
            opts=self.child(depends_on=[scraping.crds]),
        )


def _allow(
    owner: Component, name: str, app: str, port: int, engine: Peer, namespaces: Namespaces, scraping: Scraping
) -> None:
    pods = {"app.kubernetes.io/name": app, "app.kubernetes.io/instance": name}
    allow(
        name,
        namespace=namespaces.ensure(NAMESPACE),
        pods=pods,
        ingress=coming_from([scraping.scraper], port),
        egress=[DNS, *going_to([engine])],
        opts=owner.child(),
    )
