"""Mistakes in what a stack file says of user interfaces."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_kafka_rules import KAFKA
from tests.spec.test_mistakes import LOCAL, changed, mistakes

POSTGRES = LOCAL["data"]["postgres"]
BOTH: dict[str, Any] = KAFKA | {
    "data": {
        **KAFKA["data"],
        "postgres": POSTGRES,
        "interfaces": {"kafkaUi": {"host": "kafka-ui.local"}, "pgadmin": {"host": "pgadmin.local"}},
    }
}


def test_interfaces_are_among_the_hosts() -> None:
    platform = from_config(BOTH, "test")
    assert platform.interfaces() == {"kafka-ui": "kafka-ui.local", "pgadmin": "pgadmin.local"}
    assert platform.hosts() == ["kafka-ui.local", "pgadmin.local"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("data.kafka", None, ["data.interfaces.kafkaUi", "has no Kafka to show"]),
        ("data.postgres", None, ["data.interfaces.pgadmin", "has no database in the cluster to show"]),
        (
            "data.interfaces.pgadmin.host",
            "kafka-ui.local",
            ['pgadmin.host = "kafka-ui.local"', "is kafka-ui's already"],
        ),
        ("services.0.routes", [{"host": "pgadmin.local"}], ["services[0].routes[0]", "is pgadmin's already"]),
        (
            "services.0.routes",
            [{"host": "api.local"}, {"host": "pgadmin.local", "path": "/api"}],
            ['services[0].routes[1] = "pgadmin.local/api"', "is pgadmin's already", "the whole of its host"],
        ),
        ("data.interfaces.kafkaUi.host", "kafka", ["data.interfaces.kafkaUi.host"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(path: str, value: Any, expected: list[str]) -> None:
    text = mistakes(changed(BOTH, path, value))
    for words in expected:
        assert words in text
