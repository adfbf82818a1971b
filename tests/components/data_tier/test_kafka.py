"""Kafka in the cluster: brokers where clients look for them, and a user with rights of its own for every client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pytest
import yaml

from components.data_tier.endpoint import ADMINISTRATOR, Consumer, consumers
from components.data_tier.kafka import InClusterKafka
from components.data_tier.kafka_client import KafkaClient, KafkaEndpoint
from spec.kafka import InClusterKafka as Spec
from spec.node_pools import NodePool
from spec.services import Service
from tests.components.around import POLICY, RELEASE, SECRET, Around, service
from tests.recorder import Recorder, Registered, run

KRAFT, ZOOKEEPER = "kubernetes:kafka.strimzi.io/v1", "kubernetes:kafka.strimzi.io/v1beta2"
BACKEND = service("backend", uses=["kafka"])
TOPICS = [{"name": "orders"}, {"name": "audit", "partitions": 1, "retention": "30d"}]
BATCH = {"name": "batch", "namespace": "other", "consumes": ["orders"]}


def build(*services: Service, pools: Sequence[NodePool] = (), protect: bool = False, **fields: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "other", "infra")
        users = consumers(services, "kafka", around.namespaces.ensure)
        spec = Spec.model_validate({"engine": "inCluster", "topics": TOPICS, **fields})
        here = {"cluster": around.cluster, "pools": pools, "protect": protect}
        kafka = InClusterKafka("kafka", spec, users, **here, **around.common)
        endpoints.update({user.name: kafka.endpoint(user.name) for user in users})
        kafka.address.apply(lambda address: addresses.append(address))

    endpoints.clear()
    addresses.clear()
    return run(program)


endpoints: dict[str, KafkaEndpoint] = {}
addresses: list[str] = []


def kafka(made: Recorder, api: str = KRAFT) -> Registered:
    return made.one(f"{api}:Kafka")


def node_pools(made: Recorder, api: str = KRAFT) -> dict[str, Registered]:
    return {each["metadata.name"]: each for each in made.all(f"{api}:KafkaNodePool")}


def test_clients_find_brokers_behind_a_service_called_kafka_without_an_address_of_its_own():
    made = build(BACKEND)
    service = made.one("kubernetes:core/v1:Service")
    assert addresses == ["kafka.infra.svc.cluster.local:9092"]
    assert (service["metadata.name"], service["spec.clusterIP"]) == ("kafka", "None")
    assert service["spec.selector"] == {"strimzi.io/cluster": "kafka", "strimzi.io/pool-name": "brokers"}


def test_brokers_name_themselves_so_that_every_namespace_finds_them():
    (listener,) = kafka(build())["spec.kafka.listeners"]
    assert (listener["type"], listener["port"]) == ("internal", 9092)
    assert listener["configuration"] == {"useServiceDnsDomain": True}


def test_metadata_and_messages_are_on_volumes_of_their_own():
    found = node_pools(build(storage="20Gi", metadataStorage="3Gi"))
    sizes = {name: (each["spec.roles"], each["spec.storage.volumes.0.size"]) for name, each in found.items()}
    assert sizes == {"brokers": (["broker"], "20Gi"), "controllers": (["controller"], "3Gi")}
    assert all(each["spec.storage.volumes.0.class"] == "fast" for each in found.values())


def test_zookeeper_is_an_older_operator_and_takes_the_controllers_place():
    made = build(BACKEND, metadata="zookeeper", controllers=3)
    assert (made.one(RELEASE, "kafka-operator")["chart"], made.one(RELEASE, "kafka-operator")["version"]) == (
        "oci://quay.io/strimzi-helm/strimzi-kafka-operator",
        "0.45.2",
    )
    assert list(node_pools(made, ZOOKEEPER)) == ["brokers"]
    servers = kafka(made, ZOOKEEPER)["spec.zookeeper"]
    assert (servers["replicas"], servers["storage"]["size"]) == (3, "2Gi")
    assert kafka(made, ZOOKEEPER)["metadata.annotations"]["strimzi.io/node-pools"] == "enabled"
    assert made.one(f"{ZOOKEEPER}:KafkaUser")["metadata.name"] == "backend"
    assert not [each for each in made if each.type.startswith(f"{KRAFT}:")]


@pytest.mark.parametrize(("brokers", "copies", "in_sync"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (5, 3, 2)])
def test_copies_follow_the_number_of_brokers(brokers: int, copies: int, in_sync: int):
    made = build(brokers=brokers)
    settings = kafka(made)["spec.kafka.config"]
    factors = {value for key, value in settings.items() if key.endswith("replication.factor")}
    minima = {value for key, value in settings.items() if key.endswith((".min.isr", "insync.replicas"))}
    assert (factors, minima) == ({copies}, {in_sync})
    assert {each["spec.replicas"] for each in made.all(f"{KRAFT}:KafkaTopic")} == {copies}


def test_servers_of_a_pool_are_on_nodes_of_their_own():
    found = node_pools(build(brokers=3))["brokers"]
    (term,) = found["spec.template.pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"]["matchLabels"]["strimzi.io/pool-name"] == "brokers"


def test_everything_is_on_the_node_pool_that_is_asked_for():
    pool = NodePool.model_validate(
        {
            "name": "data",
            "instanceTypes": ["t3.large"],
            "size": {"min": 1, "max": 1},
            "labels": {"tier": "data"},
            "taints": [{"key": "role", "value": "data", "effect": "NoSchedule"}],
        }
    )
    made = build(pools=[pool], pool="data")
    templates = [each["spec.template.pod"] for each in node_pools(made).values()]
    templates += [kafka(made)[f"spec.{part}.template.pod"] for part in ("entityOperator", "kafkaExporter")]
    for each in templates:
        (term,) = each["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
            "nodeSelectorTerms"
        ]
        assert term["matchExpressions"] == [{"key": "groundwork/pool", "operator": "In", "values": ["data"]}]
        assert [toleration["key"] for toleration in each["tolerations"]] == ["role"]
        assert each["metadata"] == {"labels": {"tier": "data"}}


def test_partitions_are_moved_by_cruise_control_where_there_are_brokers_to_move_them_between():
    assert "cruiseControl" not in kafka(build())["spec"]
    assert [mode["mode"] for mode in kafka(build(brokers=3))["spec.cruiseControl.autoRebalance"]] == [
        "add-brokers",
        "remove-brokers",
    ]
    older = kafka(build(brokers=3, metadata="zookeeper"), ZOOKEEPER)
    assert "autoRebalance" not in older["spec.cruiseControl"]


def test_every_container_has_requests_and_limits_and_heaps_leave_room():
    made = build(brokers=3)
    spec = kafka(made)["spec"]
    found = [each["spec"] for each in node_pools(made).values()]
    found += [spec["entityOperator"]["topicOperator"], spec["entityOperator"]["userOperator"], spec["cruiseControl"]]
    for each in [*found, spec["kafkaExporter"]]:
        assert {*each["resources"]} == {"requests", "limits"}
    for each in found:
        heap, limit = each["jvmOptions"]["-Xmx"], each["resources"]["limits"]["memory"]
        memory = int(limit[:-2]) * (1024 if limit.endswith("Gi") else 1)
        assert int(heap.removesuffix("m")) <= memory / 2


def test_topics_are_those_that_are_declared_and_no_others():
    made = build()
    found = {each["metadata.name"]: each["spec"] for each in made.all(f"{KRAFT}:KafkaTopic")}
    assert found["orders"] == {"partitions": 3, "replicas": 1, "config": {}}
    assert found["audit"] == {"partitions": 1, "replicas": 1, "config": {"retention.ms": str(30 * 86400 * 1000)}}
    assert kafka(made)["spec.kafka.config"]["auto.create.topics.enable"] is False


def rights(made: Recorder, user: str) -> set[tuple[str, str, str, str]]:
    acls = made.one(f"{KRAFT}:KafkaUser", f"kafka-{user}")["spec.authorization.acls"]
    return {
        (acl["resource"]["type"], acl["resource"]["name"], acl["resource"]["patternType"], operation)
        for acl in acls
        for operation in acl["operations"]
        if operation != "Describe"
    }


def test_a_service_reads_and_writes_every_topic_in_groups_of_its_own():
    assert rights(build(BACKEND), "backend") == {
        ("topic", "orders", "literal", "Read"),
        ("topic", "orders", "literal", "Write"),
        ("topic", "audit", "literal", "Read"),
        ("topic", "audit", "literal", "Write"),
        ("group", "backend", "prefix", "Read"),
        ("transactionalId", "backend", "prefix", "Write"),
    }


def test_a_user_does_what_its_line_says():
    assert rights(build(users=[BATCH]), "batch") == {
        ("topic", "orders", "literal", "Read"),
        ("group", "batch", "prefix", "Read"),
    }


def test_an_administrator_does_everything_with_topics_and_groups_and_changes_nothing_of_the_cluster():
    administrator = Consumer("ui", "infra", frozenset({ADMINISTRATOR}))
    found = {acl["resource"]["type"]: acl for acl in KafkaClient.of_service(administrator, ["orders"]).rights()}
    assert {kind: acl["operations"] for kind, acl in found.items()} == {
        "topic": ["All"],
        "group": ["All"],
        "transactionalId": ["All"],
        "cluster": ["Describe", "DescribeConfigs"],
    }
    assert found["topic"]["resource"]["name"] == "*"


def test_a_client_s_login_is_in_its_namespace_and_its_password_secret_everywhere():
    made = build(BACKEND, users=[BATCH])
    secrets = {(each["metadata.namespace"], each["metadata.name"]): each for each in made.all(SECRET)}
    assert {("shop", "kafka-backend"), ("other", "kafka-batch")} < secrets.keys()
    assert len({each["stringData.password"] for each in secrets.values()}) == 2
    assert all("stringData.password" in each.secrets or "stringData" in each.secrets for each in secrets.values())
    assert not any("generated-" in str(each.inputs) for each in made if each.type != SECRET)
    user = made.one(f"{KRAFT}:KafkaUser", "kafka-backend")
    reference = user["spec.authentication.password.valueFrom.secretKeyRef"]
    assert secrets["infra", reference["name"]]["stringData"].keys() == {reference["key"]}


def test_a_consumer_is_told_where_kafka_is_and_who_it_is():
    build(BACKEND)
    found = {each["name"]: each for each in endpoints["backend"].environment()}
    assert found["KAFKA_SECURITY_PROTOCOL"]["value"] == "SASL_PLAINTEXT"
    assert found["KAFKA_SASL_MECHANISM"]["value"] == "SCRAM-SHA-512"
    assert found["KAFKA_SASL_USERNAME"]["value"] == found["KAFKA_GROUP_ID"]["value"] == "backend"
    assert "valueFrom" in found["KAFKA_SASL_PASSWORD"]
    assert isinstance(found["KAFKA_BOOTSTRAP_SERVERS"]["value"], pulumi.Output)


def ports(made: Recorder, policy: str, direction: str) -> dict[int, int]:
    """How many peers each port has in a policy."""
    rules = made.one(POLICY, policy)[f"spec.{direction}"]
    ends = "from" if direction == "ingress" else "to"
    return {port["port"]: len(rule.get(ends, ())) for rule in rules for port in rule.get("ports", ())}


def test_only_clients_reach_the_listener():
    made = build(BACKEND, users=[BATCH])
    (rule,) = made.one(POLICY, "kafka-traffic-clients")["spec.ingress"]
    assert [port["port"] for port in rule["ports"]] == [9092]
    names = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]]
    assert names == ["backend", "batch"]
    assert build().one(POLICY, "kafka-traffic-clients")["spec.ingress"] == []


def test_a_user_s_pods_are_let_out_to_the_brokers():
    found = build(users=[BATCH]).one(POLICY, "kafka-batch-out")
    assert found["metadata.namespace"] == "other"
    assert found["spec.podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "batch"}}
    assert [port["port"] for port in found["spec.egress"][0]["ports"]] == [9092]


def test_what_is_behind_the_listener_is_for_strimzi_and_prometheus():
    made = build(brokers=3)
    assert ports(made, "kafka-traffic-servers", "ingress") == {9090: 2, 9091: 5, 8443: 1, 9404: 1}
    assert ports(made, "kafka-traffic-exporter", "ingress") == {9404: 1}
    assert ports(made, "kafka-traffic-rebalancer", "ingress") == {9090: 2}
    assert ports(made, "kafka-traffic-entities", "ingress") == {8080: 1, 8081: 1}
    assert ports(made, "kafka-traffic-operator", "ingress") == {8080: 1}
    assert made.one(RELEASE, "kafka-operator")["values.generateNetworkPolicy"] is False
    with_zookeeper = build(metadata="zookeeper")
    assert ports(with_zookeeper, "kafka-traffic-zookeeper", "ingress") == {2181: 4, 2888: 1, 3888: 1}


def test_what_the_operator_makes_is_as_restricted_as_its_namespace():
    values = build().one(RELEASE, "kafka-operator")["values"]
    assert {"name": "STRIMZI_POD_SECURITY_PROVIDER_CLASS", "value": "restricted"} in values["extraEnvs"]
    assert values["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_what_holds_data_is_protected_and_its_volumes_stay_where_the_platform_asks_for_it():
    for protect in (True, False):
        made = build(protect=protect)
        kept = [kafka(made), *node_pools(made).values(), *made.all(f"{KRAFT}:KafkaTopic")]
        assert {each.urn for each in made if each.options.get("protect")} == (
            {each.urn for each in kept} if protect else set()
        )
        volumes = [each["spec.storage.volumes.0.deleteClaim"] for each in node_pools(made).values()]
        assert set(volumes) == {not protect}


def test_each_thing_waits_for_what_has_to_be_there_first():
    made = build(BACKEND)
    operator, cluster = made.one(RELEASE, "kafka-operator"), kafka(made)
    for pool in node_pools(made).values():
        assert operator.urn in pool.dependencies
        assert pool.urn in cluster.dependencies
    for each in [*made.all(f"{KRAFT}:KafkaTopic"), *made.all(f"{KRAFT}:KafkaUser")]:
        assert cluster.urn in each.dependencies
        assert each["metadata.annotations"]["pulumi.com/waitFor"] == "condition=Ready"


def test_prometheus_finds_servers_and_exporter_by_one_port_name_and_operators_by_theirs():
    made = build()
    monitor = made.one("kubernetes:monitoring.coreos.com/v1:PodMonitor", "kafka-monitor")
    assert monitor["spec"] == {
        "selector": {"matchLabels": {"strimzi.io/cluster": "kafka"}},
        "podMetricsEndpoints": [{"port": "tcp-prometheus"}, {"port": "healthcheck"}],
    }
    operator = made.one("kubernetes:monitoring.coreos.com/v1:PodMonitor", "kafka-operator-monitor")
    assert operator["metadata"]["namespace"] == "strimzi"
    assert operator["spec"] == {
        "selector": {"matchLabels": {"strimzi.io/kind": "cluster-operator"}},
        "podMetricsEndpoints": [{"port": "http"}],
    }
    metrics = made.one("kubernetes:core/v1:ConfigMap", "kafka-metrics")
    reference = kafka(made)["spec.kafka.metricsConfig.valueFrom.configMapKeyRef"]
    names = {rule["name"] for rule in yaml.safe_load(metrics["data"][reference["key"]])["rules"]}
    assert {"kafka_server_brokertopicmetrics_$1_total", "kafka_log_log_size"} <= names


def test_an_up_that_changes_nothing_finds_nothing_to_change():
    made = build(BACKEND)
    assert all("annotations" not in each["metadata"] for each in node_pools(made).values())
    assert "labels" not in kafka(made)["metadata"]
