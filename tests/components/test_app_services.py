"""From what a service says it uses follow its environment, its policies and its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from components.app_services import AppServices, Surroundings, url
from components.data_tier.endpoint import Peer, PostgresEndpoint
from components.node_ports import NodePort
from spec.node_pools import NodePool
from spec.services import Service
from tests.components.around import RELEASE, Around, service
from tests.recorder import Recorder, remembered, run

CHART = Path(__file__).resolve().parents[2] / "charts" / "service"
POOL = NodePool.model_validate(
    {
        "name": "surge",
        "instanceTypes": ["c6i.xlarge"],
        "size": {"min": 0, "max": 4},
        "labels": {"role": "api", "tier": "app"},
        "taints": [{"key": "workload", "value": "surge"}],
    }
)


class AnyEngine:
    """Answers every consumer with an endpoint."""

    address: Any = "db.example.com:5432"

    def endpoint(self, consumer: str) -> PostgresEndpoint:
        return PostgresEndpoint(
            host="db.example.com",
            reader_host=None,
            port=5432,
            database="app",
            user=consumer,
            secret=f"postgres-{consumer}",
            ssl_mode="require",
            peer=Peer(ports=(5432,), cidrs=("10.0.21.0/24",)),
        )


@remembered
def build(*services: Service, scraped: bool = True, preview: bool = False, protect: bool = False) -> Recorder:
    def program() -> None:
        around = Around("shop", "other", scraped=scraped)
        ingress = around.ingress()
        surroundings = Surroundings(
            services,
            ingress,
            {"postgres": AnyEngine()},
            [POOL],
            around.scraping,
            "15s",
            storage_class=around.cluster.storage_class,
            protect=protect,
        )
        AppServices("services", services, surroundings, namespaces=around.namespaces, opts=around.common["opts"])

    return run(program, preview=preview)


def values(*services: Service, **given: Any) -> dict[str, Any]:
    """Return the values of the first of the services."""
    return build(*services, **given).one(RELEASE, services[0].name)["values"]


def environment(found: dict[str, Any]) -> dict[str, str | None]:
    return {variable["name"]: variable.get("value") for variable in found["env"]}


def names(peers: list[dict[str, Any]]) -> list[str]:
    return [next(iter(peer["podSelector"]["matchLabels"].values())) for peer in peers]


@pytest.mark.parametrize("namespace", ["shop", "other"])
def test_a_used_service_is_reached_by_its_address_and_only_on_its_port(namespace: str):
    backend = service("back-end", namespace=namespace, port=4000)
    caller = values(service("web", uses=["back-end"]), backend)
    assert environment(caller)["BACK_END_URL"] == f"http://back-end.{namespace}.svc.cluster.local:4000"
    (egress,) = caller["networkPolicy"]["egress"]
    assert (names(egress["to"]), egress["ports"]) == (["back-end"], [4000])
    selector = egress["to"][0]["namespaceSelector"]["matchLabels"]
    assert selector == {"kubernetes.io/metadata.name": namespace}


def test_the_used_service_lets_its_callers_in_and_nobody_else():
    backend = service("backend", port=4000)
    found = values(backend, service("web", uses=["backend"]), service("stranger", port=8081))
    assert names(found["networkPolicy"]["from"]) == ["web"]


def test_the_address_is_that_of_the_service_that_the_chart_makes():
    backend = service("backend", port=4000)
    assert values(backend)["service"] == {"enabled": True, "port": 4000}
    assert url(backend).endswith(":4000")


def test_the_ingress_controller_comes_in_only_where_there_is_a_route():
    assert names(values(service())["networkPolicy"]["from"]) == []
    routed = values(service(routes=[{"host": "a.example.com"}, {"host": "b.example.com", "path": "/x"}]))
    assert names(routed["networkPolicy"]["from"]) == ["nginx-ingress"]
    assert routed["ingress"]["hosts"] == [
        {"host": "a.example.com", "paths": [{"path": "/", "pathType": "Prefix"}]},
        {"host": "b.example.com", "paths": [{"path": "/x", "pathType": "Prefix"}]},
    ]


def test_the_ingress_is_asked_for_what_the_service_wants_and_nothing_else():
    routes = [{"host": "a.example.com"}]
    plain = values(service("web", routes=routes))["ingress"]
    assert plain.keys() == {"enabled", "className", "annotations", "hosts"}
    traffic = {"websocket": True, "readTimeoutSeconds": 3600, "rateLimit": {"perSecond": 5}}
    asked = values(service("web", routes=routes, traffic=traffic))["ingress"]
    assert {key: asked[key] for key in asked.keys() - plain.keys()} == {
        "websocket": True,
        "readTimeoutSeconds": 3600,
        "rateLimit": {"perSecond": 5, "burst": 0},
    }


def test_a_policy_waits_for_the_controller_whose_kind_it_is():
    routes, traffic = [{"host": "a.example.com"}], {"cors": {"origins": ["https://example.com"]}}
    made = build(service("web", routes=routes, traffic=traffic), service("plain", routes=routes))
    controller = made.one(RELEASE, "ingress").urn
    assert controller in made.one(RELEASE, "web").dependencies
    assert controller not in made.one(RELEASE, "plain").dependencies


def test_a_database_brings_its_environment_its_secret_and_the_way_to_it():
    found = values(service(uses=["postgres.writer"]))
    assert environment(found)["PGHOST"] == "db.example.com"
    password = next(variable for variable in found["env"] if variable["name"] == "PGPASSWORD")
    assert password["valueFrom"]["secretKeyRef"] == {"name": "postgres-web", "key": "password"}
    assert found["networkPolicy"]["egress"] == [{"to": [{"ipBlock": {"cidr": "10.0.21.0/24"}}], "ports": [5432]}]


def test_writing_and_reading_one_database_is_one_endpoint():
    found = values(service(uses=["postgres.writer", "postgres.reader"]))
    assert [variable["name"] for variable in found["env"]].count("PGHOST") == 1
    assert len(found["networkPolicy"]["egress"]) == 1


def in_a_mesh(*services: Service) -> Recorder:
    def program() -> None:
        around = Around("shop", "other")
        mesh = around.mesh("shop", "other")
        surroundings = Surroundings(services, around.gateway(mesh), mesh=mesh)
        AppServices("services", services, surroundings, namespaces=around.namespaces, opts=around.common["opts"])

    return run(program)


def test_in_a_mesh_those_call_by_identity_whom_the_network_policy_lets_in():
    made = in_a_mesh(
        service("web", uses=["backend"], routes=[{"host": "a.example.com"}]),
        service("backend", port=4000, namespace="other"),
        service("stranger", port=8081),
    )
    names_of_services = ("web", "backend", "stranger")
    assert {name: made.one(RELEASE, name)["values.mesh.principals"] for name in names_of_services} == {
        "web": ["cluster.local/ns/ingress/sa/ingress"],
        "backend": ["cluster.local/ns/shop/sa/web"],
        "stranger": [],
    }
    assert names(made.one(RELEASE, "web")["values.networkPolicy.from"]) == ["ingress"]


def test_in_a_mesh_a_pod_reaches_istiod_and_starts_after_it():
    made = in_a_mesh(service())
    (egress,) = made.one(RELEASE, "web")["values.networkPolicy.egress"]
    assert (names(egress["to"]), egress["ports"]) == (["istiod"], [15012])
    assert made.one(RELEASE, "istio").urn in made.one(RELEASE, "web").dependencies


def test_a_service_s_own_settings_win():
    found = values(service(uses=["postgres.writer"], env={"PGHOST": "elsewhere", "PORT": "1"}))
    assert [variable["name"] for variable in found["env"]].count("PGHOST") == 1
    assert environment(found) | {"PGHOST": "elsewhere", "PORT": "1"} == environment(found)


def test_a_worker_has_no_service_but_keeps_its_probes():
    found = values(service(kind="worker"))
    assert found["service"]["enabled"] is False
    assert found["probes"]["liveness"] == {"path": "/healthz"}


def test_a_volume_is_a_claim_of_the_service_s_own_in_the_class_that_holds_data():
    found = values(service(volume={"path": "/data", "size": "1Gi"}, replicas={"max": 1}))
    claim = {"size": "1Gi", "storageClass": "fast", "retain": False}
    assert found["volumes"] == [{"name": "data", "mountPath": "/data", "claim": claim}]
    assert found["replicas"] == {"min": 1, "max": 1}
    assert "volumes" not in values(service())


def test_what_a_protected_platform_keeps_outlives_the_release_and_an_accidental_destroy():
    writes = service("writes", volume={"path": "/data", "size": "1Gi"}, replicas={"max": 1})
    made = build(writes, service("web"), protect=True)
    assert made.one(RELEASE, "writes")["values.volumes"][0]["claim"]["retain"] is True
    assert {name for name in ("writes", "web") if made.one(RELEASE, name).options.get("protect")} == {"writes"}


def test_a_pool_is_selected_and_its_taints_tolerated():
    found = values(service(pool="surge"))
    assert found["nodeSelector"] == {"groundwork/pool": "surge"}
    assert found["tolerations"] == [{"key": "workload", "operator": "Equal", "value": "surge", "effect": "NoSchedule"}]
    assert "nodeSelector" not in values(service())


def test_pods_have_the_labels_of_their_machines():
    assert values(service(pool="surge"))["podLabels"] == {"role": "api", "tier": "app"}
    assert "podLabels" not in values(service())


def test_metrics_are_scraped_where_somebody_scrapes_and_the_service_has_them():
    assert values(service())["metrics"] == {"enabled": True, "path": "/metrics", "interval": "15s"}
    assert values(service(metrics=None))["metrics"] == {"enabled": False}
    unwatched = values(service(), scraped=False)
    assert unwatched["metrics"] == {"enabled": False}
    assert unwatched["networkPolicy"]["metricsFrom"] == []


def test_services_wait_for_what_they_need_and_not_for_each_other():
    made = build(service("web", uses=["backend"]), service("backend", port=4000))
    web, backend = made.one(RELEASE, "web"), made.one(RELEASE, "backend")
    assert backend.urn not in web.dependencies
    assert made.one(RELEASE, "scraping-crds").urn in web.dependencies


def test_a_changed_template_is_installed_although_no_value_changed():
    assert len(values(service())["chartDigest"]) == 16


def test_a_preview_knows_everything_that_does_not_come_from_elsewhere():
    previewed = values(service(uses=["backend"]), service("backend", port=4000), preview=True)
    assert environment(previewed)["BACKEND_URL"] == "http://backend.shop.svc.cluster.local:4000"


def test_the_chart_accepts_everything_that_it_is_told():
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    everything = service(
        uses=["postgres.writer", "backend"],
        routes=[{"host": "a.example.com"}],
        traffic={"rateLimit": {"perSecond": 5}, "cors": {"origins": ["https://a.io"]}, "maxBodySize": "8m"},
        pool="surge",
        image={"repository": "ghcr.io/a/b", "tag": "1", "command": ["./a"], "args": ["-b"]},
        volume={"path": "/data", "size": "1Gi"},
    )
    for found in (values(everything, service("backend", port=4000)), values(service(kind="worker"))):
        whole = {key: found.get(key, default) for key, default in defaults.items()}
        whole |= {
            key: {**default, **found[key]} for key, default in defaults.items() if isinstance(found.get(key), dict)
        }
        assert [error.message for error in Draft7Validator(schema).iter_errors(whole)] == []
        assert found.keys() <= defaults.keys()


def test_a_service_at_a_node_port_is_the_load_balancers_and_not_the_ingress_controllers():
    def program() -> None:
        around = Around("shop")
        peer = Peer(ports=(8080,), cidrs=("10.0.0.0/16",))
        services = [service("web", routes=[{"host": "a.example.com"}])]
        reached = {"web": NodePort(30000, "arn:group", peer)}
        surroundings = Surroundings(services, around.ingress(), node_ports=reached)
        AppServices("services", services, surroundings, namespaces=around.namespaces, opts=around.common["opts"])

    found = run(program).one(RELEASE, "web")["values"]
    assert found["service"] == {
        "enabled": True,
        "port": 8080,
        "type": "NodePort",
        "nodePort": 30000,
        "externalTrafficPolicy": "Local",
    }
    assert found["ingress"] == {"enabled": False}
    assert found["networkPolicy"]["from"] == [{"ipBlock": {"cidr": "10.0.0.0/16"}}]
