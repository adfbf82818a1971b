"""A store that speaks Redis' protocol, in the cluster: Valkey, by its own chart.

One process a store. Databases of one process share its memory and its eviction, so that a full cache would push out
keys that have to stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_random as random

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.data_tier.endpoint import Consumer, Peer, UrlEndpoint, clients
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.pod_security import RESTRICTED_CONTAINER
from components.scheduling import in_chart
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import allow, coming_from
from components.volumes import of_class
from spec.base import quantity
from spec.node_pools import NodePool
from spec.redis import EXPORTER, InClusterRedis, RedisStore

PORT = 6379
_METRICS = 9121

# https://valkey.io/topics/acl/. INFO counts as dangerous, and is what clients look at for their health.
_WRITER = "~* &* +@all -@admin -@dangerous +info"
_READER = "~* &* -@all +@read +@connection -@admin -@dangerous +info"
# For a client that gives no user name: the exporter, which signs in by a password alone. It sees counters, and no key.
_DEFAULT = "-@all +@connection -@admin -@dangerous +info +config|get +slowlog|get +slowlog|len +latency|latest"

# The rest is for clients' buffers, for the copy that a rewrite of the log makes, and for fragmentation.
_FOR_KEYS = 0.7

_INIT_RESOURCES = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "100m", "memory": "32Mi"}}
_UNPRIVILEGED = {**RESTRICTED_CONTAINER, "runAsNonRoot": True}


def configuration(store: RedisStore) -> str:
    """Return the valkey.conf of a store."""
    kept = ["appendonly yes", "appendfsync everysec"] if store.storage else ["appendonly no"]
    lines = [
        f"maxmemory {int(float(quantity(store.memory)) * _FOR_KEYS)}",
        f"maxmemory-policy {store.eviction}",
        # Snapshots beside the log would cost a second copy of the memory for nothing.
        'save ""',
        *kept,
    ]
    return "\n".join(lines) + "\n"


class InClusterStore(Component):
    """One store, with a user and a password of its own for every consumer."""

    address: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: InClusterRedis,
        store: RedisStore,
        consumers: Sequence[Consumer],
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        secrets: Secrets = IN_CLUSTER,
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make ``store``, one of ``spec``'s; its Service is called ``name``.

        ``protect`` guards a store that has a volume against deletion; one without is a cache, and may go.
        """
        super().__init__("data:InClusterStore", name, opts)
        self._name, self._keeper = name, secrets
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._namespace = namespaces.ensure(spec.namespace)
        passwords = {user: self._password(user) for user in ("default", *self._consumers)}
        # Without a name: another user or password is another Secret, which the pod is started with.
        users = secrets.keep(f"{name}-users", passwords, namespace=self._namespace, opts=self.child())
        made = charts.release(
            name,
            "valkey",
            namespace=self._namespace,
            values={
                "fullnameOverride": name,
                # A volume that one node may mount, and a new pod that waits for it, hold each other up for ever.
                "deploymentStrategy": "Recreate",
                "resources": store.resources.model_dump(),
                "initResources": _INIT_RESOURCES,
                "startupProbe": {"failureThreshold": 30},
                "readinessProbe": {"enabled": True},
                "valkeyConfig": configuration(store),
                "auth": {
                    "enabled": True,
                    "usersExistingSecret": users,
                    "aclUsers": {user: {"permissions": permissions} for user, permissions in self._users().items()},
                },
                "dataStorage": _storage(store, cluster.storage_class, protect),
                "metrics": _metrics(scraped=scraping is not None),
                **in_chart(spec.pool, pools),
            },
            opts=self.child(
                depends_on=[scraping.crds] if scraping else [], protect=protect and store.storage is not None
            ),
        )
        self._host = pulumi.Output.concat(
            cast("pulumi.Output[str]", made.name), ".", self._namespace, ".svc.cluster.local"
        )
        self._secrets = {each.name: self._login(each, passwords[each.name]) for each in consumers}
        self._traffic(scraping)
        if scraping:
            scraping.watch("redis", self)
        self.address = pulumi.Output.concat(self._host, f":{PORT}")
        self.register_outputs({"address": self.address})

    def endpoint(self, consumer: str) -> UrlEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that the store was not given."""
        return UrlEndpoint(
            prefix=self._name.upper().replace("-", "_"),
            host=self._host,
            port=PORT,
            user=self._consumers[consumer].name,
            secret=self._secrets[consumer],
            peer=Peer(ports=(PORT,), namespace=self._namespace, pod_labels=self._pods()),
        )

    def _pods(self) -> Mapping[str, str]:
        return {"app.kubernetes.io/name": "valkey", "app.kubernetes.io/instance": self._name}

    def _password(self, user: str) -> pulumi.Output[str]:
        # Letters and digits: it stands in a URL.
        return random.RandomPassword(f"{self._name}-{user}", length=32, special=False, opts=self.child()).result

    def _users(self) -> dict[str, str]:
        of_consumers = {
            name: _READER if consumer.access == {"reader"} else _WRITER for name, consumer in self._consumers.items()
        }
        return {"default": _DEFAULT, **of_consumers}

    def _login(self, consumer: Consumer, password: pulumi.Output[str]) -> pulumi.Output[str]:
        """Return the name of the Secret that a consumer signs in with, in its own namespace."""
        url = pulumi.Output.concat("redis://", consumer.name, ":", password, "@", self._host, f":{PORT}/0")
        return self._keeper.keep(
            f"{self._name}-{consumer.name}-login",
            {"username": consumer.name, "password": password, "url": url},
            namespace=consumer.namespace,
            name=f"{self._name}-{consumer.name}",
            opts=self.child(),
        )

    def _traffic(self, scraping: Scraping | None) -> None:
        """Consumers and Prometheus reach the store; it reaches nobody."""
        allow(
            self._name,
            namespace=self._namespace,
            pods=self._pods(),
            ingress=[
                *coming_from(clients(self._consumers.values()), PORT),
                *coming_from([scraping.scraper] if scraping else [], _METRICS),
            ],
            egress=[],
            opts=self.child(),
        )


def _storage(store: RedisStore, storage_class: pulumi.Input[str] | None, protect: bool) -> dict[str, Any]:
    if store.storage is None:
        return {"enabled": False}
    named = of_class(storage_class, "className")
    return {"enabled": True, "requestedSize": store.storage, "keepPvc": protect, **named}


def _metrics(scraped: bool) -> dict[str, Any]:
    return {
        "enabled": scraped,
        "exporter": {"resources": EXPORTER.model_dump(), "securityContext": _UNPRIVILEGED | {"runAsUser": 1000}},
        "serviceMonitor": {"enabled": scraped},
    }
