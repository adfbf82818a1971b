"""Certificates of the ingress controller's hosts: who issues them, by cert-manager."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_tls as tls
from pulumi_kubernetes.apiextensions import CustomResource

from components.cert_manager import CertManager
from components.component import Component, name_of
from components.nginx import CLASS, MINION
from components.policy import documents, statement
from components.secrets.contract import IN_CLUSTER, Secrets
from spec.tls import Acme, LocalAuthority, Tls

_YEAR = 365 * 24
_AUTHORITY_HOURS = 10 * _YEAR

# The pod that answers a challenge (HTTP-01) runs beside the Ingress whose host is to be proved.
# https://cert-manager.io/docs/configuration/acme/http01/#ingresses-and-pods-labels
SOLVER_PODS = {"acme.cert-manager.io/http01-solver": "true"}
SOLVER_PORT = 8089


class Certificates(Component):
    """An issuer for the whole cluster; an Ingress that names it gets a certificate for its hosts."""

    issuer: pulumi.Output[str]
    """Name of the ClusterIssuer, once there is one."""
    authority: pulumi.Output[str] | None = None
    """The certificate, in PEM, that people who visit have to trust; None where they do already."""
    solves_over_http: bool
    """True where hosts are proved by pods that the ingress controller has to lead to."""

    def __init__(
        self,
        name: str,
        spec: Tls,
        *,
        cert_manager: CertManager,
        secrets: Secrets = IN_CLUSTER,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the issuer that ``spec`` asks for."""
        super().__init__("ingress:Certificates", name, opts)
        self.solves_over_http = isinstance(spec, Acme) and spec.hosted_zone is None
        match spec:
            case LocalAuthority():
                issues = self._authority(name, cert_manager, secrets)
            case Acme():
                issues = _acme(name, spec)
            case _:
                raise TypeError(f"{type(spec).__name__} issues no certificates")
        made: Any = CustomResource(
            name,
            api_version="cert-manager.io/v1",
            kind="ClusterIssuer",
            metadata={"name": name},
            spec=issues,
            opts=self.child(depends_on=[cert_manager.release]),
        )
        self.issuer = name_of(made)
        self.register_outputs({"issuer": self.issuer})

    def _authority(self, name: str, cert_manager: CertManager, secrets: Secrets) -> dict[str, Any]:
        """Make a certificate authority of the program's own, and let cert-manager sign with it."""
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=self.child())
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            # People read it in the list of authorities that their browser trusts.
            subject={"common_name": "groundwork local authority", "organization": "groundwork"},
            is_ca_certificate=True,
            set_subject_key_id=True,
            allowed_uses=["digital_signature", "cert_signing", "crl_signing"],
            validity_period_hours=_AUTHORITY_HOURS,
            # An `up` in its last year makes the next one.
            early_renewal_hours=_YEAR,
            opts=self.child(),
        )
        self.authority = certificate.cert_pem
        pair = secrets.keep(
            name,
            {"tls.crt": certificate.cert_pem, "tls.key": key.private_key_pem},
            namespace=cert_manager.namespace,
            name=name,
            type="kubernetes.io/tls",
            opts=self.child(),
        )
        return {"ca": {"secretName": pair}}


def _acme(name: str, spec: Acme) -> dict[str, Any]:
    if spec.hosted_zone:
        solver: dict[str, Any] = {"dns01": {"route53": {"hostedZoneID": spec.hosted_zone}}}
    else:
        # The host has its master; what answers the challenge is one more path of it.
        template = {"metadata": {"annotations": MINION}}
        solver = {"http01": {"ingress": {"ingressClassName": CLASS, "ingressTemplate": template}}}
    account = {"name": f"{name}-account"}
    return {
        "acme": {"server": spec.server, "email": spec.email, "privateKeySecretRef": account, "solvers": [solver]},
    }


def dns_policy(spec: Tls) -> pulumi.Output[str] | None:
    """Return the IAM policy by which names are proved in Route 53; None where they are proved in another way.

    https://cert-manager.io/docs/configuration/acme/dns01/route53/#set-up-an-iam-policy
    """
    if not isinstance(spec, Acme) or spec.hosted_zone is None:
        return None
    records = ["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"]
    return documents(
        statement(["route53:GetChange"], ["arn:aws:route53:::change/*"]),
        statement(records, [f"arn:aws:route53:::hostedzone/{spec.hosted_zone}"]),
    )
