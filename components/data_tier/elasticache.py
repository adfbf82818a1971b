"""Redis on ElastiCache, in cluster mode: shards with replicas in other zones, encrypted on the way and at rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.component import Component
from components.data_tier.endpoint import Consumer, Peer, UrlEndpoint
from components.secrets.contract import IN_CLUSTER, Secrets
from components.security_groups import Rule, SecurityGroup
from components.vpc import Vpc
from spec.redis import ElastiCache as Spec

PORT = 6379
USER = "default"
"""Whose password the token is: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html"""

_TOKEN_LENGTH = 64  # of 16 to 128
_LOG_DAYS = 30


def members(name: str, spec: Spec) -> list[str]:
    """Return the names of a cache's nodes, by which CloudWatch knows them, in the order of its shards.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html
    """
    nodes = range(1, spec.replicas + 2)
    return [f"{name}-{shard:04}-{node:03}" for shard in range(1, spec.shards + 1) for node in nodes]


class ElastiCache(Component):
    """An engine of the data tier that AWS runs. See `components.data_tier.endpoint.Engine`."""

    address: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: Spec,
        consumers: Sequence[Consumer],
        vpc: Vpc,
        *,
        clients: Mapping[str, pulumi.Input[str]],
        secrets: Secrets = IN_CLUSTER,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the shards that ``spec`` describes, and a Secret for each of ``consumers``.

        ``clients`` are the security groups that may connect, each by a name for its rule; ``protect`` guards the data
        against deletion. ``opts`` names a provider for AWS and one for Kubernetes.
        """
        super().__init__("data:ElastiCache", name, opts)
        self._name, self._spec, self._vpc = name, spec, vpc
        # Letters and digits: it stands in a URL, and AWS takes few other characters.
        token = random.RandomPassword(f"{name}-token", length=_TOKEN_LENGTH, special=False, opts=self.child()).result
        group = SecurityGroup(
            name,
            "Redis, from its clients; nothing out",
            vpc.id,
            ingress=[Rule(key, f"Redis from {key}", PORT, group=group) for key, group in clients.items()],
            opts=self.child(),
        )
        self._host = self._shards(group.id, token, protect).configuration_endpoint_address
        self._secrets = {each.name: self._login(each, token, secrets) for each in consumers}
        self.address = pulumi.Output.concat(self._host, f":{PORT}")
        self.register_outputs({"address": self.address})

    def endpoint(self, consumer: str) -> UrlEndpoint:
        """Return the endpoint of a consumer, by its name. Raises KeyError for one that the engine was not given."""
        return UrlEndpoint(
            prefix="REDIS",
            host=self._host,
            port=PORT,
            user=USER,
            secret=self._secrets[consumer],
            peer=Peer(ports=(PORT,), cidrs=tuple(self._vpc.cidrs(self._spec.tier))),
            # A client that does not follow a cluster's redirections gets errors in place of most keys.
            more={"MODE": "cluster"},
        )

    def _shards(
        self, group: pulumi.Output[str], token: pulumi.Output[str], protect: bool
    ) -> aws.elasticache.ReplicationGroup:
        name, spec = self._name, self._spec
        subnets = aws.elasticache.SubnetGroup(
            name, name=name, subnet_ids=self._vpc.subnets(spec.tier), tags={"Name": name}, opts=self.child()
        )
        key = aws.kms.Key(
            name,
            description=f"ElastiCache {name}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            opts=self.child(protect=protect),
        )
        parameters = aws.elasticache.ParameterGroup(
            name,
            family=f"redis{spec.version.split('.')[0]}",
            description=f"ElastiCache {name}",
            parameters=[
                {"name": "cluster-enabled", "value": "yes"},
                {"name": "maxmemory-policy", "value": spec.eviction},
            ],
            opts=self.child(),
        )
        logs = {
            kind: aws.cloudwatch.LogGroup(
                f"{name}-{kind}",
                name=f"/groundwork/{name}/{kind}",
                retention_in_days=_LOG_DAYS,
                opts=self.child(protect=protect),
            )
            for kind in ("slow-log", "engine-log")
        }
        # A snapshot's name is taken for good: another cache of this name, later, needs another.
        snapshot = random.RandomId(f"{name}-final-snapshot", byte_length=4, opts=self.child())
        return aws.elasticache.ReplicationGroup(
            name,
            replication_group_id=name,
            description=f"Redis of {name}",
            engine="redis",
            engine_version=spec.version,
            node_type=spec.node_type,
            num_node_groups=spec.shards,
            replicas_per_node_group=spec.replicas,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            port=PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[group],
            parameter_group_name=parameters.name,
            at_rest_encryption_enabled=True,
            kms_key_id=key.arn,
            transit_encryption_enabled=True,
            auth_token=token,
            snapshot_retention_limit=spec.snapshot_retention_days,
            snapshot_window=spec.snapshot_window,
            maintenance_window=spec.maintenance_window,
            final_snapshot_identifier=pulumi.Output.concat(f"{name}-final-", snapshot.hex),
            log_delivery_configurations=[
                {
                    "destination": group.name,
                    "destination_type": "cloudwatch-logs",
                    "log_format": "json",
                    "log_type": kind,
                }
                for kind, group in logs.items()
            ],
            # Versions change with the spec.
            auto_minor_version_upgrade=False,
            opts=self.child(protect=protect),
        )

    def _login(self, consumer: Consumer, token: pulumi.Output[str], secrets: Secrets) -> pulumi.Output[str]:
        """Return the name of the Secret that a consumer signs in with, in its own namespace."""
        url = pulumi.Output.concat("rediss://", USER, ":", token, "@", self._host, f":{PORT}")
        return secrets.keep(
            f"{self._name}-{consumer.name}",
            {"username": USER, "password": token, "url": url},
            namespace=consumer.namespace,
            name=f"redis-{consumer.name}",
            opts=self.child(delete_before_replace=True),
        )
