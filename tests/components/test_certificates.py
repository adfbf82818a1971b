"""Hosts are certified by an authority of the platform's own, or by a public one that sees them proved."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pydantic import TypeAdapter

from components.certificates import dns_policy
from spec.tls import TlsIssuer
from tests.components.around import POLICY, RELEASE, SECRET, Around
from tests.recorder import Recorder, remembered, run

ISSUER = "kubernetes:cert-manager.io/v1:ClusterIssuer"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
ACME = {"issuer": "acme", "email": "a@example.com"}


@remembered
def build(**tls: Any) -> Recorder:
    def program() -> None:
        around = Around()
        around.ingress(hosts=["app.local"], tls=tls, certificates=around.certificates(tls))

    return run(program)


def test_the_local_authority_is_made_by_the_program_and_its_key_is_secret() -> None:
    made = build(issuer="localAuthority")
    authority = made.one("tls:index/selfSignedCert:SelfSignedCert")
    assert authority["isCaCertificate"] is True
    secret = made.one(SECRET, "certificates")
    assert (secret["type"], secret["metadata.namespace"]) == ("kubernetes.io/tls", "cert-manager")
    assert {"stringData"} <= {path.split(".")[0] for path in secret.secrets}
    assert made.one(ISSUER)["spec"] == {"ca": {"secretName": "certificates"}}


def test_the_issuer_waits_for_the_webhook_that_admits_it() -> None:
    made = build(issuer="localAuthority")
    assert made.one(RELEASE, "cert-manager").urn in made.one(ISSUER).dependencies


def test_people_are_told_whom_to_trust_where_it_is_nobody_public() -> None:
    found: dict[str, Any] = {}

    def program() -> None:
        around = Around()
        for tls in ({"issuer": "localAuthority"}, ACME):
            found[tls["issuer"]] = around.certificates(tls, name=tls["issuer"]).authority

    run(program)
    assert isinstance(found["localAuthority"], pulumi.Output)
    assert found["acme"] is None


def test_every_host_is_certified_where_its_owner_is() -> None:
    master = build(issuer="localAuthority").one(INGRESS, "ingress-app.local")
    assert master["spec.tls"] == [{"hosts": ["app.local"], "secretName": "app.local-tls"}]
    assert master["metadata.annotations"]["cert-manager.io/cluster-issuer"] == "certificates"


def test_plain_http_is_sent_on_unless_both_are_wanted() -> None:
    for redirect in (True, False):
        annotations = build(issuer="localAuthority", redirect=redirect).one(INGRESS)["metadata.annotations"]
        assert annotations["nginx.org/ssl-redirect"] == str(redirect).lower()


def test_challenges_on_port_80_are_one_more_path_of_the_host() -> None:
    made = build(**ACME)
    (solver,) = made.one(ISSUER)["spec.acme.solvers"]
    assert solver["http01"]["ingress"]["ingressClassName"] == "nginx"
    template = solver["http01"]["ingress"]["ingressTemplate"]["metadata"]["annotations"]
    assert template == {"nginx.org/mergeable-ingress-type": "minion"}
    policy = made.one(POLICY, "ingress-challenges")
    assert policy["spec.podSelector.matchLabels"] == {"acme.cert-manager.io/http01-solver": "true"}
    assert [port["port"] for port in policy["spec.ingress.0.ports"]] == [8089]


def test_a_zone_is_proved_by_its_records_alone() -> None:
    made = build(**ACME, hostedZone="Z0123456789")
    assert made.one(ISSUER)["spec.acme.solvers"] == [{"dns01": {"route53": {"hostedZoneID": "Z0123456789"}}}]
    assert not [each for each in made.all(POLICY) if each.name == "ingress-challenges"]


def test_the_policy_opens_one_zone() -> None:
    documents: list[Any] = []
    spec: Any = TypeAdapter(TlsIssuer).validate_python({**ACME, "hostedZone": "Z0123456789"})

    def program() -> None:
        policy = dns_policy(spec)
        assert policy is not None
        policy.apply(lambda text: documents.append(json.loads(text)))

    run(program)
    changes = [s for s in documents[0]["Statement"] if "route53:ChangeResourceRecordSets" in s["Action"]]
    assert [s["Resource"] for s in changes] == [["arn:aws:route53:::hostedzone/Z0123456789"]]
