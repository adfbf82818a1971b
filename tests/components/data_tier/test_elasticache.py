"""ElastiCache: shards with replicas, encrypted, behind a token, in a group that lets nothing out."""

from __future__ import annotations

from typing import Any

import pulumi

from components.data_tier.elasticache import ElastiCache, members
from components.data_tier.endpoint import Consumer
from components.vpc import Vpc
from spec.network import Network
from spec.redis import ElastiCache as Spec
from tests.components.around import SECRET
from tests.components.data_tier.test_aurora import NETWORK
from tests.recorder import Recorder, remembered, run

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
CONSUMERS = (Consumer("queue", "shop"), Consumer("event", "other"))
HOST = "clustercfg.shop-redis.abc.use1.cache.amazonaws.com"

environments: dict[str, dict[str, Any]] = {}


def program(protect: bool = False, **fields: Any) -> None:
    opts = pulumi.ResourceOptions()
    spec = {"engine": "elastiCache", "nodeType": "cache.r6g.xlarge", "shards": 6, "replicas": 1, **fields}
    vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
    made = ElastiCache(
        "shop-redis",
        Spec.model_validate(spec, by_alias=True),
        CONSUMERS,
        vpc,
        clients={"nodes": "sg-nodes"},
        protect=protect,
        opts=opts,
    )
    pulumi.Output.from_input(made.endpoint("queue").environment()).apply(
        lambda found: environments.update(queue={each["name"]: each for each in found})
    )


@remembered
def build(**fields: Any) -> Recorder:
    return run(lambda: program(**fields))


def test_shards_are_encrypted_fail_over_and_ask_for_a_token() -> None:
    group = build().one(GROUP)
    assert (group["numNodeGroups"], group["replicasPerNodeGroup"]) == (6, 1)
    for switch in (
        "automaticFailoverEnabled",
        "multiAzEnabled",
        "atRestEncryptionEnabled",
        "transitEncryptionEnabled",
    ):
        assert group[switch] is True, switch
    assert "authToken" in group.secrets


def test_the_parameters_are_those_of_cluster_mode_with_the_eviction_asked_for() -> None:
    group = build(eviction="allkeys-lfu").one("aws:elasticache/parameterGroup:ParameterGroup")
    assert group["family"] == "redis7"
    assert {each["name"]: each["value"] for each in group["parameters"]} == {
        "cluster-enabled": "yes",
        "maxmemory-policy": "allkeys-lfu",
    }


def test_its_group_admits_its_clients_to_6379_and_lets_nothing_out() -> None:
    made = build()
    (rule,) = made.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule["fromPort"], rule["toPort"], rule["referencedSecurityGroupId"]) == (6379, 6379, "sg-nodes")
    assert made.all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") == []


def test_the_token_reaches_consumers_by_secrets_alone() -> None:
    made = build()
    for each in made.all(SECRET):
        assert {"stringData.password", "stringData.url"} <= each.secrets or "stringData" in each.secrets
    assert not any("generated-" in str(each.inputs) for each in made if each.type not in (SECRET, GROUP))
    url = made.one(SECRET, "shop-redis-event")["stringData.url"]
    assert url == f"rediss://default:generated-shop-redis-token@{HOST}:6379"
    assert environments["queue"]["REDIS_MODE"]["value"] == "cluster"
    assert environments["queue"]["REDIS_URL"]["valueFrom"]["secretKeyRef"] == {"name": "redis-queue", "key": "url"}


def test_what_is_protected_stays_and_a_last_snapshot_stays_in_any_case() -> None:
    assert build(protect=True).one(GROUP).options["protect"] is True
    assert "protect" not in build().one(GROUP).options
    assert build().one(GROUP)["finalSnapshotIdentifier"].startswith("shop-redis-final-")


def test_nodes_are_called_as_cloudwatch_knows_them():
    """By shard and by node in it, which moto does not tell apart."""
    spec: Any = {"engine": "elastiCache", "nodeType": "cache.r6g.xlarge", "shards": 2, "replicas": 1}
    names = members("shop-redis", Spec.model_validate(spec))
    assert names == ["shop-redis-0001-001", "shop-redis-0001-002", "shop-redis-0002-001", "shop-redis-0002-002"]
