"""Services that the load balancer reaches itself: bound to their groups, and open to it alone."""

from __future__ import annotations

from components.edge.direct_targets import DirectTargets
from tests.components.around import POLICY, Around, service
from tests.recorder import Recorder, run


def build() -> Recorder:
    def program() -> None:
        around = Around()
        DirectTargets(
            "direct",
            {"queue": "arn:group"},
            [service("queue", port=3012)],
            networks=["10.0.1.0/24"],
            namespaces=around.namespaces,
            binder=None,
            opts=around.common["opts"],
        )

    return run(program)


def test_pods_of_the_service_fill_its_target_group() -> None:
    binding = build().one("kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding")
    assert binding["spec"] == {
        "targetGroupARN": "arn:group",
        "targetType": "ip",
        "serviceRef": {"name": "queue", "port": 3012},
    }
    assert binding["metadata.namespace"] == "shop"


def test_pods_let_the_load_balancer_in_at_their_port() -> None:
    policy = build().one(POLICY, "direct-queue")
    assert policy["spec.podSelector.matchLabels"] == {"app.kubernetes.io/name": "queue"}
    assert policy["spec.ingress"] == [
        {"from": [{"ipBlock": {"cidr": "10.0.1.0/24"}}], "ports": [{"protocol": "TCP", "port": 3012}]}
    ]
    assert policy["spec.policyTypes"] == ["Ingress"]
