"""Mistakes in what a stack file says of logs and traces."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

OUTSIDE = {"kind": "externalLoki", "url": "https://logs.example.com"}
SEARCH = {
    "kind": "externalElasticsearch",
    "url": "https://es.example.com:9200",
    "credentials": {"existingSecret": "es"},
    "caCertificate": "system",
}


def with_logs(base: dict[str, Any], **logs: Any) -> dict[str, Any]:
    return base | {"observability": {"retention": "7d", "logs": {"store": {"kind": "loki"}, **logs}}}


@pytest.mark.parametrize("collector", ["alloy", "promtail"])
def test_a_collector_that_can_t_write_to_the_store_is_refused_with_one_that_can(collector: str) -> None:
    text = mistakes(with_logs(LOCAL, collector=collector, store=SEARCH))
    assert f'observability.logs.collector = "{collector}"' in text
    assert "can't write to externalElasticsearch" in text
    assert "take fluent-bit" in text


@pytest.mark.parametrize(
    ("base", "path", "value", "expected"),
    [
        (LOCAL, "collector", "logstash", ["observability.logs.collector", "is not a choice"]),
        (LOCAL, "store.kind", "lokki", ["observability.logs.store.kind", "did you mean loki?"]),
        (LOCAL, "store.retention", "12h", ['store.retention = "12h"', "whole days"]),
        (LOCAL, "store.pool", "big", ['observability.logs.store.pool = "big"', "is not declared"]),
        (LOCAL, "store.chunks", "bucket", ['store.chunks = "bucket"', "can't be had on k3d", "take volume"]),
        (LOCAL, "apiServerAudit", True, ["logs.apiServerAudit", "can't be had on k3d"]),
        (AWS, "store", OUTSIDE | {"url": "logs.example.com"}, ["logs.store.url", "does not match"]),
        (
            AWS,
            "store",
            OUTSIDE | {"url": "http://logs.example.com", "credentials": {"existingSecret": "a"}},
            ["logs.store.url", "would carry a password in clear", "https"],
        ),
        (
            AWS,
            "store",
            OUTSIDE | {"credentials": {"username": "a"}},
            ["logs.store.credentials", "are incomplete", "existingSecret"],
        ),
        (
            AWS,
            "store",
            OUTSIDE | {"credentials": {"username": "a", "password": "hunter2", "existingSecret": "b"}},
            ["logs.store.credentials", "are given twice"],
        ),
    ],
)
def test_a_mistake_is_answered_by_path_and_remedy(
    base: dict[str, Any], path: str, value: Any, expected: list[str]
) -> None:
    text = mistakes(changed(with_logs(base), f"observability.logs.{path}", value))
    for words in expected:
        assert words in text
    assert "hunter2" not in text


def test_cloudwatch_takes_aws() -> None:
    config = with_logs(LOCAL, collector="fluent-bit", store={"kind": "cloudWatch"})
    assert "can't be had on k3d" in mistakes(config)
    assert from_config(config | AWS | {"observability": config["observability"]}, "test").observability


def test_elasticsearch_without_a_certificate_is_refused() -> None:
    store = {key: value for key, value in SEARCH.items() if key != "caCertificate"}
    text = mistakes(with_logs(LOCAL, collector="fluent-bit", store=store))
    assert "observability.logs.store.caCertificate" in text
    assert "is missing" in text


def test_an_encrypted_password_is_read_with_pulumi_and_without() -> None:
    for password in ("hunter2", {"secure": "v1:abc"}):
        store = OUTSIDE | {"credentials": {"username": "a", "password": password}}
        platform = from_config(with_logs(LOCAL, store=store), "test")
        assert "hunter2" not in repr(platform)


@pytest.mark.parametrize(
    ("base", "traces", "expected"),
    [
        (LOCAL, {}, ["observability.traces.exporter", "can't be had on k3d"]),
        (AWS, {"pool": "big"}, ['observability.traces.pool = "big"', "is not declared"]),
        (AWS, {"sampling": {"ratio": 2}}, ["observability.traces.sampling.ratio = 2", "less than or equal to 1"]),
        (
            AWS,
            {"sampling": {"rules": [{"service": "bakend", "ratio": 1}]}},
            ['traces.sampling.rules[0].service = "bakend"', "did you mean backend?"],
        ),
        (
            AWS,
            {"sampling": {"rules": [{"service": "backend", "ratio": 1}, {"service": "backend", "ratio": 0}]}},
            ["traces.sampling.rules[1].service", "has a rule already"],
        ),
    ],
)
def test_a_mistake_about_traces_is_answered_by_path_and_remedy(
    base: dict[str, Any], traces: dict[str, Any], expected: list[str]
) -> None:
    text = mistakes(base | {"observability": {"retention": "7d", "traces": {"exporter": "xray", **traces}}})
    for words in expected:
        assert words in text


@pytest.mark.parametrize("name", ["password", "passwrod"])
def test_a_secret_is_not_told_when_it_is_wrong_or_misspelt(name: str) -> None:
    store = OUTSIDE | {"credentials": {"username": "a", name: ["hunter2"]}}
    text = mistakes(with_logs(LOCAL, store=store))
    assert f"credentials.{name}" in text
    assert "hunter2" not in text


def test_audit_logs_go_to_loki() -> None:
    text = mistakes(with_logs(AWS, apiServerAudit=True, store=OUTSIDE))
    assert "has no way into externalLoki" in text
