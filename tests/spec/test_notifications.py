"""Mistakes in what a stack file says of who is told of alerts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import LOCAL, mistakes

SLACK = {"channel": "#alerts"}
EMAIL = {"to": ["a@example.com"], "from": "b@example.com", "smarthost": "smtp.example.com:587", "username": "b"}


@pytest.mark.parametrize(
    ("notify", "expected"),
    [
        ({}, ["alertmanager.notify", "leave alerts to nobody", "give slack or email"]),
        ({"pagerDuty": {"routingKey": "hunter2"}}, ["leave alerts that are not critical to nobody"]),
        ({"slack": SLACK}, ["alertmanager.notify", "lack a secret, slack-webhook", "name existingSecret"]),
        (
            {"slack": SLACK | {"webhook": "hunter2"}, "existingSecret": "a"},
            ["have a secret twice, slack-webhook", "keep it here, or in existingSecret"],
        ),
        (
            {"slack": SLACK, "existingSecret": "a", "vaultSecret": "b"},
            ["have secrets twice", "name existingSecret or vaultSecret"],
        ),
        (
            {"slack": SLACK, "vaultSecret": "a"},
            ['notify.vaultSecret = "a"', "no vault", "security.secrets: external-secrets"],
        ),
        ({"slack": {"channel": "alerts"}, "existingSecret": "a"}, ['slack.channel = "alerts"', "#alerts"]),
        ({"email": EMAIL | {"to": []}, "existingSecret": "a"}, ["email.to"]),
        ({"email": EMAIL | {"from": "b"}, "existingSecret": "a"}, ['email.from = "b"', "mail address"]),
        ({"email": EMAIL | {"smarthost": "smtp"}, "existingSecret": "a"}, ['email.smarthost = "smtp"', "port"]),
        (
            {"slack": SLACK, "groupInterval": "soon", "existingSecret": "a"},
            ['notify.groupInterval = "soon"', "15s, 5m, 15d"],
        ),
        ({"slak": SLACK}, ["notify.slak", "did you mean slack?"]),
    ],
)
def test_a_mistake_is_answered_by_path_and_remedy(notify: dict[str, Any], expected: list[str]) -> None:
    text = mistakes(LOCAL | {"observability": {"retention": "7d", "alertmanager": {"notify": notify}}})
    for words in expected:
        assert words in text
    assert "hunter2" not in text
