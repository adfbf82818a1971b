"""PostgreSQL on RDS: one instance, perhaps with a standby, and a role of its own for each consumer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.data_tier.endpoint import Consumer, Peer, PostgresEndpoint
from components.data_tier.logins import MASTER, logins, password
from components.data_tier.rds_ground import PORT, SSL_MODE, RdsGround, parameters, rds_ground
from components.data_tier.schema import read
from components.secrets.contract import IN_CLUSTER, Secrets
from components.vpc import Vpc
from spec.postgres import RdsPostgres


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
        ground = rds_ground(name, spec, vpc, clients, kind="instance", title="RDS", protect=protect, owner=self)
        self.security_group_id = ground.security_group_id
        master_password = password(f"{name}-master", self.child())
        self._host = self._instance(ground, master_password, protect).address
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
            database=known.database or self._spec.database,
            user=known.role,
            secret=self._secrets[consumer],
            ssl_mode=SSL_MODE,
            peer=self._peer,
            pool_size=known.pool_size,
        )

    def _instance(self, ground: RdsGround, master_password: pulumi.Output[str], protect: bool) -> aws.rds.Instance:
        name, spec = self._name, self._spec
        group = aws.rds.ParameterGroup(
            name,
            description=f"RDS {name}",
            family=f"postgres{spec.version.split('.')[0]}",
            parameters=parameters(spec),
            opts=self.child(),
        )
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
            kms_key_id=ground.key_arn,
            multi_az=spec.multi_az,
            publicly_accessible=False,
            db_subnet_group_name=ground.subnet_group,
            vpc_security_group_ids=[ground.security_group_id],
            parameter_group_name=group.name,
            # With it comes recovery to any second of the period.
            backup_retention_period=spec.backup_retention_days,
            backup_window=spec.backup_window,
            maintenance_window=spec.maintenance_window,
            copy_tags_to_snapshot=True,
            skip_final_snapshot=False,
            final_snapshot_identifier=ground.final_snapshot,
            deletion_protection=protect,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=ground.key_arn,
            enabled_cloudwatch_logs_exports=["postgresql"],
            # Versions change with the spec.
            auto_minor_version_upgrade=False,
            opts=self.child(depends_on=[ground.logs], protect=protect),
        )
