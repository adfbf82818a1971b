"""The engines of the data tier that AWS runs, in the platform's own network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.bastion import Bastion
from components.data_tier.aurora import PORT, Aurora
from components.data_tier.elasticache import ElastiCache
from components.data_tier.endpoint import Consumer, Engine
from components.data_tier.rds import Rds
from components.secrets.contract import Secrets
from components.vpc import Vpc
from spec.postgres import AuroraPostgres, RdsPostgres
from spec.redis import ElastiCache as ElastiCacheSpec


@dataclass(frozen=True)
class AwsData:
    """Makes engines for a platform; see `stacks.ground.ManagedData`."""

    platform: str
    vpc: Vpc
    nodes: pulumi.Input[str]
    """Security group of the pods that connect."""
    bastion: Bastion | None
    """Whom administrators come by to PostgreSQL; nobody else's engines are theirs to reach."""
    protect: bool
    opts: pulumi.ResourceOptions

    def postgres(
        self,
        spec: AuroraPostgres | RdsPostgres,
        consumers: Sequence[Consumer],
        namespace: pulumi.Input[str],
        secrets: Secrets,
    ) -> Engine:
        """Return Aurora or RDS, whose jobs run in ``namespace``, and let the bastion reach it where there is one."""
        kinds = {"aurora": Aurora, "rds": Rds}
        administrators = {"bastion": self.bastion.security_group_id} if self.bastion else {}
        made = kinds[spec.engine](
            f"{self.platform}-postgres",
            spec,  # type: ignore[arg-type]
            consumers,
            self.vpc,
            clients={"nodes": self.nodes, **administrators},
            namespace=namespace,
            secrets=secrets,
            protect=self.protect,
            opts=self.opts,
        )
        if self.bastion:
            self.bastion.reach("postgres", PORT, made.security_group_id)
        return made

    def redis(self, spec: ElastiCacheSpec, consumers: Sequence[Consumer], secrets: Secrets) -> Engine:
        """Return ElastiCache, which the cluster's pods alone reach."""
        return ElastiCache(
            f"{self.platform}-redis",
            spec,
            consumers,
            self.vpc,
            clients={"nodes": self.nodes},
            secrets=secrets,
            protect=self.protect,
            opts=self.opts,
        )
