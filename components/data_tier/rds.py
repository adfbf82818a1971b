"""PostgreSQL on RDS: one instance, perhaps with a standby, and a role of its own for each consumer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from spec.postgres import RdsPostgres

PORT = 5432
# As on Aurora: encrypted, in a network where nobody but AWS answers for the data tier's addresses.
SSL_MODE = "require"


class Rds(Component):
    """An engine of the data tier that AWS runs. See `components.data_tier.endpoint.Engine`."""

    address: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: RdsPostgres,
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
        and one for Kubernetes.
        """
        super().__init__("data:Rds", name, opts)
        self._name, self._spec, self._vpc = name, spec, vpc
        self._consumers = {consumer.name: consumer for consumer in consumers}
        group = SecurityGroup(
            name,
            "PostgreSQL, from its clients; nothing out",
            vpc.id,
            ingress=[Rule(key, f"PostgreSQL from {key}", PORT, group=group) for key, group in clients.items()],
            opts=self.child(),
        )
        self.security_group_id = group.id
        master_password = password(f"{name}-master", self.child())
        self._host = self._instance(group.id, master_password, protect).address
        self._peer = Peer(ports=(PORT,), cidrs=tuple(vpc.cidrs(spec.tier)))
        self._secrets = logins(
            name,
            consumers,
            address={"PGHOST": self._host, "PGPORT": str(PORT), "PGDATABASE": spec.database, "PGSSLMODE": SSL_MODE},
            master=(MASTER, master_password),
            server=self._peer,
            namespace=namespace,
            image=spec.client_image,
            secrets=secrets,
            migrations=read(spec.migrations) if spec.migrations else None,
            opts=self.child(),
        )
        self.address = pulumi.Output.concat(self._host, f":{PORT}")
        self.register_outputs({"address": self.address})

    def endpoint(self, consumer: str) -> PostgresEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that the database was not given."""
        known = self._consumers[consumer]
        return PostgresEndpoint(
            host=self._host,
            reader_host=None,
            port=PORT,
            database=self._spec.database,
            user=known.role,
            secret=self._secrets[consumer],
            ssl_mode=SSL_MODE,
            peer=self._peer,
            pool_size=known.pool_size,
        )

    def _instance(
        self, group: pulumi.Output[str], master_password: pulumi.Output[str], protect: bool
    ) -> aws.rds.Instance:
        name, spec = self._name, self._spec
        subnets = aws.rds.SubnetGroup(
            name, subnet_ids=self._vpc.subnets(spec.tier), tags={"Name": name}, opts=self.child()
        )
        key = aws.kms.Key(
            name,
            description=f"RDS {name}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            opts=self.child(protect=protect),
        )
        parameters = aws.rds.ParameterGroup(
            name,
            description=f"RDS {name}",
            family=f"postgres{spec.version.split('.')[0]}",
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
            name=f"/aws/rds/instance/{name}/postgresql",
            retention_in_days=90,
            opts=self.child(protect=protect),
        )
        # A snapshot's name is taken for good: another database of this name, later, needs another.
        snapshot = random.RandomId(f"{name}-final-snapshot", byte_length=4, opts=self.child())
        return aws.rds.Instance(
            name,
            identifier=name,
            engine="postgres",
            engine_version=spec.version,
            instance_class=spec.instance_class,
            db_name=spec.database,
            username=MASTER,
            password=master_password,
            storage_type="gp3",
            allocated_storage=spec.storage_gib,
            max_allocated_storage=spec.max_storage_gib,
            storage_encrypted=True,
            kms_key_id=key.arn,
            multi_az=spec.multi_az,
            publicly_accessible=False,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[group],
            parameter_group_name=parameters.name,
            # With it comes recovery to any second of the period.
            backup_retention_period=spec.backup_retention_days,
            backup_window=spec.backup_window,
            maintenance_window=spec.maintenance_window,
            copy_tags_to_snapshot=True,
            skip_final_snapshot=False,
            final_snapshot_identifier=pulumi.Output.concat(f"{name}-final-", snapshot.hex),
            deletion_protection=protect,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=key.arn,
            enabled_cloudwatch_logs_exports=["postgresql"],
            # Versions change with the spec.
            auto_minor_version_upgrade=False,
            # Nothing in the log group's name, nor in the instance's outputs, says that one comes before the other.
            opts=self.child(depends_on=[logs], protect=protect),
        )
