"""Stores in the cluster: eviction where it is wanted and nowhere else, and a user of its own for every consumer."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.data_tier.endpoint import UrlEndpoint, consumers
from components.data_tier.redis import InClusterStore, configuration
from spec.node_pools import NodePool
from spec.redis import InClusterRedis, RedisStore
from tests.components.around import POLICY, RELEASE, SECRET, Around, service
from tests.recorder import Recorder, remembered, run

KEPT = {"name": "blacklist", "eviction": "noeviction", "memory": "100Mi", "storage": "1Gi"}
CACHE = {"name": "cache", "eviction": "allkeys-lru", "memory": "100Mi"}
AUTH = service("auth", uses=["redis.blacklist"])
INFO = service("info", namespace="other", uses=["redis.blacklist.reader", "redis.cache"])
LABELS = {"role": "infra", "service": "redis"}
POOL = NodePool.model_validate(
    {"name": "redis", "instanceTypes": ["t3.micro"], "size": {"min": 1, "max": 1}, "labels": LABELS}
)

environments: dict[str, dict[str, Any]] = {}


@remembered
def build(*services: Any, store: dict[str, Any] = KEPT, protect: bool = False, pool: str | None = None) -> Recorder:
    def tell(endpoint: UrlEndpoint, user: str) -> None:
        pulumi.Output.from_input(endpoint.environment()).apply(
            lambda found: environments.__setitem__(user, {each["name"]: each for each in found})
        )

    def program() -> None:
        around = Around("shop", "other", "infra")
        spec = InClusterRedis.model_validate({"engine": "inCluster", "stores": [store], "pool": pool})
        name = spec.stores[0].name
        users = consumers(services, f"redis.{name}", around.namespaces.ensure)
        made = InClusterStore(
            f"redis-{name}",
            spec,
            spec.stores[0],
            users,
            cluster=around.cluster,
            pools=[POOL],
            protect=protect,
            **around.common,
        )
        for user in users:
            tell(made.endpoint(user.name), user.name)

    environments.clear()
    return run(program)


def values(**given: Any) -> dict[str, Any]:
    return build(AUTH, INFO, **given).one(RELEASE, f"redis-{given.get('store', KEPT)['name']}")["values"]


@pytest.mark.parametrize("store", [KEPT, CACHE])
def test_a_store_evicts_as_it_was_told_within_seven_tenths_of_its_memory(store: dict[str, Any]) -> None:
    text = configuration(RedisStore.model_validate(store))
    assert f"maxmemory-policy {store['eviction']}\n" in text
    assert f"maxmemory {int(100 * 1024**2 * 0.7)}\n" in text


def test_a_store_with_a_volume_logs_every_write_and_one_without_none() -> None:
    assert "appendonly yes\nappendfsync everysec\n" in configuration(RedisStore.model_validate(KEPT))
    assert "appendonly no\n" in configuration(RedisStore.model_validate(CACHE))
    assert values()["dataStorage"] == {"enabled": True, "requestedSize": "1Gi", "className": "fast", "keepPvc": False}
    assert values(store=CACHE)["dataStorage"] == {"enabled": False}


def test_the_old_pod_lets_go_of_the_volume_before_the_new_one_wants_it() -> None:
    assert values()["deploymentStrategy"] == "Recreate"


def test_who_only_looks_things_up_may_write_nothing() -> None:
    users = values()["auth"]["aclUsers"]
    assert set(users) == {"default", "auth", "info"}
    assert "+@all" in users["auth"]["permissions"]
    assert "-@all +@read" in users["info"]["permissions"]


def test_whoever_does_not_say_who_he_is_sees_no_key() -> None:
    permissions = values()["auth"]["aclUsers"]["default"]["permissions"]
    assert "~" not in permissions
    assert permissions.startswith("-@all ")
    assert not {"+@all", "+@read", "+@write"} & set(permissions.split())


def test_consumers_have_passwords_of_their_own_that_stay_secret() -> None:
    made = build(AUTH, INFO)
    users = made.one(SECRET, "redis-blacklist-users")
    assert len(set(users["stringData"].values())) == len(users["stringData"]) == 3
    for each in made.all(SECRET):
        assert "stringData" in each.secrets or {"stringData.password", "stringData.url"} <= each.secrets
    assert not any("generated-" in str(each.inputs) for each in made if each.type != SECRET)


def test_another_user_is_another_secret_which_the_pod_is_started_with() -> None:
    made = build(AUTH)
    users = made.one(SECRET, "redis-blacklist-users")
    assert users["immutable"] is True
    assert "name" not in users["metadata"]
    release = made.one(RELEASE, "redis-blacklist")
    assert release["values.auth.usersExistingSecret"].startswith("redis-blacklist-users-")


def test_the_environment_says_which_store_it_is_about_and_holds_no_password() -> None:
    build(INFO, store=CACHE)
    found = environments["info"]
    assert set(found) == {f"REDIS_CACHE_{key}" for key in ("HOST", "PORT", "USERNAME", "PASSWORD", "URL")}
    assert found["REDIS_CACHE_URL"]["valueFrom"]["secretKeyRef"] == {"name": "redis-cache-info", "key": "url"}
    assert found["REDIS_CACHE_HOST"]["value"] == "redis-cache.infra.svc.cluster.local"


def test_the_url_lies_in_the_consumers_namespace() -> None:
    login = build(INFO).one(SECRET, "redis-blacklist-info-login")
    assert login["metadata.namespace"] == "other"
    assert login["stringData.url"] == (
        "redis://info:generated-redis-blacklist-info@redis-blacklist.infra.svc.cluster.local:6379/0"
    )


def test_consumers_and_prometheus_come_in_and_nothing_goes_out() -> None:
    policy = build(AUTH).one(POLICY, "redis-blacklist")
    assert [[port["port"] for port in rule["ports"]] for rule in policy["spec.ingress"]] == [[6379], [9121]]
    assert policy["spec.egress"] == []
    assert policy["spec.policyTypes"] == ["Ingress", "Egress"]


def test_it_runs_on_its_own_pool_and_every_container_has_limits() -> None:
    given = values(pool="redis")
    assert given["nodeSelector"] == {"groundwork/pool": "redis"}
    assert given["podLabels"] == LABELS
    for resources in (given["resources"], given["initResources"], given["metrics"]["exporter"]["resources"]):
        assert set(resources) >= {"requests", "limits"}


def test_only_what_is_kept_is_protected() -> None:
    assert build(protect=True).one(RELEASE, "redis-blacklist").options["protect"] is True
    assert "protect" not in build(store=CACHE, protect=True).one(RELEASE, "redis-cache").options
