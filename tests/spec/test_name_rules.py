"""Names that leave no room for others, and hosts that two interfaces want."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

EDGE = {"edge": {"zone": "example.com"}}


def test_a_platforms_name_leaves_room_for_the_name_of_its_load_balancer() -> None:
    assert from_config(AWS | EDGE | {"name": "a" * 19}, "test").name == "a" * 19
    said = mistakes(AWS | EDGE | {"name": "a" * 20})
    assert f'name = "{"a" * 20}"' in said
    assert "names of those end at 32" in said
    assert "take 19 characters at most" in said


@pytest.mark.parametrize(("cidrs", "room"), [([], 20), (["203.0.113.0/24"], 17)])
def test_the_load_balancers_of_the_kubernetes_api_have_longer_names(cidrs: list[str], room: int) -> None:
    cluster = {"target": "kubeadm", "controlPlane": {"tier": "app"}, "apiAccessCidrs": cidrs}
    there = changed(AWS, "nodePools.0.size", {"min": 2, "max": 2}) | {"cluster": cluster}
    assert from_config(there | {"name": "a" * room}, "test")
    assert f"take {room} characters at most" in mistakes(there | {"name": "a" * (room + 1)})


def test_a_name_without_a_load_balancer_may_be_longer() -> None:
    assert from_config(LOCAL | {"name": "a" * 40}, "test")


def test_two_interfaces_want_hosts_of_their_own() -> None:
    both = LOCAL | {
        "observability": {"retention": "7d", "grafana": {"host": "ui.local"}},
        "gitops": {"engine": "argocd", "host": "ui.local"},
        "security": {"namespaces": [{"name": "app"}, {"name": "monitoring"}]},
    }
    said = mistakes(both)
    assert 'gitops.host = "ui.local"' in said
    assert "is grafana's already" in said


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"grafana": {"host": "ui.local", "exploreHost": "ui.local"}}, "observability.grafana.exploreHost"),
        ({"grafana": {"host": "ui.local"}, "prometheusHost": "ui.local"}, "observability.prometheusHost"),
    ],
)
def test_every_page_of_the_observability_has_a_host_of_its_own(section: dict[str, Any], path: str) -> None:
    said = mistakes(LOCAL | {"observability": {"retention": "7d", **section}})
    assert f'{path} = "ui.local"\n      is grafana\'s already' in said


ENGINES = {
    "postgres": {"engine": "inCluster", "namespace": "app", "database": "web_shop"},
    "redis": {"engine": "inCluster", "namespace": "app", "stores": [{"name": "cache", "eviction": "allkeys-lru"}]},
    "rabbitmq": {"namespace": "app"},
}


def with_service(name: str, use: str) -> dict[str, Any]:
    return LOCAL | {"data": ENGINES, "services": [{"name": name, "namespace": "app", "port": 8080, "uses": [use]}]}


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("web-shop", "postgres.writer"),
        ("postgres", "postgres.reader"),
        ("default", "redis.cache"),
        ("administrator", "rabbitmq"),
    ],
)
def test_a_service_does_not_sign_in_under_a_name_that_is_taken(name: str, use: str) -> None:
    said = mistakes(with_service(name, use))
    assert f'services[0].name = "{name}"' in said
    assert "has somebody of that name" in said


@pytest.mark.parametrize(("name", "use"), [("web-shop", "redis.cache"), ("administrator", "postgres.writer")])
def test_a_name_that_another_engine_has_taken_is_free(name: str, use: str) -> None:
    assert from_config(with_service(name, use), "test").services[0].name == name
