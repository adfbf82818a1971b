"""The evaluator that the reachability tables rest on, against what Kubernetes documents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reachability.policies import End, Outside, Pod, Policies

WEB = Pod("web", "shop", {"app": "web"}, {"http": 8080})
DB = Pod("db", "data", {"app": "db", "tier": "data"}, {"sql": 5432})
STRANGER = Pod("stranger", "elsewhere", {})
CLIENT = Outside("client", "203.0.113.9")
NAMESPACES = {"shop": {"team": "a"}, "data": {}, "elsewhere": {}}


def policy(namespace: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "name": "p"}, "spec": {"podSelector": {}, **spec}}


def ingress(*rules: Any, **spec: Any) -> dict[str, Any]:
    return policy("data", policyTypes=["Ingress"], ingress=list(rules), **spec)


def egress(*rules: Any) -> dict[str, Any]:
    return policy("shop", policyTypes=["Egress"], egress=list(rules))


FROM_SHOP = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}
WEB_HERE = {"podSelector": {"matchLabels": {"app": "web"}}}


@pytest.mark.parametrize(
    ("policies", "source", "target", "port", "allowed"),
    [
        pytest.param([], STRANGER, DB, 5432, True, id="nobody is isolated without a policy"),
        pytest.param([ingress()], WEB, DB, 5432, False, id="no rule allows nothing"),
        pytest.param([ingress()], DB, CLIENT, 443, True, id="one direction says nothing of the other"),
        pytest.param([ingress({})], CLIENT, DB, 5432, True, id="an empty rule allows all"),
        pytest.param([policy("data")], WEB, DB, 5432, False, id="ingress is meant where no type is given"),
        pytest.param([policy("data")], DB, WEB, 8080, True, id="and egress only with a rule of it"),
        pytest.param([policy("shop", egress=[])], WEB, DB, 5432, True, id="an empty list is no rule"),
        pytest.param([ingress({"from": [FROM_SHOP]})], WEB, DB, 1, True, id="a namespace by its name"),
        pytest.param([ingress({"from": [FROM_SHOP]})], STRANGER, DB, 1, False, id="and no other"),
        pytest.param([ingress({"from": [WEB_HERE]})], WEB, DB, 1, False, id="a pod selector alone means here"),
        pytest.param([ingress({"from": [FROM_SHOP | WEB_HERE]})], WEB, DB, 1, True, id="both in one peer: and"),
        pytest.param(
            [ingress({"from": [{"namespaceSelector": {}, **WEB_HERE}]})], STRANGER, DB, 1, False, id="any namespace"
        ),
        pytest.param([ingress({"from": [WEB_HERE, FROM_SHOP]})], WEB, DB, 1, True, id="peers of a list: or"),
        pytest.param([ingress({"from": [{"namespaceSelector": {}}]})], CLIENT, DB, 1, False, id="clients are no pods"),
        pytest.param([ingress({"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]})], CLIENT, DB, 1, True, id="block"),
        pytest.param(
            [ingress({"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["203.0.113.0/28"]}}]})],
            CLIENT,
            DB,
            1,
            False,
            id="but not its exception",
        ),
        pytest.param([ingress({"ports": [{"port": 5432}]})], WEB, DB, 5432, True, id="a port"),
        pytest.param([ingress({"ports": [{"port": 5432}]})], WEB, DB, 5433, False, id="and no other port"),
        pytest.param([ingress({"ports": [{"port": 5432, "protocol": "UDP"}]})], WEB, DB, 5432, False, id="protocol"),
        pytest.param([ingress({"ports": [{"port": "sql"}]})], WEB, DB, 5432, True, id="a port by the target's name"),
        pytest.param([ingress({"ports": [{"port": 5000, "endPort": 6000}]})], WEB, DB, 5432, True, id="a range"),
        pytest.param([ingress(), ingress({"from": [FROM_SHOP]})], WEB, DB, 1, True, id="policies add up"),
        pytest.param([ingress({}), egress()], WEB, DB, 5432, False, id="both ends have to agree"),
        pytest.param([egress({"ports": [{"port": "sql"}]})], WEB, DB, 5432, True, id="egress knows the target's names"),
        pytest.param(
            [ingress(podSelector={"matchLabels": {"app": "other"}})],
            WEB,
            DB,
            5432,
            True,
            id="not selected: not isolated",
        ),
        pytest.param(
            [ingress(podSelector={"matchExpressions": [{"key": "tier", "operator": "In", "values": ["data"]}]})],
            WEB,
            DB,
            5432,
            False,
            id="expressions select too",
        ),
    ],
)
def test_a_connection_is_allowed_as_kubernetes_says(
    policies: list[Any], source: End, target: End, port: int, allowed: bool
) -> None:
    assert Policies(policies, NAMESPACES).allow(source, target, port) == allowed


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [("In", ["a"], True), ("NotIn", ["a"], False), ("Exists", None, True), ("DoesNotExist", None, False)],
)
def test_every_operator_of_a_selector_is_understood(operator: str, values: Any, selected: bool) -> None:
    selector = {"matchExpressions": [{"key": "team", "operator": operator, "values": values}]}
    policies = Policies([ingress({"from": [{"namespaceSelector": selector}]})], NAMESPACES)
    assert policies.allow(WEB, DB, 5432) is selected
