"""RabbitMQ in the cluster: users that may do what they declared, on nodes that share a fate as little as they can."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from components.data_tier.endpoint import consumers
from components.data_tier.rabbitmq import RabbitMq, definitions, password_hash
from spec.node_pools import NodePool
from spec.rabbitmq import RabbitMq as Spec
from tests.components.around import POLICY, RELEASE, SECRET, Around, service
from tests.recorder import Recorder, remembered, run

CLUSTER = "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster"
SCAN = service("scan", uses=["rabbitmq.publisher"])
AI = service("ai", namespace="other", uses=["rabbitmq.consumer"])
LABELS = {"role": "infra", "service": "rabbitmq"}
POOL = NodePool.model_validate(
    {"name": "rabbitmq", "instanceTypes": ["t3.small"], "size": {"min": 1, "max": 1}, "labels": LABELS}
)
SALTS = {"random:index/randomId:RandomId": lambda each: {"hex": "908dc60a"}}

endpoints: dict[str, Any] = {}


@remembered
def build(*services: Any, protect: bool = False, scraped: bool = True, **fields: Any) -> Recorder:
    def program() -> None:
        around = Around("shop", "other", "infra", scraped=scraped)
        users = consumers(services, "rabbitmq", around.namespaces.ensure)
        made = RabbitMq(
            "rabbitmq",
            Spec.model_validate(fields),
            users,
            cluster=around.cluster,
            pools=[POOL],
            protect=protect,
            **around.common,
        )
        endpoints.update({user.name: made.endpoint(user.name) for user in users})

    return run(program, outputs=SALTS)


def pod(made: Recorder) -> dict[str, Any]:
    return made.one(CLUSTER)["spec.override.statefulSet.spec.template.spec"]


def test_a_password_is_hashed_as_rabbitmq_documents_it() -> None:
    # The example of https://www.rabbitmq.com/docs/passwords#computing-password-hash
    assert password_hash("test12", bytes.fromhex("908DC60A")) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_who_publishes_reads_nothing_and_nobody_but_the_administrator_has_a_tag() -> None:
    users = {"scan": frozenset({"publisher"}), "ai": frozenset({"consumer"})}
    said = json.loads(definitions(users, {"administrator": "a", "scan": "b", "ai": "c"}))
    assert {each["user"]: each["read"] for each in said["permissions"]} == {
        "administrator": ".*",
        "ai": ".*",
        "scan": "^$",
    }
    assert {each["name"]: each["tags"] for each in said["users"]} == {
        "administrator": ["administrator"],
        "ai": [],
        "scan": [],
    }
    assert said["vhosts"] == [{"name": "/"}]


def test_nodes_load_users_by_hash_from_a_secret_that_is_another_one_when_they_change() -> None:
    made = build(SCAN)
    secret = made.one(SECRET, "rabbitmq-definitions")
    assert secret["immutable"] is True
    assert "name" not in secret["metadata"]
    text = secret["stringData"]["definitions.json"]
    assert "generated-" not in text
    salt = bytes.fromhex("908dc60a")
    hashed = base64.b64encode(salt + hashlib.sha256(salt + b"generated-rabbitmq-scan").digest()).decode()
    assert hashed in text
    assert pod(made)["volumes"][0]["secret"]["secretName"].startswith("rabbitmq-definitions-")
    mount = pod(made)["containers"][0]["volumeMounts"][0]["mountPath"]
    assert f"load_definitions = {mount}/definitions.json\n" in made.one(CLUSTER)["spec.rabbitmq.additionalConfig"]


def test_passwords_are_secret_wherever_they_go() -> None:
    made = build(SCAN, AI)
    for each in made.all(SECRET):
        assert "stringData" in each.secrets or any(path.startswith("stringData.") for path in each.secrets)
    assert not any("generated-" in str(each.inputs) for each in made if each.type != SECRET)


def test_the_login_lies_in_the_consumers_namespace_with_a_url() -> None:
    login = build(AI).one(SECRET, "rabbitmq-ai-login")
    assert login["metadata.namespace"] == "other"
    assert login["stringData.url"] == ("amqp://ai:generated-rabbitmq-ai@rabbitmq.infra.svc.cluster.local:5672/%2F")


def test_one_node_stands_anywhere_and_three_stand_apart() -> None:
    assert build().one(CLUSTER)["spec.affinity"] == {}
    three = build(nodes=3).one(CLUSTER)
    assert three["spec.replicas"] == 3
    rule = three["spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0"]
    assert rule["topologyKey"] == "kubernetes.io/hostname"


@pytest.mark.parametrize(("nodes", "members"), [(1, None), (3, "3"), (5, "3")])
def test_queues_that_are_there_get_members_on_nodes_that_come(nodes: int, members: str | None) -> None:
    lines = build(nodes=nodes).one(CLUSTER)["spec.rabbitmq.additionalConfig"].splitlines()
    told = dict(line.split(" = ") for line in lines)
    reconciled = "quorum_queue.continuous_membership_reconciliation"
    assert told.get(f"{reconciled}.enabled") == ("true" if members else None)
    assert told.get(f"{reconciled}.target_group_size") == members


def test_the_broker_and_its_operator_run_on_their_pool_with_limits_on_every_container() -> None:
    made = build(pool="rabbitmq")
    operator = made.one(RELEASE, "rabbitmq-operator")["values.clusterOperator"]
    assert pod(made)["nodeSelector"] == operator["nodeSelector"] == {"groundwork/pool": "rabbitmq"}
    for resources in (
        operator["resources"],
        pod(made)["initContainers"][0]["resources"],
        made.one(CLUSTER)["spec.resources"],
    ):
        assert set(resources) >= {"requests", "limits"}


def test_the_broker_and_its_operator_have_the_labels_of_their_machines() -> None:
    made = build(pool="rabbitmq")
    assert made.one(RELEASE, "rabbitmq-operator")["values.clusterOperator.podLabels"] == LABELS
    assert made.one(CLUSTER)["spec.override.statefulSet.spec.template.metadata.labels"] == LABELS
    assert "metadata" not in build().one(CLUSTER)["spec.override.statefulSet.spec.template"]


def test_a_node_leaves_in_minutes_not_in_the_operators_week() -> None:
    assert build().one(CLUSTER)["spec.terminationGracePeriodSeconds"] <= 300


@pytest.mark.parametrize("nodes", [1, 3])
def test_consumers_reach_amqp_nodes_each_other_and_prometheus_the_metrics(nodes: int) -> None:
    policy = build(SCAN, AI, nodes=nodes).one(POLICY, "rabbitmq")
    ports = [[port["port"] for port in rule["ports"]] for rule in policy["spec.ingress"]]
    assert ports == [[4369, 25672], [5672], [15692]]
    amqp = policy["spec.ingress.1.from"]
    assert {peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in amqp} == {"scan", "ai"}


def test_prometheus_reaches_the_operator_and_is_told_of_it_where_there_is_one() -> None:
    made = build()
    operator = made.one(RELEASE, "rabbitmq-operator")
    assert operator["values.clusterOperator.metrics"] == {"podMonitor": {"enabled": True}}
    assert made.one(RELEASE, "scraping-crds").urn in operator.dependencies
    (rule,) = made.one(POLICY, "rabbitmq-operator")["spec.ingress"]
    assert [port["port"] for port in rule["ports"]] == [9782]
    alone = build(scraped=False)
    assert "metrics" not in alone.one(RELEASE, "rabbitmq-operator")["values.clusterOperator"]
    assert alone.one(POLICY, "rabbitmq-operator")["spec.ingress"] == []


def test_the_operator_comes_first_and_the_data_is_protected() -> None:
    made = build(protect=True)
    cluster = made.one(CLUSTER)
    assert made.one(RELEASE, "rabbitmq-operator").urn in cluster.dependencies
    assert cluster.options["protect"] is True
