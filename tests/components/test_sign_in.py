"""User interfaces are reached by people who have signed in, and what proves it stays secret."""

from __future__ import annotations

from typing import Any

import pulumi
from pydantic import TypeAdapter

from components.cloud.contract import OidcClient
from components.observability.metrics import Metrics
from components.sign_in import SignIn
from spec.parts import Observability
from spec.sign_in import SignIn as Spec
from tests.components.around import POLICY, RELEASE, SECRET, Around, reached_at
from tests.recorder import Recorder, remembered, run

ASKED: Any = TypeAdapter(Spec)
NGINX_POLICY = "kubernetes:k8s.nginx.org/v1:Policy"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"


@remembered
def build(*, interfaces: Any = None, client: dict[str, Any] | None = None, **spec: Any) -> Recorder:
    def program() -> None:
        around = Around("monitoring")
        asked = ASKED.validate_python({"provider": "cognito", **spec})
        known = OidcClient("https://id.example.com", "me", pulumi.Output.secret("hush"), **(client or {}))
        sign_in = SignIn("sign-in", asked, known, ingress=around.ingress(), hosts=[], **around.common)
        if interfaces is not None:
            observability = Observability.model_validate({"retention": "7d", **interfaces})
            made = {"cluster": around.cluster, "ingress": sign_in.ingress, "url": reached_at}
            Metrics("kps", observability, **made, **around.common)

    return run(program)


def arguments(**given: Any) -> dict[str, Any]:
    return build(**given).one(RELEASE, "sign-in")["values.extraArgs"]


def test_the_controller_asks_the_proxy_and_sends_strangers_to_its_page() -> None:
    made = build()
    policy = made.one(NGINX_POLICY)
    assert policy["spec.externalAuth"] == {
        "authURI": "/oauth2/auth",
        "authSigninURI": "/oauth2/sign_in",
        "authServiceName": "sign-in/sign-in",
        "authServicePorts": [4180],
    }
    assert made.one(RELEASE, "ingress").urn in policy.dependencies


def test_secrets_are_in_one_secret_and_in_no_values() -> None:
    made = build()
    account = made.one(SECRET, "sign-in")
    assert account.secrets == {"stringData"}
    release = made.one(RELEASE, "sign-in")
    assert release["values.config.existingSecret"] == "sign-in"
    assert "hush" not in str(release.inputs)
    assert not release.secrets


def test_another_secret_means_other_pods() -> None:
    def digest(secret: str) -> str:
        def program() -> None:
            around = Around()
            client = OidcClient("https://id.example.com", "me", pulumi.Output.secret(secret))
            asked = ASKED.validate_python({"provider": "cognito"})
            SignIn("sign-in", asked, client, ingress=around.ingress(), hosts=[], **around.common)

        return run(program).one(RELEASE, "sign-in")["values.podAnnotations"]["checksum/account"]

    assert digest("one") == digest("one") != digest("other")


def test_a_session_is_one_hosts_over_tls_for_as_long_as_asked() -> None:
    release = build(sessionHours=3).one(RELEASE, "sign-in")
    assert release["values.config.cookieName"].startswith("__Host-")
    given = release["values.extraArgs"]
    assert (given["cookie-secure"], given["cookie-samesite"], given["cookie-expire"]) == (True, "lax", "3h")


def test_people_are_let_in_by_the_domain_of_their_address_or_by_group() -> None:
    made = build(client={"email_domains": ["example.com"], "groups": ["ops", "dev"]}).one(RELEASE, "sign-in")
    assert made["values.config.emailDomains"] == ["example.com"]
    assert made["values.extraArgs"]["allowed-group"] == "ops,dev"
    assert "allowed-group" not in arguments()


def test_the_controller_alone_reaches_the_proxy_and_prometheus_its_metrics() -> None:
    asked, scraped = build().one(POLICY, "sign-in")["spec.ingress"]
    assert asked["from"][0]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "nginx-ingress"}
    assert [rule["ports"][0]["port"] for rule in (asked, scraped)] == [4180, 44180]


def test_interfaces_name_the_policy_and_ask_nobody_twice() -> None:
    interfaces = {
        "grafana": {"host": "grafana.example.com", "exploreHost": "loki.example.com"},
        "prometheusHost": "prometheus.example.com",
    }
    made = build(interfaces=interfaces)
    values = made.one(RELEASE, "kps")["values"]
    for offered in (values["grafana"]["ingress"], values["prometheus"]["ingress"]):
        assert offered["annotations"]["nginx.org/policies"] == "sign-in/sign-in"
    explore = made.one(INGRESS, "kps-explore")
    assert explore["metadata.annotations"]["nginx.org/policies"] == "sign-in/sign-in"
    assert explore["spec.rules.0.host"] == "loki.example.com"
    assert values["grafana"]["grafana.ini"]["auth.anonymous"] == {"enabled": True, "org_role": "Editor"}
