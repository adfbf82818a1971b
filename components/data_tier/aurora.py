"""Aurora PostgreSQL: a writer, readers in other zones, and a role of its own for each consumer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, islice

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.component import Component
from components.data_tier.endpoint import Consumer, Peer, PostgresEndpoint
from components.data_tier.logins import MASTER, logins, password
from components.data_tier.schema import read
from components.secrets.contract import IN_CLUSTER, Secrets
from components.security_groups import Rule, SecurityGroup
from components.vpc import Vpc
from spec.postgres import AuroraPostgres, Readers

ENGINE = aws.rds.EngineType.AURORA_POSTGRESQL
PORT = 5432

# Encrypted, and the server takes nothing else. Not `verify-full`: that needs Amazon's certificate authorities in every
# service's image, and what lies between is the VPC, where nobody but AWS answers for the data tier's addresses.
SSL_MODE = "require"


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
        self.security_group_id = self._security_group(clients)
        master_password = password(f"{name}-master", self.child())
        self._cluster = self._database(master_password, protect)
        writer = self._instances()
        if spec.readers.max:
            self._autoscale(spec.readers, spec.readers.max, writer)
        # An endpoint answers once there is a writer behind it.
        host = pulumi.Output.all(self._cluster.endpoint, writer.id).apply(lambda all: all[0])
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
        known = self._consumers[consumer]
        writes, reads = "writer" in known.access, "reader" in known.access
        return PostgresEndpoint(
            host=self._hosts["reader" if known.access == {"reader"} else "writer"],
            reader_host=self._hosts["reader"] if writes and reads else None,
            port=PORT,
            database=self._spec.database,
            user=known.role,
            secret=self._secrets[consumer],
            ssl_mode=SSL_MODE,
            peer=self._peer,
            pool_size=known.pool_size,
        )

    def _security_group(self, clients: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
        return SecurityGroup(
            self._name,
            "PostgreSQL, from its clients; nothing out",
            self._vpc.id,
            ingress=[Rule(key, f"PostgreSQL from {key}", PORT, group=group) for key, group in clients.items()],
            opts=self.child(),
        ).id

    def _database(self, master_password: pulumi.Output[str], protect: bool) -> aws.rds.Cluster:
        name, spec = self._name, self._spec
        subnets = aws.rds.SubnetGroup(
            name, subnet_ids=self._vpc.subnets(spec.tier), tags={"Name": name}, opts=self.child()
        )
        self._key = aws.kms.Key(
            name,
            description=f"Aurora {name}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            opts=self.child(protect=protect),
        )
        parameters = aws.rds.ClusterParameterGroup(
            name,
            description=f"Aurora {name}",
            family=f"{ENGINE.value}{spec.version.split('.')[0]}",
            parameters=[
                {"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"},
                # A parameter may be static, and then takes a reboot, for the maintenance window to make.
                *(
                    {"name": key, "value": value, "apply_method": "pending-reboot"}
                    for key, value in sorted(spec.parameters.items())
                ),
            ],
            opts=self.child(),
        )
        # RDS would make the group itself, to be kept for ever and to stay behind.
        logs = aws.cloudwatch.LogGroup(
            name,
            name=f"/aws/rds/cluster/{name}/postgresql",
            retention_in_days=90,
            opts=self.child(protect=protect),
        )
        # A snapshot's name is taken for good: another database of this name, later, needs another.
        snapshot = random.RandomId(f"{name}-final-snapshot", byte_length=4, opts=self.child())
        return aws.rds.Cluster(
            name,
            cluster_identifier=name,
            engine=ENGINE,
            engine_version=spec.version,
            database_name=spec.database,
            master_username=MASTER,
            master_password=master_password,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self.security_group_id],
            db_cluster_parameter_group_name=parameters.name,
            storage_encrypted=True,
            kms_key_id=self._key.arn,
            # With it comes recovery to any second of the period.
            backup_retention_period=spec.backup_retention_days,
            preferred_backup_window=spec.backup_window,
            preferred_maintenance_window=spec.maintenance_window,
            copy_tags_to_snapshot=True,
            skip_final_snapshot=False,
            final_snapshot_identifier=pulumi.Output.concat(f"{name}-final-", snapshot.hex),
            deletion_protection=protect,
            enabled_cloudwatch_logs_exports=["postgresql"],
            # Nothing in the log group's name, nor in the cluster's outputs, says that one comes before the other.
            opts=self.child(depends_on=[logs], protect=protect),
        )

    def _instances(self) -> aws.rds.ClusterInstance:
        """Make the writer in the first zone and the readers in the others, in turn; return the writer."""
        zones, readers = self._vpc.zones, self._spec.readers
        writer = self._instance("writer", self._spec.instance_class, zones[0], tier=0)
        for number, zone in enumerate(islice(cycle(zones[1:]), readers.count), start=1):
            # The first instance of a cluster becomes its writer, and no output says which came first.
            self._instance(f"reader-{number}", readers.instance_class, zone, tier=1, after=[writer])
        return writer

    def _instance(
        self, key: str, instance_class: str, zone: str, tier: int, after: Sequence[pulumi.Resource] = ()
    ) -> aws.rds.ClusterInstance:
        return aws.rds.ClusterInstance(
            f"{self._name}-{key}",
            cluster_identifier=self._cluster.cluster_identifier,
            engine=ENGINE,
            engine_version=self._cluster.engine_version,
            instance_class=instance_class,
            availability_zone=zone,
            promotion_tier=tier,
            publicly_accessible=False,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._key.arn,
            # Versions change with the spec.
            auto_minor_version_upgrade=False,
            opts=self.child(depends_on=list(after)),
        )

    def _autoscale(self, readers: Readers, most: int, writer: pulumi.Resource) -> None:
        """Let readers be added up to ``most``, and take back those that were added; the spec's own stay.

        What is added has the writer's class, since Aurora copies that, and has to be taken back before a teardown:
        https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Integrating.AutoScaling.html
        """
        target = aws.appautoscaling.Target(
            f"{self._name}-readers",
            service_namespace="rds",
            scalable_dimension="rds:cluster:ReadReplicaCount",
            resource_id=pulumi.Output.concat("cluster:", self._cluster.cluster_identifier),
            min_capacity=min(1, readers.count),
            max_capacity=most,
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
