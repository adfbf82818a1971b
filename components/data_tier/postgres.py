"""PostgreSQL in the cluster, run by CloudNativePG behind PgBouncer.

Names of fields, labels and ports are those of CloudNativePG 1.30: https://cloudnative-pg.io/documentation/1.30/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.cloud.contract import Cloud
from components.cluster.contract import Cluster
from components.component import Component, known_after, name_of, object_metadata
from components.data_tier.endpoint import ADMINISTRATOR, Consumer, Peer, PostgresEndpoint, clients
from components.data_tier.postgres_backups import PODS as BACKUP_PODS
from components.data_tier.postgres_backups import PORT as PLUGIN_PORT
from components.data_tier.postgres_backups import PostgresBackups, bootstrap
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.pod_security import CONFINED
from components.scheduling import labels_of, on_pool
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import API_SERVER, allow, among, coming_from, from_api_server, going_to
from components.volumes import of_class
from spec.base import quantity
from spec.node_pools import NodePool
from spec.postgres import InClusterPostgres as Spec
from spec.postgres import Pooler

# The cluster's Services are postgres-rw, -ro and -r; the poolers' are postgresql and postgresql-ro.
CLUSTER, WRITER, READER = "postgres", "postgresql", "postgresql-ro"
_API_VERSION = "postgresql.cnpg.io/v1"
_OPERATOR_NAMESPACE = "cnpg-system"

PORT = 5432
_STATUS, _METRICS, _POOLER_METRICS, _OPERATOR_METRICS, _WEBHOOK = 8000, 9187, 9127, 8080, 9443

_CLUSTER_PODS = {"cnpg.io/cluster": CLUSTER}
_POOLER_PODS = {**_CLUSTER_PODS, "cnpg.io/podRole": "pooler"}
_INSTANCES = {**_CLUSTER_PODS, "cnpg.io/podRole": "instance"}
# Of an instance: primary or replica.
_OPERATORS_LABEL = "role"
_OPERATOR_PODS = {"app.kubernetes.io/name": "cloudnative-pg"}

# Roles that each access to the shared database brings. A writer owns the schema with the other writers, and reaches
# what they have made.
# https://www.postgresql.org/docs/current/predefined-roles.html
_MEMBER_OF = {
    "writer": ("pg_read_all_data", "pg_write_all_data"),
    "reader": ("pg_read_all_data",),
    ADMINISTRATOR: ("pg_read_all_data", "pg_write_all_data", "pg_monitor"),
}

_OWNERS = {"writer", ADMINISTRATOR}
_APPLIED = "jsonpath={.status.applied}=true"
_SIGNED_IN = "scram-sha-256"  # as the operator's own last line has it

_OPERATOR_RESOURCES = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
_POOLER_RESOURCES = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}}

_MIB = 1024**2


def memory_parameters(memory: str) -> dict[str, str]:
    """Return the settings that follow from an instance's memory, a Kubernetes quantity.

    A quarter for the shared buffers, and the planner told that three quarters are cache, as PostgreSQL advises:
    https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-SHARED-BUFFERS
    """
    available = int(quantity(memory)) // _MIB
    return {"shared_buffers": f"{available // 4}MB", "effective_cache_size": f"{available * 3 // 4}MB"}


class InClusterPostgres(Component):
    """The operator, one database cluster, its poolers, and a role with a password of its own for every consumer."""

    address: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        consumers: Sequence[Consumer],
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        cloud: Cloud | None = None,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        secrets: Secrets = IN_CLUSTER,
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the database; ``protect`` keeps it from an accidental destroy.

        Backups take a ``cloud``, which makes their bucket.
        """
        super().__init__("data:InClusterPostgres", name, opts)
        self._database, self._keeper, self._until = spec.database, secrets, cluster.until
        self._namespace = namespaces.ensure(spec.namespace)
        self._consumers = {consumer.name: consumer for consumer in consumers}
        operators = namespaces.ensure(_OPERATOR_NAMESPACE)
        operator = charts.release(
            f"{name}-operator",
            "cloudnative-pg",
            namespace=operators,
            values={
                "resources": _OPERATOR_RESOURCES,
                **({"monitoring": {"podMonitorEnabled": True}} if scraping else {}),
            },
            opts=self.child(depends_on=[scraping.crds] if scraping else []),
        )
        placement, labels = on_pool(spec.pool, pools), labels_of(spec.pool, pools)
        backups = None
        if spec.backups:
            assert cloud is not None  # a rule of the spec
            backups = PostgresBackups(
                f"{name}-backups",
                spec.backups,
                instances=CLUSTER,
                cluster=cluster,
                cloud=cloud,
                charts=charts,
                namespace=self._namespace,
                operators=operators,
                operator=operator,
                operator_pods=Peer(ports=(), namespace=operators, pod_labels=_OPERATOR_PODS),
                opts=self.child(),
            )
        database = self._custom(
            name,
            "Cluster",
            CLUSTER,
            _cluster_spec(spec, consumers, cluster.storage_class, placement)
            | _labelled(labels)
            | _backup_spec(spec, backups),
            wait_for="condition=Ready",
            # It brings the CRD, and the webhook that has to answer also when the cluster is deleted.
            depends_on=[operator, *(backups.depends_on if backups else ())],
            protect=protect,
        )
        if backups:
            backups.schedule(database)
        self._has_reader = spec.instances > 1 and any("reader" in consumer.access for consumer in consumers)
        poolers = {WRITER: "rw"} | ({READER: "ro"} if self._has_reader else {})
        self._poolers = {
            pooler: self._custom(
                f"{name}-{kind}",
                "Pooler",
                pooler,
                _pooler_spec(kind, spec.pooler, placement, labels),
                depends_on=[database],
            )
            for pooler, kind in poolers.items()
        }
        self._secrets = {consumer.name: self._role(name, consumer, database) for consumer in consumers}
        self._traffic(name, operators, scraping, backups)
        if scraping:
            self._monitor(name, scraping)
            scraping.watch("postgres", self)
        self.address = pulumi.Output.concat(self._host(WRITER), f":{PORT}")
        self.register_outputs({"address": self.address})

    def endpoint(self, consumer: str) -> PostgresEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that the database was not given."""
        given = self._consumers[consumer]
        if ADMINISTRATOR in given.access:
            return self._past_the_pooler(given)
        reader = self._host(READER if self._has_reader else WRITER)
        writes = "writer" in given.access
        return PostgresEndpoint(
            host=self._host(WRITER) if writes else reader,
            reader_host=reader if writes and "reader" in given.access else None,
            port=PORT,
            database=given.database or self._database,
            user=given.role,
            secret=self._secrets[consumer],
            # The pooler's certificate is signed by the cluster's own CA, which clients are not given.
            ssl_mode="require",
            peer=Peer(ports=(PORT,), namespace=self._namespace, pod_labels=_POOLER_PODS),
        )

    def _past_the_pooler(self, consumer: Consumer) -> PostgresEndpoint:
        """Return an endpoint at the primary: with a pooler of transactions, settings of a session would be lost."""
        return PostgresEndpoint(
            host=self._primary(),
            reader_host=None,
            port=PORT,
            database=self._database,
            user=consumer.role,
            secret=self._secrets[consumer.name],
            ssl_mode="require",
            peer=Peer(ports=(PORT,), namespace=self._namespace, pod_labels=_INSTANCES),
        )

    def _primary(self) -> pulumi.Output[str]:
        return pulumi.Output.concat(f"{CLUSTER}-rw.", self._namespace, ".svc.cluster.local")

    def _host(self, pooler: str) -> pulumi.Output[str]:
        """Return the name of a pooler's Service, once there is the pooler."""
        return pulumi.Output.concat(name_of(self._poolers[pooler]), ".", self._namespace, ".svc.cluster.local")

    def _custom(
        self, logical: str, kind: str, name: str, spec: Mapping[str, Any], wait_for: str | None = None, **options: Any
    ) -> CustomResource:
        """Return a custom resource, named after what clients and other objects look for."""
        waiting = self._until(wait_for, seconds=900) if wait_for else {}
        return CustomResource(
            logical,
            api_version=_API_VERSION,
            kind=kind,
            metadata=object_metadata(self._namespace, name, annotations=waiting),
            spec=spec,
            opts=self.child(**options),
        )

    def _role(self, name: str, consumer: Consumer, cluster: CustomResource) -> pulumi.Output[str]:
        """Return the name of the Secret with the consumer's password, known once its role can sign in to its database.

        The role outlives its consumer: it may own tables by then.
        """
        logical = f"{name}-{consumer.name}"
        password = random.RandomPassword(logical, length=32, special=False, opts=self.child())
        login: dict[str, pulumi.Input[str]] = {"username": consumer.role, "password": password.result}
        for_role = self._keeper.keep(
            f"{logical}-role",
            login,
            namespace=self._namespace,
            name=f"{CLUSTER}-role-{consumer.name}",
            # A new password reaches the database without a restart.
            labels={"cnpg.io/reload": "true"},
            type="kubernetes.io/basic-auth",
            opts=self.child(),
        )
        ready = self._custom(
            logical,
            "DatabaseRole",
            consumer.name,
            {
                "cluster": {"name": CLUSTER},
                "name": consumer.role,
                "login": True,
                "inRoles": self._member_of(consumer),
                "passwordSecret": {"name": for_role},
                "databaseRoleReclaimPolicy": "retain",
            },
            wait_for=_APPLIED,
            depends_on=[cluster],
        )
        if consumer.database:
            ready = self._custom(
                f"{logical}-database",
                "Database",
                consumer.name,
                {
                    "cluster": {"name": CLUSTER},
                    "name": consumer.database,
                    "owner": consumer.role,
                    "databaseReclaimPolicy": "retain",
                },
                wait_for=_APPLIED,
                depends_on=[ready],
                # The object's name of it never changes. Another one is made, and the former stays with what is in it.
                replace_on_changes=["spec.name"],
                delete_before_replace=True,
            )
        if ADMINISTRATOR in consumer.access:
            # https://www.postgresql.org/docs/current/libpq-pgpass.html
            line = pulumi.Output.concat(self._primary(), f":{PORT}:*:{consumer.role}:", password.result, "\n")
            login = login | {"pgpass": line}
        for_consumer = self._keeper.keep(
            f"{logical}-login",
            login,
            namespace=consumer.namespace,
            name=f"{CLUSTER}-{consumer.name}",
            opts=self.child(),
        )
        return known_after(for_consumer, name_of(ready))

    def _member_of(self, consumer: Consumer) -> list[str]:
        """Return whose rights a consumer's role has: nobody's, where it owns the only database that it gets into."""
        if consumer.database:
            return []
        granted = {role for access in consumer.access for role in _MEMBER_OF[access]}
        return sorted(granted | ({self._database} if consumer.access & _OWNERS else set()))

    def _traffic(
        self, name: str, operators: pulumi.Output[str], scraping: Scraping | None, backups: PostgresBackups | None
    ) -> None:
        """Let consumers reach the poolers, and nobody but poolers, operator and administrators the database."""
        plugin = [Peer((PLUGIN_PORT,), operators, BACKUP_PODS)] if backups else []
        operator = Peer(ports=(), namespace=operators, pod_labels=_OPERATOR_PODS)
        scrapers = [scraping.scraper] if scraping else []
        allow(
            f"{name}-operator",
            namespace=operators,
            pods=_OPERATOR_PODS,
            ingress=[from_api_server(_WEBHOOK), *coming_from(scrapers, _OPERATOR_METRICS)],
            egress=[API_SERVER, *going_to([Peer((PORT, _STATUS), self._namespace, _CLUSTER_PODS), *plugin])],
            opts=self.child(),
        )
        allow(
            name,
            namespace=self._namespace,
            pods=_CLUSTER_PODS,
            ingress=[
                among(_CLUSTER_PODS, PORT, _STATUS, direction="from"),
                *coming_from([operator], PORT, _STATUS),
                *coming_from(scrapers, _METRICS, _POOLER_METRICS),
            ],
            # Instances and poolers alike watch their own objects at the API server.
            egress=[among(_CLUSTER_PODS, direction="to"), API_SERVER, *going_to(backups.peers if backups else ())],
            opts=self.child(),
        )
        through = {each: ADMINISTRATOR not in each.access for each in self._consumers.values()}
        allow(
            f"{name}-pooler",
            namespace=self._namespace,
            pods=_POOLER_PODS,
            ingress=coming_from(clients(each for each in through if through[each]), PORT),
            opts=self.child(),
        )
        if not all(through.values()):
            allow(
                f"{name}-administrators",
                namespace=self._namespace,
                pods=_INSTANCES,
                ingress=coming_from(clients(each for each in through if not through[each]), PORT),
                opts=self.child(),
            )

    def _monitor(self, name: str, scraping: Scraping) -> None:
        """Have instances and poolers scraped; both call their port `metrics`."""
        scraping.monitor(
            f"{name}-monitor",
            "PodMonitor",
            CLUSTER,
            namespace=self._namespace,
            labels=_CLUSTER_PODS,
            endpoints=[{"port": "metrics"}],
            owner=self,
        )


