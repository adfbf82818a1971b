"""Aurora PostgreSQL: a writer, readers in other zones, and a role of its own for each consumer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, islice

import pulumi
import pulumi_aws as aws

from components.component import Component, known_after
from components.data_tier.endpoint import Consumer, Peer, PostgresEndpoint
from components.data_tier.logins import MASTER, logins, password
from components.data_tier.rds_ground import PORT, SSL_MODE, parameters, rds_ground
from components.data_tier.schema import read
from components.secrets.contract import IN_CLUSTER, Secrets
from components.vpc import Vpc
from spec.postgres import AuroraPostgres, Readers

ENGINE = aws.rds.EngineType.AURORA_POSTGRESQL


class Aurora(Component):
    """An engine of the data tier that AWS runs. See `components.data_tier.endpoint.Engine`."""

    address: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: AuroraPostgres,
        consumers: Sequence[Consumer],
        vpc: Vpc,
        *,
        clients: Mapping[str, pulumi.Input[str]],
        namespace: pulumi.Input[str],
        secrets: Secrets = IN_CLUSTER,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the database that ``spec`` describes, and a role and a Secret for each of ``consumers``.

        ``clients`` are the security groups that may connect, each by a name for its rule; ``namespace`` is where the
        job runs that makes the roles; ``protect`` guards the data against deletion. ``opts`` names a provider for AWS
        and one for Kubernetes. The cluster's identifier is ``name``: its log group has to be found by it.
        """
        super().__init__("data:Aurora", name, opts)
        self._name, self._spec, self._vpc = name, spec, vpc
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._ground = rds_ground(name, spec, vpc, clients, kind="cluster", title="Aurora", protect=protect, owner=self)
        self.security_group_id = self._ground.security_group_id
        master_password = password(f"{name}-master", self.child())
        self._cluster = self._database(master_password, protect)
        writer = self._instances()
        if spec.readers.max:
            self._autoscale(spec.readers, spec.readers.max, writer)
        # An endpoint answers once there is a writer behind it.
        host = known_after(self._cluster.endpoint, writer.id)
        self._hosts: dict[str, pulumi.Output[str]] = {"writer": host, "reader": self._cluster.reader_endpoint}
        self.address = pulumi.Output.concat(host, f":{PORT}")
        self._peer = Peer(ports=(PORT,), cidrs=tuple(vpc.cidrs(spec.tier)))
        self._secrets = logins(
            name,
            consumers,
            address={"PGHOST": host, "PGPORT": str(PORT), "PGDATABASE": spec.database, "PGSSLMODE": SSL_MODE},
            master=(MASTER, master_password),
            server=self._peer,
            namespace=namespace,
            image=spec.client_image,
            secrets=secrets,
            migrations=read(spec.migrations) if spec.migrations else None,
            opts=self.child(),
        )
        self.register_outputs({"address": self.address})

    def endpoint(self, consumer: str) -> PostgresEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that the database was not given."""
        known = self._consumers[consumer]
        writes, reads = "writer" in known.access, "reader" in known.access
        return PostgresEndpoint(
            host=self._hosts["reader" if known.access == {"reader"} else "writer"],
            reader_host=self._hosts["reader"] if writes and reads else None,
            port=PORT,
            database=known.database or self._spec.database,
            user=known.role,
            secret=self._secrets[consumer],
            ssl_mode=SSL_MODE,
            peer=self._peer,
            pool_size=known.pool_size,
        )

    def _database(self, master_password: pulumi.Output[str], protect: bool) -> aws.rds.Cluster:
        name, spec, ground = self._name, self._spec, self._ground
        group = aws.rds.ClusterParameterGroup(
            name,
            description=f"Aurora {name}",
            family=f"{ENGINE.value}{spec.version.split('.')[0]}",
            parameters=parameters(spec),
            opts=self.child(),
        )
        return aws.rds.Cluster(
            name,
            cluster_identifier=name,
            engine=ENGINE,
            engine_version=spec.version,
            database_name=spec.database,
            master_username=MASTER,
            master_password=master_password,
            db_subnet_group_name=ground.subnet_group,
            vpc_security_group_ids=[ground.security_group_id],
            db_cluster_parameter_group_name=group.name,
            storage_encrypted=True,
            kms_key_id=ground.key_arn,
            # With it comes recovery to any second of the period.
            backup_retention_period=spec.backup_retention_days,
            preferred_backup_window=spec.backup_window,
            preferred_maintenance_window=spec.maintenance_window,
            copy_tags_to_snapshot=True,
            skip_final_snapshot=False,
            final_snapshot_identifier=ground.final_snapshot,
            deletion_protection=protect,
            enabled_cloudwatch_logs_exports=["postgresql"],
            opts=self.child(depends_on=[ground.logs], protect=protect),
        )

    def _instances(self) -> aws.rds.ClusterInstance:
        """Make the writer in the first zone and the readers in the others, in turn; return the writer."""
        zones, readers = self._vpc.zones, self._spec.readers
        writer = self._instance("writer", self._spec.instance_class, zones[0], promotion_tier=0)
        for number, zone in enumerate(islice(cycle(zones[1:]), readers.count), start=1):
            # The first instance of a cluster becomes its writer, and no output says which came first.
            self._instance(f"reader-{number}", readers.instance_class, zone, promotion_tier=1, after=[writer])
        return writer

    def _instance(
        self, key: str, instance_class: str, zone: str, *, promotion_tier: int, after: Sequence[pulumi.Resource] = ()
    ) -> aws.rds.ClusterInstance:
        return aws.rds.ClusterInstance(
            f"{self._name}-{key}",
            cluster_identifier=self._cluster.cluster_identifier,
            engine=ENGINE,
            engine_version=self._cluster.engine_version,
            instance_class=instance_class,
            availability_zone=zone,
            promotion_tier=promotion_tier,
            publicly_accessible=False,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._ground.key_arn,
            # Versions change with the spec.
            auto_minor_version_upgrade=False,
            opts=self.child(depends_on=list(after)),
        )

    def _autoscale(self, readers: Readers, maximum: int, writer: pulumi.Resource) -> None:
        """Let readers be added up to ``maximum``, and take back those that were added; the spec's own stay.

        What is added has the writer's class, since Aurora copies that, and has to be taken back before a teardown:
        https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Integrating.AutoScaling.html
        """
        target = aws.appautoscaling.Target(
            f"{self._name}-readers",
            service_namespace="rds",
            scalable_dimension="rds:cluster:ReadReplicaCount",
            resource_id=pulumi.Output.concat("cluster:", self._cluster.cluster_identifier),
            min_capacity=min(1, readers.count),
            max_capacity=maximum,
            # A cluster without instances has nothing to scale, and is refused.
            opts=self.child(depends_on=[writer]),
        )
        aws.appautoscaling.Policy(
            f"{self._name}-readers",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "target_value": readers.target_cpu,
                "predefined_metric_specification": {"predefined_metric_type": "RDSReaderAverageCPUUtilization"},
            },
            opts=self.child(),
        )
