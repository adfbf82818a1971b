"""The mesh's gateway ends TLS, and lets to the user interfaces those whom oauth2-proxy knows."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pydantic import TypeAdapter

from components.app_services import Surroundings, values
from components.cloud.contract import OidcClient
from components.cluster.contract import LoadBalancing
from components.gitops import Gitops
from components.observability.metrics import EXPLORE, Metrics
from components.sign_in import AUTHORIZER, SignIn
from components.user_interfaces.kafka_ui import KafkaUi
from components.user_interfaces.pgadmin import Pgadmin
from spec.gitops import ArgoCd
from spec.interfaces import KafkaUi as KafkaUiSpec
from spec.interfaces import Pgadmin as PgadminSpec
from spec.parts import Observability
from spec.sign_in import SignIn as Spec
from tests.components.around import POLICY, RELEASE, Around, reached_at, service
from tests.components.user_interfaces.test_data import KAFKA, POSTGRES
from tests.recorder import Recorder, run

CERTIFICATE = "kubernetes:cert-manager.io/v1:Certificate"
GATEWAY = "kubernetes:networking.istio.io/v1:Gateway"
AUTHORIZATION = "kubernetes:security.istio.io/v1:AuthorizationPolicy"
TLS: Any = {"issuer": "localAuthority", "redirect": True}
HOSTS = ["app.local", "grafana.local", "logs.local"]
INTERFACES = HOSTS[1:]


def build(tls: Any = TLS, *, signed_in: bool = True, **facts: Any) -> Recorder:
    """The gateway with a service and every user interface behind it, after whoever asks people to sign in."""

    def program() -> None:
        around = Around("monitoring", "infra", "shop", **facts)
        mesh = around.mesh("shop", authorizers=[AUTHORIZER] if signed_in else [])
        gateway = around.gateway(mesh, tls=tls, hosts=HOSTS, starts={"logs.local": EXPLORE})
        way_in: Any = gateway
        if signed_in:
            asked: Any = TypeAdapter(Spec).validate_python({"provider": "cognito"})
            client = OidcClient("https://id.example.com", "me", pulumi.Output.secret("hush"))
            way_in = SignIn("sign-in", asked, client, ingress=gateway, hosts=INTERFACES, **around.common).ingress
        grafana = {"host": "grafana.local", "exploreHost": "logs.local"}
        observability = Observability.model_validate({"retention": "7d", "grafana": grafana})
        reached: Any = {"cluster": around.cluster, "ingress": way_in, "url": reached_at}
        Metrics("kps", observability, **reached, **around.common)
        common = {key: value for key, value in around.common.items() if key in ("charts", "opts")}
        here: Any = {"namespace": around.namespaces.ensure("infra"), "ingress": way_in, **common}
        KafkaUi("kafka-ui", KafkaUiSpec(host="kafka-ui.local"), KAFKA, **here)
        Pgadmin("pgadmin", PgadminSpec(host="pgadmin.local"), POSTGRES, **here)
        Gitops("argocd", ArgoCd(engine="argocd", host="argocd.local"), [], ingress=way_in, **around.common)
        served = service(routes=[{"host": "app.local"}, {"host": "b.local"}])
        routes.append(values(served, Surroundings([served], gateway, mesh=mesh))["ingress"])

    routes.clear()
    return run(program)


routes: list[dict[str, Any]] = []


def certified(host: str) -> list[dict[str, Any]]:
    return [{"hosts": [host], "secretName": f"{host}-tls"}]


def test_hosts_are_certified_where_istio_reads_what_an_ingress_names() -> None:
    made = build().all(CERTIFICATE)
    assert {each["spec.secretName"]: each["spec.dnsNames"] for each in made} == {
        f"{host}-tls": [host] for host in HOSTS
    }
    assert len(made) == len(HOSTS)
    assert {each["metadata.namespace"] for each in made} == {"ingress"}
    assert {each["spec.issuerRef.name"] for each in made} == {"certificates"}


def test_every_ingress_names_the_certificate_of_its_host() -> None:
    made = build()
    assert made.one(RELEASE, "kps")["values.grafana.ingress.tls"] == certified("grafana.local")
    assert made.one(RELEASE, "pgadmin")["values.ingress.tls"] == certified("pgadmin.local")
    assert made.one(RELEASE, "kafka-ui")["values.ingress.tls"] == {"enabled": True, "secretName": "kafka-ui.local-tls"}
    assert made.one(RELEASE, "argocd")["values.server.ingress.extraTls"] == certified("argocd.local")
    assert routes[0]["tls"] == [*certified("app.local"), *certified("b.local")]


def test_where_tls_ends_before_it_nothing_is_certified() -> None:
    made = build(None, signed_in=False)
    assert not made.all(CERTIFICATE)
    assert [server["port"]["number"] for each in made.all(GATEWAY) for server in each["spec.servers"]] == [80]
    for release, path in (("kps", "grafana"), ("pgadmin", "ingress"), ("kafka-ui", "ingress"), ("argocd", "server")):
        assert "-tls" not in str(made.one(RELEASE, release)[f"values.{path}"]), release
    assert "tls" not in routes[0]
    assert [port["port"] for port in made.one(RELEASE, "ingress")["values.service.ports"]] == [80, 15021]


@pytest.mark.parametrize(
    ("load_balancing", "node_port"), [(LoadBalancing.SERVICE, None), (LoadBalancing.NODE_PORT, 30443)]
)
def test_the_world_reaches_https(load_balancing: LoadBalancing, node_port: int | None) -> None:
    made = build(load_balancing=load_balancing)
    opened = made.one(POLICY, "ingress")["spec.ingress"][0]
    assert "from" not in opened
    assert [port["port"] for port in opened["ports"]] == [80, 443, 15021]
    (https,) = [each for each in made.one(RELEASE, "ingress")["values.service.ports"] if each["name"] == "https"]
    assert (https["port"], https["targetPort"], https.get("nodePort")) == (443, 443, node_port)


def test_plain_http_is_sent_on_where_that_is_asked_for() -> None:
    def sent_on(made: Recorder) -> set[str]:
        servers = [server for each in made.all(GATEWAY) for server in each["spec.servers"]]
        redirecting = [server for server in servers if server.get("tls", {}).get("httpsRedirect")]
        assert all(server["port"] == {"name": "http", "number": 80, "protocol": "HTTP"} for server in redirecting)
        return {host for server in redirecting for host in server["hosts"]}

    assert sent_on(build(signed_in=False)) == set(HOSTS)
    serving_both = TLS | {"redirect": False}
    assert sent_on(build(serving_both, signed_in=False)) == set()
    # A session is kept over TLS alone.
    assert sent_on(build(serving_both)) == set(INTERFACES)


def test_istio_asks_the_proxy_and_hands_on_what_it_answers() -> None:
    made = build()
    (provider,) = made.one(RELEASE, "istio")["values.meshConfig.extensionProviders"]
    asked = provider["envoyExtAuthzHttp"]
    assert (asked["service"], asked["port"]) == ("sign-in.sign-in.svc.cluster.local", 4180)
    assert "cookie" in asked["includeRequestHeadersInCheck"]
    assert "failOpen" not in asked
    # Without a list every header of the answer comes through, Location and Set-Cookie among them.
    assert "headersToDownstreamOnDeny" not in asked
    arguments = made.one(RELEASE, "sign-in")["values.extraArgs"]
    assert (arguments["upstream"], arguments["skip-provider-button"]) == ("static://200", True)


def test_nobody_is_asked_about_where_nobody_signs_in() -> None:
    made = build(signed_in=False)
    assert "extensionProviders" not in made.one(RELEASE, "istio")["values.meshConfig"]
    assert not made.all(AUTHORIZATION)


def test_whoever_visits_an_interface_is_asked_about_and_nobody_else() -> None:
    policy = build().one(AUTHORIZATION, "sign-in")
    assert (policy["metadata.namespace"], policy["spec.selector.matchLabels"]) == ("ingress", {"istio": "ingress"})
    assert (policy["spec.action"], policy["spec.provider.name"]) == ("CUSTOM", "sign-in")
    for rule in policy["spec.rules"]:
        (to,) = rule["to"]
        assert to["operation"]["hosts"] == ["grafana.local", "grafana.local:*", "logs.local", "logs.local:*"]


def test_only_what_is_sent_on_to_https_is_not_asked_about() -> None:
    https, http = build().one(AUTHORIZATION, "sign-in")["spec.rules"]
    assert https["to"][0]["operation"]["ports"] == ["443"]
    assert "when" not in https
    assert http["to"][0]["operation"]["ports"] == ["80"]
    # Envoy sends on by this header, which a trusted proxy may set.
    assert http["when"] == [{"key": "request.headers[x-forwarded-proto]", "notValues": ["http"]}]
    (behind_a_balancer,) = build(None).one(AUTHORIZATION, "sign-in")["spec.rules"]
    assert "ports" not in behind_a_balancer["to"][0]["operation"]


def test_what_the_proxy_tells_strangers_is_no_way_in() -> None:
    own = build().one(AUTHORIZATION, "sign-in-own")
    assert own["spec.action"] == "DENY"
    (rule,) = own["spec.rules"]
    assert {"/oauth2/*", "/ping", "/ready", "/robots.txt"} == set(rule["to"][0]["operation"]["paths"])


@pytest.mark.parametrize(("redirected", "by_https"), [(False, "sign-in-by-https"), (True, "ingress-by-https")])
def test_interfaces_are_not_there_before_their_visitors_are_asked_about(redirected: bool, by_https: str) -> None:
    made = build(TLS | {"redirect": redirected})
    guards = {each.urn for each in (*made.all(AUTHORIZATION), made.one(GATEWAY, by_https))}
    for release in ("kps", "kafka-ui", "pgadmin", "argocd"):
        assert guards <= made.one(RELEASE, release).dependencies, release
    assert guards <= made.one(GATEWAY, "kps-explore-gateway").dependencies


def test_the_gateway_alone_reaches_the_proxy() -> None:
    asked = build().one(POLICY, "sign-in")["spec.ingress"][0]
    assert asked["from"][0]["podSelector"]["matchLabels"] == {"istio": "ingress"}
    assert asked["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "ingress"}


def test_explore_is_a_host_that_starts_there_by_https() -> None:
    made = build()
    routes = made.one("kubernetes:networking.istio.io/v1:VirtualService", "kps-explore")
    assert (routes["spec.hosts"], routes["spec.gateways"]) == (["logs.local"], ["logs.local"])
    sent_on, served = routes["spec.http"]
    assert sent_on["match"] == [{"uri": {"exact": "/"}}]
    assert sent_on["redirect"]["uri"] == "/explore"
    destination = {"host": "kps-grafana.monitoring.svc.cluster.local", "port": {"number": 80}}
    assert served["route"] == [{"destination": destination}]
    _, https = made.one(GATEWAY, "kps-explore-gateway")["spec.servers"]
    assert https["tls"] == {"mode": "SIMPLE", "credentialName": "logs.local-tls"}
