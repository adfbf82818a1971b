"""What everything asks for, and whether quotas and machines have it."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from spec.__main__ import main
from spec.capacity.addresses import held_by_tier, offered
from spec.capacity.amounts import MIB, Amount, total
from spec.capacity.demand import demands
from spec.capacity.footprints import workloads
from spec.capacity.machines import KUBEADM_RESERVED, instance, instance_types
from spec.capacity.placement import Node, Placement, place
from spec.capacity.workloads import Container, Workload, container, rolling
from spec.cluster import EksCluster, KubeadmCluster
from spec.load import ROOT, from_config, from_file, stack_file, stacks
from spec.platform import Platform
from spec.security import LimitRange
from tests.spec.test_mistakes import AWS, LOCAL, SERVICE, changed, mistakes

DEFAULTS = LimitRange()
CLOUD_INIT = ROOT / "components" / "cluster" / "cloud_init" / "init.yaml"


def stack(name: str) -> Platform:
    return from_file(stack_file(name))


def config(name: str) -> dict[str, Any]:
    document = yaml.safe_load(stack_file(name).read_text())["config"]
    return {key.removeprefix("groundwork:"): value for key, value in document.items()}


def placed(platform: Platform) -> Placement:
    found = place(platform)
    assert found is not None
    return found


def test_what_a_container_leaves_out_the_limit_range_fills_in() -> None:
    silent = Container("silent")
    assert silent.asks("requests", DEFAULTS) == Amount.of({"cpu": "250m", "memory": "256Mi"})
    assert silent.asks("limits", DEFAULTS) == Amount.of({"cpu": "500m", "memory": "512Mi"})
    assert silent.asks("requests", None) == Amount()


def test_a_limit_alone_is_a_request_too() -> None:
    assert container("one", "", "100m/64Mi").asks("requests", DEFAULTS) == Amount(100, 64 * MIB)


def test_sidecars_add_up_and_the_largest_init_container_counts_where_it_is_more() -> None:
    together = [container("one", "100m/64Mi"), container("sidecar", "50m/64Mi")]
    init = [container("first", "10m/256Mi"), container("second", "20m/16Mi")]
    assert Workload("it", "here", together, init).pod("requests") == Amount(150, 256 * MIB)


@pytest.mark.parametrize(("replicas", "more"), [(1, 1), (4, 1), (5, 2), (0, 0)])
def test_an_update_brings_a_quarter_more_pods(replicas: int, more: int) -> None:
    assert rolling(replicas) == more


# What Amazon's images reserve, as its own tests have it for these types; 35 and 29 pods are of eni-max-pods.txt.
@pytest.mark.parametrize(
    ("name", "pods", "kubelet"),
    [
        ("t3.large", 35, Amount(70, 640 * MIB)),
        ("m5.large", 29, Amount(70, 574 * MIB)),
        ("t3.xlarge", 58, Amount(80, 893 * MIB)),
    ],
)
def test_a_node_of_eks_keeps_back_what_amazons_images_do(name: str, pods: int, kubelet: Amount) -> None:
    machine = instance(name, EksCluster(target="eks"))
    assert machine.pods == pods
    assert machine.withheld["kubelet"] == kubelet


def test_a_node_of_kubeadm_keeps_back_what_its_kubelet_is_told_to() -> None:
    documents = CLOUD_INIT.read_text().split("\n---\n")
    kubelet = yaml.safe_load(next(each for each in documents if "kind: KubeletConfiguration" in each))
    told = {"kubelet": kubelet["kubeReserved"], "system": kubelet["systemReserved"]}
    told["eviction"] = {"memory": kubelet["evictionHard"]["memory.available"]}
    assert {what: Amount.of(given) for what, given in told.items()} == KUBEADM_RESERVED


def test_a_t3_micro_of_kubeadm_has_655_mib_for_pods() -> None:
    control_plane: Any = {}
    machine = instance("t3.micro", KubeadmCluster(target="kubeadm", control_plane=control_plane))
    assert machine.allocatable.memory // MIB == int(1024 * (1 - 0.075)) - 128 - 100 - 64
    assert machine.allocatable.cpu == 1900


def test_a_volume_counts_against_the_quota_and_one_pod_goes_before_the_next_comes() -> None:
    volume = {"volume": {"path": "/data", "size": "1Gi"}, "replicas": {"max": 1}}
    config = changed(LOCAL, "services.0", LOCAL["services"][0] | volume)
    found = {each.name: each for each in workloads(from_config(config, "test"))}
    assert (found["backend"].claims, found["backend"].most) == (1, 1)
    assert found["frontend"].claims == 0
    few = {"requests": {"cpu": "4", "memory": "8Gi"}, "limits": {"cpu": "8", "memory": "16Gi"}}
    none = changed(config, "security.namespaces.0", {"name": "app", "quota": few | {"persistentVolumeClaims": 1}})
    assert "persistentVolumeClaims = 1" in mistakes(none)


@pytest.mark.parametrize("name", stacks())
def test_every_stack_fits_its_quotas_and_its_machines(name: str) -> None:
    platform = stack(name)
    placement = place(platform)
    assert placement is None or placement.homeless == []
    quotas = {each.name: each.quota or platform.security.quota for each in platform.security.namespaces}
    for namespace, demand in demands(platform).items():
        if quota := quotas.get(namespace):
            assert total(demand.asks("requests")) <= Amount.of(quota.requests.model_dump())
            assert total(demand.asks("limits")) <= Amount.of(quota.limits.model_dump())
            assert demand.claims <= quota.persistent_volume_claims


def test_sesacthon_has_fourteen_machines_with_room_to_spare() -> None:
    nodes = placed(stack("sesacthon")).nodes
    assert len(nodes) == 14
    assert [node.name for node in nodes if not Amount() <= node.room] == []
    assert {node.name for node in nodes if node.machine.kind == "t3.micro"} >= {"auth 0", "redis 0"}


@pytest.mark.parametrize("name", ["sesacthon", "dev"])
def test_room_is_what_is_left_of_a_machine_when_everything_on_it_is_counted(name: str) -> None:
    for node in placed(stack(name)).nodes:
        there = [asked for _, asked in node.placed.values()]
        assert node.room == node.machine.allocatable - total(node.daemons) - total(there)
        assert node.pods == len(node.daemons) + sum(number for number, _ in node.placed.values())


def boot(platform: Platform, seed: int) -> list[str]:
    """Return the pods that find no room where they come in any order, services last, as a repository delivers them.

    Each goes where most is left, as kube-scheduler has it: NodeResourcesFit scores by LeastAllocated.
    https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
    """

    def left(node: Node, asked: Amount) -> float:
        room, has = node.room - asked, node.machine.allocatable
        return room.memory / has.memory + room.cpu / has.cpu

    chance = random.Random(seed)
    nodes = [replace(node, placed={}) for node in placed(platform).nodes]
    pods = [each for each in workloads(platform) if not each.every_node for _ in range(each.replicas)]
    chance.shuffle(pods)
    chance.shuffle(nodes)
    services = {service.name for service in platform.services}
    limits = {each.name: each.limit_range or platform.security.limit_range for each in platform.security.namespaces}
    pending = []
    for pod in sorted(pods, key=lambda each: each.name in services):
        asked = pod.pod("requests", limits.get(pod.namespace))
        fitting = [node for node in nodes if node.takes(pod, asked)]
        if fitting:
            max(fitting, key=lambda node: left(node, asked)).put(pod, asked)
        else:
            pending.append(pod.name)
    return pending


def test_in_whatever_order_sesacthon_s_pods_come_each_finds_room() -> None:
    platform = stack("sesacthon")
    assert [pod for seed in range(50) for pod in boot(platform, seed)] == []


def test_what_runs_on_every_node_is_on_each_of_them() -> None:
    for node in placed(stack("sesacthon")).nodes:
        assert set(node.daemons) == {
            "kps-prometheus-node-exporter", "fluent-bit", "calico-node", "kube-proxy", "ebs-csi-node",
        }  # fmt: skip


def test_a_pod_that_names_a_pool_is_on_it_and_taints_keep_others_off() -> None:
    platform = stack("prod")
    surging = {service.name for service in platform.services if service.pool == "surge"}
    for node in placed(platform).nodes:
        assert (set(node.placed) <= surging) if node.pool == "surge" else not (set(node.placed) & surging)


def test_pods_that_are_apart_are_on_nodes_of_their_own_where_more_would_fit() -> None:
    four = changed(config("blog"), "data.postgres.instances", 4)
    ample = [{"name": each["name"], "quota": ROOMY} for each in config("blog")["security"]["namespaces"]]
    nodes = placed(from_config(changed(four, "security.namespaces", ample), "blog")).nodes
    assert [node.placed["postgres"][0] for node in nodes] == [1, 1, 1, 1]


def test_dev_has_room_on_a_laptop_of_four_cores_and_twelve_gibibytes() -> None:
    [laptop] = placed(stack("dev")).nodes
    assert laptop.machine.has == Amount(4000, 12 * 1024 * MIB)
    assert Amount() <= laptop.room


def test_a_service_that_does_not_fit_its_node_is_refused_with_the_arithmetic() -> None:
    services = config("sesacthon")["services"]
    position = next(number for number, each in enumerate(services) if each["name"] == "auth")
    resources = {"requests": {"cpu": "100m", "memory": "400Mi"}, "limits": {"cpu": "500m", "memory": "400Mi"}}
    said = mistakes(changed(config("sesacthon"), f"services.{position}.resources", resources))
    for part in (
        f'services[{position}].resources.requests.memory = "400Mi"',
        "leaves no room for auth in pool auth, whose pod requests 0.1 CPU, 400 Mi",
        "t3.micro has 2 CPU, 1.00 Gi; less kernel 76 Mi, kubelet 128 Mi, system 100 Mi, eviction 64 Mi leaves",
        "what runs on every node (kps-prometheus-node-exporter, fluent-bit, calico-node, kube-proxy, ebs-csi-node)",
        "take larger or more machines",
    ):
        assert part in said


def unpromised(memory: str) -> dict[str, Any]:
    """A pod that asks for little and may take ``memory``."""
    return {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": memory}}


def sesacthon(path: str, value: Any) -> dict[str, Any]:
    """Return its configuration with one value changed, and quotas that have room for more of everything."""
    quota = {kind: {"cpu": "999", "memory": "999Gi"} for kind in ("requests", "limits")}
    return changed(changed(config("sesacthon"), "security.quota", quota), path, value)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (
            "data.postgres.memory",
            "4Gi",
            [
                'data.postgres.memory = "4Gi"',
                "lets postgres in pool postgresql take 4.00 Gi of memory, more than there is",
                "t3.small has 2 CPU, 2.00 Gi; less kernel 153 Mi",
                "lower it, or take larger machines",
            ],
        ),
        ("data.postgres.memory", "2049Mi", ["2.00 Gi of memory, more than there is"]),
        ("services.0.resources", unpromised("3Gi"), ['services[0].resources.limits.memory = "3Gi"', "in pool auth"]),
        ("data.redis.stores.1", {"name": "cache", "eviction": "allkeys-lru", "memory": "3Gi"}, ["for redis-cache"]),
    ],
)
def test_a_memory_limit_above_the_whole_machine_is_refused_with_the_arithmetic(
    path: str, value: Any, told: list[str]
) -> None:
    said = mistakes(sesacthon(path, value))
    assert "1 mistake," in said
    for part in told:
        assert part in said


def test_a_memory_limit_may_be_more_than_the_machine_promises_and_all_that_it_has() -> None:
    machine = next(node.machine for node in placed(stack("sesacthon")).nodes if node.pool == "postgresql")
    assert machine.allocatable.memory < 2048 * MIB == machine.has.memory
    assert from_config(sesacthon("data.postgres.memory", "2Gi"), "test").data.postgres


TINY = {"cpu": "1m", "memory": "1Mi"}
ROOMY = {"requests": {"cpu": "999", "memory": "999Gi"}, "limits": {"cpu": "999", "memory": "999Gi"}}
THREE_CORES = {"requests": {"cpu": "3", "memory": "256Mi"}, "limits": {"cpu": "3", "memory": "256Mi"}}
LARGE = {"requests": {"cpu": "800m", "memory": "1200Mi"}, "limits": {"cpu": "1", "memory": "1200Mi"}}


@pytest.mark.parametrize(
    ("path", "value", "told", "others"),
    [
        (
            "services.0.resources",
            THREE_CORES,
            'services[0].resources.requests.cpu = "3"\n      leaves no room for frontend in the cluster',
            False,
        ),
        # It finds room itself, before those that are left over.
        (
            "services.0.resources",
            LARGE,
            'services[0].resources.requests.cpu = "800m"\n      is 2.4 CPU for frontend in all, and leaves no room',
            True,
        ),
        (
            "services.1.replicas.max",
            40,
            'services[1].resources.requests.cpu = "250m"\n      leaves no room for backend',
            True,
        ),
    ],
)
def test_what_takes_too_much_is_told_once_and_what_it_crowds_out_is_counted(
    path: str, value: Any, told: str, others: bool
) -> None:
    dev = changed(config("dev"), "security.quota", {**ROOMY, "persistentVolumeClaims": 99})
    said = mistakes(changed(dev, path, value))
    assert "1 mistake," in said
    assert told in said
    assert bool(re.search(r", nor for \d+ others: this machine has 4 CPU, 12.00 Gi; less k3s", said)) == others
    assert "lower it, or raise cluster.machine" in said


def test_each_pool_that_is_too_small_is_told() -> None:
    large = {"requests": {"cpu": "100m", "memory": "9Gi"}, "limits": {"cpu": "500m", "memory": "9Gi"}}
    given = changed(changed(AWS, "services.0.resources", large), "services.1.resources", large)
    given = changed(given, "security.namespaces.0.quota", ROOMY)
    given = changed(given, "services.0.pool", "general")
    said = mistakes(given)
    assert "2 mistakes," in said
    assert "leaves no room for backend in pool general" in said
    assert "leaves no room for frontend in the cluster" in said


def test_a_pool_is_not_what_to_lower() -> None:
    large = {
        "grafana": {"host": "grafana.local"},
        "retention": "7d",
        "alertmanager": None,
        "resources": {"requests": TINY, "limits": TINY},
    }
    given = {
        **LOCAL,
        "data": {},
        "services": [],
        "observability": large,
        "security": {"namespaces": [{"name": "app"}, {"name": "monitoring"}]},
    }
    said = mistakes(changed(given, "cluster.machine", {"cpu": "250m", "memory": "12Gi"}))
    assert 'cluster.machine = {"cpu": "250m", "memory": "12Gi"}\n' in said
    assert "      → raise cluster.machine" in said


def test_a_service_with_more_pods_than_its_machines_hold_is_refused() -> None:
    services = config("sesacthon")["services"]
    position = next(number for number, each in enumerate(services) if each["name"] == "scan")
    said = mistakes(changed(config("sesacthon"), f"services.{position}.replicas", {"max": 12}))
    assert "leaves no room for scan in pool scan" in said


def test_a_service_that_is_called_as_a_part_of_the_platform_asks_for_what_is_its_own() -> None:
    large = {"cpu": "100m", "memory": "1Gi"}
    called = SERVICE | {"name": "loki", "replicas": {"max": 1}, "resources": {"requests": large, "limits": large}}
    observability = {"retention": "7d", "logs": {"store": {"kind": "loki"}}}
    found = placed(from_config(LOCAL | {"services": [called], "observability": observability}, "test"))
    asked = {each.namespace: amount.memory for each, amount in found.requests if each.name == "loki"}
    assert asked == {"app": 1024 * MIB, "monitoring": 256 * MIB}


def test_what_names_no_pool_is_refused_where_no_machine_takes_it() -> None:
    large = {"requests": {"cpu": "100m", "memory": "9Gi"}, "limits": {"cpu": "500m", "memory": "9Gi"}}
    ample = {"requests": {"cpu": "99", "memory": "99Gi"}, "limits": {"cpu": "99", "memory": "99Gi"}}
    given = changed(changed(AWS, "services.0.resources", large), "security.namespaces.0.quota", ample)
    said = mistakes(changed(given, "services.0.replicas", {"max": 1}))
    assert "leaves no room for backend in the cluster" in said


def test_a_quota_that_is_too_small_is_told_with_who_asks_for_how_much() -> None:
    quota = {"requests": {"cpu": "500m", "memory": "4Gi"}, "limits": {"cpu": "8", "memory": "8Gi"}}
    said = mistakes(changed(LOCAL, "security.namespaces.0.quota", quota))
    assert 'security.namespaces[0].quota.requests.cpu = "500m"' in said
    # Three of each service and one more while a version replaces another; the pooler and the database beside them.
    assert "backend 4 × 0.1 CPU, frontend 4 × 0.1 CPU, postgres 1 × 0.25 CPU, postgresql 2 × 0.1 CPU" in said


def test_what_runs_beside_kafkas_servers_counts_too() -> None:
    kafka = [each for each in workloads(stack("dev")) if each.name.startswith("kafka-")]
    beside = {"kafka-entity-operator", "kafka-kafka-exporter"}
    assert {each.name for each in kafka} >= {"kafka-brokers", "kafka-controllers", *beside}
    assert sum(each.claims * each.replicas for each in kafka) == 2


def test_volumes_beyond_the_quota_are_refused_with_their_owners() -> None:
    quota = {"persistentVolumeClaims": 0}
    said = mistakes(changed(LOCAL, "security.namespaces.0.quota", quota))
    assert "security.namespaces[0].quota.persistentVolumeClaims = 0" in said
    assert "is less than the 1 volumes in app: postgres 1" in said


def test_an_instance_type_that_there_is_not_is_refused_with_the_nearest() -> None:
    said = mistakes(changed(AWS, "nodePools.0.instanceTypes", ["t3.lagre"]))
    assert 'nodePools[0].instanceTypes[0] = "t3.lagre"' in said
    assert "did you mean t3.large?" in said


def test_a_cluster_that_somebody_else_runs_is_reckoned_with_where_it_says_what_it_has() -> None:
    there = changed(LOCAL, "cluster", {"target": "existing", "context": "here"})
    assert place(from_config(there, "test")) is None
    said = mistakes(changed(there, "cluster.capacity", {"cpu": "1", "memory": "1Gi"}))
    assert "here has 1 CPU, 1.00 Gi" in said


def test_a_laptop_that_is_too_small_is_refused() -> None:
    said = mistakes(changed(LOCAL, "cluster.machine", {"cpu": "2", "memory": "3Gi"}))
    assert "this machine has 2 CPU, 3.00 Gi; less k3s 1531 Mi leaves" in said


@pytest.mark.parametrize("name", stacks())
def test_workloads_have_names_of_their_own(name: str) -> None:
    names = [(each.namespace, each.name) for each in workloads(stack(name))]
    assert len(names) == len(set(names))


def test_every_row_of_the_table_of_instance_types_is_a_machine() -> None:
    assert len(instance_types()) > 1000
    assert all(re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", name) for name in instance_types())
    assert all(each.vcpus and each.mib and each.interfaces and each.addresses for each in instance_types().values())


def test_the_command_prints_quotas_and_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capacity", "sesacthon"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"(?m)^  postgres +1 +0\.3 CPU, 864 Mi +1\.5 CPU, 1\.38 Gi$", said)
    assert re.search(r"(?m)^  quota .* volumes \d+ of \d+$", said)
    assert "t3.small has 2 CPU, 2.00 Gi" in said


def test_prod_has_addresses_for_forty_spot_machines_that_are_all_there() -> None:
    prod = stack("prod")
    assert prod.network is not None
    (holders,) = held_by_tier(prod).values()
    # A machine without pods of services: ten addresses, and its interface's own.
    assert holders["surge"] > 40 * 11
    assert 700 < holders.total() <= offered(prod.network)["app"] == 3 * 251


def test_more_machines_than_a_tier_has_addresses_for_are_refused_with_who_holds_them() -> None:
    text = mistakes(changed(config("prod"), "nodePools.1.size.max", 60))
    assert "nodePools[1].size.max = 60" in text
    assert re.search(r"hold \d+ addresses of tier app, which has 753: surge \d+, core \d+, endpoints 6", text)
    assert "larger networks" in text


def test_only_where_pods_have_addresses_of_the_vpc_are_they_counted() -> None:
    assert held_by_tier(stack("sesacthon")) == held_by_tier(stack("dev")) == {}
