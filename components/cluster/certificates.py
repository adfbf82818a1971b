"""The keys and certificates that a kubeadm cluster is founded on, made by the program rather than by a machine.

So the kubeconfig is known without anybody copying a file, machines of the control plane share their authorities
without uploading them, and a control plane that is rebuilt is still the cluster that its nodes trust.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from typing import NamedTuple

import pulumi
import pulumi_tls as tls

from components.component import Component

# kubeadm takes RSA and ECDSA; these are as strong as RSA of 3072 bits, and made in no time.
_KEY = {"algorithm": "ECDSA", "ecdsa_curve": "P256"}
_YEAR = 365 * 24
# As kubeadm gives its own: https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/
_AUTHORITY_HOURS = 10 * _YEAR
_ADMIN_HOURS = _YEAR
# An `up` in the last month of the admin certificate renews it.
_RENEWAL_HOURS = 30 * 24

# The group that `kubeadm init` binds to cluster-admin. Unlike system:masters, which no binding can take the rights
# from, it can be revoked: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/create-cluster-kubeadm/
ADMIN_GROUP = "kubeadm:cluster-admins"


class KeyPair(NamedTuple):
    """A certificate and its key, in PEM; the key is secret."""

    certificate: pulumi.Output[str]
    key: pulumi.Output[str]


def public_key_pin(public_key: str) -> str:
    """Return what kubeadm calls a discovery-token-ca-cert-hash: SHA-256 over the DER of a SubjectPublicKeyInfo.

    ``public_key`` is the authority's public key in PEM, which encloses just that; see RFC 7469, section 2.4.
    """
    body = "".join(line for line in public_key.splitlines() if not line.startswith("-----"))
    return f"sha256:{hashlib.sha256(b64decode(body)).hexdigest()}"


class Certificates(Component):
    """The cluster's three authorities, the key pair that signs service account tokens, and an administrator."""

    authority: pulumi.Output[str]
    """Certificate of the cluster's authority, in PEM."""
    pin: pulumi.Output[str]
    """Its public key's hash, by which a machine that joins knows that it talks to the right cluster."""
    files: dict[str, pulumi.Output[str]]
    """What `kubeadm init` would generate: content in PEM by path below /etc/kubernetes. Secret where it is a key."""
    administrator: KeyPair
    """Client certificate of a cluster-admin."""

    def __init__(self, name: str, *, protect: bool = False, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make them; ``protect`` guards the keys of what the cluster is founded on, but not the administrator's."""
        super().__init__("cluster:Certificates", name, opts)
        self._guarded = protect
        authority = self._authority(f"{name}-ca", "kubernetes")
        self.authority = authority.certificate.cert_pem
        self.pin = authority.key.public_key_pem.apply(public_key_pin)
        authorities = {
            "pki/ca": authority,
            "pki/etcd/ca": self._authority(f"{name}-etcd-ca", "etcd-ca"),
            "pki/front-proxy-ca": self._authority(f"{name}-front-proxy-ca", "front-proxy-ca"),
        }
        service_accounts = self._key(f"{name}-service-accounts", protect)
        self.files = {
            "pki/sa.key": service_accounts.private_key_pem,
            "pki/sa.pub": service_accounts.public_key_pem,
            **{f"{path}.crt": made.certificate.cert_pem for path, made in authorities.items()},
            **{f"{path}.key": made.key.private_key_pem for path, made in authorities.items()},
        }
        self.administrator = self._administrator(f"{name}-admin", authority)
        self.register_outputs({"authority": self.authority, "pin": self.pin})

    def _key(self, name: str, protect: bool = False) -> tls.PrivateKey:
        return tls.PrivateKey(name, **_KEY, opts=self.child(protect=protect))  # type: ignore

    def _authority(self, name: str, common_name: str) -> _Authority:
        key = self._key(name, self._guarded)
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": common_name},
            is_ca_certificate=True,
            set_subject_key_id=True,
            allowed_uses=["digital_signature", "key_encipherment", "cert_signing"],
            validity_period_hours=_AUTHORITY_HOURS,
            opts=self.child(),
        )
        return _Authority(key, certificate)

    def _administrator(self, name: str, authority: _Authority) -> KeyPair:
        key = self._key(name)
        request = tls.CertRequest(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": "groundwork", "organization": ADMIN_GROUP},
            opts=self.child(),
        )
        certificate = tls.LocallySignedCert(
            name,
            cert_request_pem=request.cert_request_pem,
            ca_cert_pem=authority.certificate.cert_pem,
            ca_private_key_pem=authority.key.private_key_pem,
            allowed_uses=["digital_signature", "key_encipherment", "client_auth"],
            validity_period_hours=_ADMIN_HOURS,
            early_renewal_hours=_RENEWAL_HOURS,
            opts=self.child(),
        )
        return KeyPair(certificate.cert_pem, key.private_key_pem)


class _Authority(NamedTuple):
    key: tls.PrivateKey
    certificate: tls.SelfSignedCert