def admission(shared: str, consumers: Sequence[Consumer]) -> list[str]:
    """Return lines of pg_hba.conf that let each consumer into its own database; none while all use the ``shared`` one.

    Roles that may read all data may do so wherever they get in, and PostgreSQL lets everybody into every database. The
    operator's own accounts come in by lines before these.
    https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
    """
    owners = {each.database: each.role for each in consumers if each.database}
    if not owners:
        return []
    administrators = [each.role for each in consumers if ADMINISTRATOR in each.access]
    return [
        *(f'host "{database}" "{role}" all {_SIGNED_IN}' for database, role in owners.items()),
        *(f'host all "{role}" all reject' for role in owners.values()),
        f'host "{shared}" all all {_SIGNED_IN}',
        *(f'host all "{role}" all {_SIGNED_IN}' for role in administrators),
        "host all all all reject",
    ]


def _cluster_spec(
    spec: Spec, consumers: Sequence[Consumer], storage_class: pulumi.Input[str] | None, placement: Mapping[str, Any]
) -> dict[str, Any]:
    admitted = admission(spec.database, consumers)
    return {
        "imageName": spec.image,
        "instances": spec.instances,
        "enablePDB": spec.instances > 1,  # with one instance a budget would only block the drain of its node
        "storage": {"size": spec.storage, **of_class(storage_class, "storageClass")},
        "resources": spec.resources.model_dump(),
        "affinity": {"enablePodAntiAffinity": True, "podAntiAffinityType": "required", **placement},
        "bootstrap": {"initdb": {"database": spec.database, "owner": spec.database}},
        "postgresql": {
            "parameters": {**memory_parameters(spec.memory), **spec.parameters},
            **({"pg_hba": admitted} if admitted else {}),
        },
        "seccompProfile": CONFINED,
    }


