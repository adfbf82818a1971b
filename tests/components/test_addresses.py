"""What a repository can't know of the engines is kept in the cluster, and no secret with it."""

from __future__ import annotations

from components.addresses import Addresses, config_map
from components.app_services import Surroundings
from tests.components.around import Around, service
from tests.components.test_app_services import AnyEngine
from tests.recorder import Recorder, run

MAP = "kubernetes:core/v1:ConfigMap"


def build() -> Recorder:
    def program() -> None:
        around = Around("shop")
        services = [service("web", uses=["postgres.writer"]), service("static", port=8081)]
        surroundings = Surroundings(services, around.ingress(), {"postgres": AnyEngine()})
        Addresses("addresses", surroundings, namespaces=around.namespaces, opts=around.common["opts"])

    return run(program)


def test_a_service_finds_its_engine_by_what_is_written_there():
    found = build().one(MAP, "addresses-web")
    assert found["metadata"] == {"name": config_map("web"), "namespace": "shop"}
    assert found["data"] == {
        "PGHOST": "db.example.com",
        "PGPORT": "5432",
        "PGDATABASE": "app",
        "PGUSER": "web",
        "PGSSLMODE": "require",
    }


def test_a_service_without_engines_has_nothing_written_down():
    assert [each.name for each in build().all(MAP) if each.name.startswith("addresses-")] == ["addresses-web"]
