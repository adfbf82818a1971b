"""What a stack file may ask of the ingress controller."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.test_mistakes import AWS, LOCAL, changed, mistakes

OPEN = {"tls": {"issuer": "localAuthority", "redirect": False}}
ACME = {"issuer": "acme", "email": "a@example.com", "redirect": False}
ROUTED = changed(LOCAL, "services.0.routes", [{"host": "app.local"}])


@pytest.mark.parametrize(
    ("base", "ingress", "expected"),
    [
        (AWS | {"edge": {"zone": "a.com"}}, OPEN, ["ingress.tls", "has no meaning with an edge"]),
        (LOCAL, {"tls": {"issuer": "localAuthority"}}, ["ingress.tls.redirect = true", "answers on 8443"]),
        (LOCAL, {"tls": {"issuer": "letsEncrypt"}}, ['ingress.tls.issuer = "letsEncrypt"', "localAuthority"]),
        (LOCAL, {"tls": {"issuer": "acme"}}, ["ingress.tls.email", "is missing"]),
        (LOCAL, {"tls": ACME | {"email": "nobody"}}, ['ingress.tls.email = "nobody"', "electronic mail"]),
        (ROUTED, {"tls": ACME}, ["ingress.tls.issuer", "app.local, which is no public name"]),
        (LOCAL, {"tls": ACME | {"hostedZone": "Z0123456789"}}, ["ingress.tls.hostedZone", "no identity in AWS"]),
    ],
)
def test_a_mistake_is_answered_by_path_value_and_remedy(
    base: dict[str, Any], ingress: dict[str, Any], expected: list[str]
) -> None:
    text = mistakes(base | {"ingress": ingress})
    assert "1 mistake," in text
    for words in expected:
        assert words in text
