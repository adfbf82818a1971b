"""User interfaces of the data tier: what they are to the engines, and the components that are them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.data_tier.endpoint import ADMINISTRATOR, Consumer, Engine, PostgresEndpoint
from components.data_tier.kafka_client import KafkaEndpoint
from components.http_ingress import HttpIngress
from components.namespaces import Namespaces
from components.user_interfaces import kafka_ui, pgadmin
from components.user_interfaces.kafka_ui import KafkaUi
from components.user_interfaces.pgadmin import Pgadmin
from spec.platform import Platform
from spec.postgres import InClusterPostgres
from stacks.common import without


def administrators(spec: Platform, engine: str, namespaces: Namespaces) -> list[Consumer]:
    """Return the user interfaces of an engine, as it has them among its consumers: they live where it does."""
    postgres, kafka, ui = spec.data.postgres, spec.data.kafka, spec.data.interfaces
    lives: dict[str, dict[str, str]] = {"postgres": {}, "kafka": {}}
    if ui.pgadmin and isinstance(postgres, InClusterPostgres):
        lives["postgres"][pgadmin.NAME] = postgres.namespace
    if ui.kafka_ui and kafka:
        lives["kafka"][kafka_ui.NAME] = kafka.namespace
    return [
        Consumer(name, namespaces.ensure(namespace), frozenset({ADMINISTRATOR}))
        for name, namespace in lives[engine].items()
    ]


def interfaces(spec: Platform, engines: Mapping[str, Engine], ingress: HttpIngress, common: Any) -> None:
    """Make the user interfaces that ``spec`` asks for, and export what people sign in to them with."""
    postgres, kafka, ui = spec.data.postgres, spec.data.kafka, spec.data.interfaces
    parts = without(common, "scraping", "namespaces")
    ensure = common["namespaces"].ensure
    if ui.kafka_ui and kafka:
        endpoint = engines["kafka"].endpoint(kafka_ui.NAME)
        assert isinstance(endpoint, KafkaEndpoint)
        here = {"namespace": ensure(kafka.namespace), "pool": kafka.pool, "ingress": ingress}
        made = KafkaUi(kafka_ui.NAME, ui.kafka_ui, endpoint, **here, **parts)
        pulumi.export("kafkaUiPassword", pulumi.Output.secret(made.password))
    if ui.pgadmin and isinstance(postgres, InClusterPostgres):
        endpoint = engines["postgres"].endpoint(pgadmin.NAME)
        assert isinstance(endpoint, PostgresEndpoint)
        here = {"namespace": ensure(postgres.namespace), "pool": postgres.pool, "ingress": ingress}
        made = Pgadmin(pgadmin.NAME, ui.pgadmin, endpoint, **here, **parts)
        pulumi.export("pgadminPassword", pulumi.Output.secret(made.password))