def _labelled(labels: Mapping[str, str]) -> dict[str, Any]:
    """Return what has a cluster's pods and volumes carry ``labels``, but for one that the operator writes itself.

    It would take its own back at each turn: `role` is still kept beside `cnpg.io/instanceRole`.
    https://cloudnative-pg.io/documentation/1.30/labels_annotations/
    """
    given = {key: value for key, value in labels.items() if key != _OPERATORS_LABEL}
    return {"inheritedMetadata": {"labels": given}} if given else {}


def _backup_spec(spec: Spec, backups: PostgresBackups | None) -> dict[str, Any]:
    """Return the part of a cluster's spec that is about its backups, and about the recovery that it starts with."""
    if backups is None:
        return {}
    found = {
        "plugins": list(backups.plugins),
        "serviceAccountTemplate": {"metadata": {"annotations": dict(backups.annotations)}},
    }
    return found | (bootstrap(spec.recovery, spec.database) if spec.recovery else {})


def _pooler_spec(kind: str, spec: Pooler, placement: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "cluster": {"name": CLUSTER},
        "type": kind,
        "instances": spec.instances,
        "pgbouncer": {
            "poolMode": spec.pool_mode,
            "parameters": {
                "max_client_conn": str(spec.max_client_connections),
                "default_pool_size": str(spec.default_pool_size),
            },
        },
        "template": {
            **({"metadata": {"labels": labels}} if labels else {}),
            "spec": {
                # The operator fills in the rest, with a security context that `restricted` accepts.
                "containers": [{"name": "pgbouncer", "resources": _POOLER_RESOURCES}],
                "initContainers": [{"name": "bootstrap-controller", "resources": _POOLER_RESOURCES}],
                **placement,
            },
        },
    }
