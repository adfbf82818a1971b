"""pulumi-tls: real keys, requests and certificates, so that what uses them can be tried."""

from __future__ import annotations

import hashlib
import ipaddress
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox import schema
from sandbox.emulator import UNKNOWN, Known, Properties, Refused, Resource, contains_unknown

_PUBLIC_EXPONENT: Final = 65537
_CURVES: Final = {"P224": ec.SECP224R1, "P256": ec.SECP256R1, "P384": ec.SECP384R1, "P521": ec.SECP521R1}
_SUBJECT: Final = {
    "commonName": NameOID.COMMON_NAME,
    "country": NameOID.COUNTRY_NAME,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "locality": NameOID.LOCALITY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "postalCode": NameOID.POSTAL_CODE,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
}
# https://www.pulumi.com/registry/packages/tls/api-docs/selfsignedcert/#allowed_uses
_KEY_USES: Final = {
    "digital_signature": "digital_signature",
    "content_commitment": "content_commitment",
    "key_encipherment": "key_encipherment",
    "data_encipherment": "data_encipherment",
    "key_agreement": "key_agreement",
    "cert_signing": "key_cert_sign",
    "crl_signing": "crl_sign",
    "encipher_only": "encipher_only",
    "decipher_only": "decipher_only",
}
_EXTENDED_USES: Final = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING,
}


def _load(pem: str | None, property: str) -> Any:
    try:
        return forms.load_pem_private_key((pem or "").encode(), None)
    except ValueError as error:
        raise Refused(f"{property} is not a private key in PEM", property) from error


def _algorithm(key: Any) -> str:
    kinds = {rsa.RSAPrivateKey: "RSA", ec.EllipticCurvePrivateKey: "ECDSA"}
    return next((name for kind, name in kinds.items() if isinstance(key, kind)), "ED25519")


def _generate(inputs: Properties) -> Any:
    match inputs["algorithm"]:
        case "RSA":
            return rsa.generate_private_key(_PUBLIC_EXPONENT, inputs.get("rsaBits") or 2048)
        case "ECDSA":
            return ec.generate_private_key(_CURVES[inputs.get("ecdsaCurve") or "P224"]())
    return ed25519.Ed25519PrivateKey.generate()


def _public(key: Any) -> Properties:
    """Public forms of a private key. OpenSSH knows no P-224: those are empty then, as the provider leaves them."""
    public = key.public_key()
    pem = public.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo).decode()
    found = dict.fromkeys(("publicKeyOpenssh", "publicKeyFingerprintMd5", "publicKeyFingerprintSha256"), "")
    if not isinstance(getattr(key, "curve", None), ec.SECP224R1):
        openssh = public.public_bytes(forms.Encoding.OpenSSH, forms.PublicFormat.OpenSSH).decode()
        blob = b64decode(openssh.split()[1])
        md5 = hashlib.md5(blob, usedforsecurity=False).hexdigest()
        found = {
            "publicKeyOpenssh": openssh + "\n",
            "publicKeyFingerprintMd5": ":".join(md5[i : i + 2] for i in range(0, len(md5), 2)),
            "publicKeyFingerprintSha256": "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("="),
        }
    return found | {"publicKeyPem": pem}


def _private_key(inputs: Properties) -> tuple[str, Properties]:
    key = _generate(inputs)

    def private(form: forms.PrivateFormat) -> str:
        return key.private_bytes(forms.Encoding.PEM, form, forms.NoEncryption()).decode()

    modern = isinstance(key, ed25519.Ed25519PrivateKey)
    pkcs8, public = private(forms.PrivateFormat.PKCS8), _public(key)
    outputs = {
        "ecdsaCurve": inputs.get("ecdsaCurve") or "P224",
        "rsaBits": inputs.get("rsaBits") or 2048,
        "privateKeyPem": pkcs8 if modern else private(forms.PrivateFormat.TraditionalOpenSSL),
        "privateKeyPemPkcs8": pkcs8,
        "privateKeyOpenssh": private(forms.PrivateFormat.OpenSSH) if public["publicKeyOpenssh"] else "",
    }
    return hashlib.sha1(public["publicKeyPem"].encode(), usedforsecurity=False).hexdigest(), outputs | public


def _name(given: Mapping[str, Any] | None) -> x509.Name:
    subject = given or {}
    fields = [x509.NameAttribute(oid, subject[key]) for key, oid in _SUBJECT.items() if subject.get(key)]
    streets = subject.get("streetAddresses") or []
    return x509.Name(fields + [x509.NameAttribute(NameOID.STREET_ADDRESS, street) for street in streets])


def _alternatives(inputs: Properties) -> x509.SubjectAlternativeName | None:
    names = [
        *map(x509.DNSName, inputs.get("dnsNames") or []),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in inputs.get("ipAddresses") or []),
        *map(x509.UniformResourceIdentifier, inputs.get("uris") or []),
    ]
    return x509.SubjectAlternativeName(names) if names else None


def _hash(key: Any) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _request(inputs: Properties) -> tuple[str, Properties]:
    key = _load(inputs.get("privateKeyPem") or inputs.get("privateKeyPemWo"), "privateKeyPem")
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(inputs.get("subject")))
    if names := _alternatives(inputs):
        builder = builder.add_extension(names, critical=False)
    pem = builder.sign(key, _hash(key)).public_bytes(forms.Encoding.PEM).decode()
    id = hashlib.sha1(pem.encode(), usedforsecurity=False).hexdigest()
    return id, {"certRequestPem": pem, "keyAlgorithm": _algorithm(key)}


def _sign(
    inputs: Properties, subject: x509.Name, public: Any, names: Any, issuer: x509.Name, key: Any, authority: bool
) -> tuple[str, Properties]:
    begin = datetime.now(UTC).replace(microsecond=0)
    end = begin + timedelta(hours=inputs["validityPeriodHours"])
    is_ca = bool(inputs.get("isCaCertificate"))
    serial = x509.random_serial_number()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(is_ca, inputs.get("maxPathLength") if is_ca else None), critical=True)
    )
    uses = set(inputs["allowedUses"])
    if uses & _KEY_USES.keys():
        flags = {flag: use in uses for use, flag in _KEY_USES.items()}
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if extended := [oid for use, oid in _EXTENDED_USES.items() if use in uses]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    if names:
        builder = builder.add_extension(names, critical=False)
    if is_ca or inputs.get("setSubjectKeyId"):
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    if authority:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    pem = builder.sign(key, _hash(key)).public_bytes(forms.Encoding.PEM).decode()
    return str(serial), {
        "certPem": pem,
        "validityStartTime": begin.isoformat().replace("+00:00", "Z"),
        "validityEndTime": end.isoformat().replace("+00:00", "Z"),
        "readyForRenewal": _due(end, inputs),
        "earlyRenewalHours": inputs.get("earlyRenewalHours") or 0,
        "isCaCertificate": is_ca,
        "setSubjectKeyId": bool(inputs.get("setSubjectKeyId")),
    }


def _due(end: datetime, inputs: Properties) -> bool:
    return datetime.now(UTC) >= end - timedelta(hours=inputs.get("earlyRenewalHours") or 0)


def _self_signed(inputs: Properties) -> tuple[str, Properties]:
    key = _load(inputs.get("privateKeyPem") or inputs.get("privateKeyPemWo"), "privateKeyPem")
    name, names = _name(inputs.get("subject")), _alternatives(inputs)
    authority = bool(inputs.get("setAuthorityKeyId"))
    id, outputs = _sign(inputs, name, key.public_key(), names, name, key, authority)
    return id, outputs | {"keyAlgorithm": _algorithm(key), "setAuthorityKeyId": authority}


def _locally_signed(inputs: Properties) -> tuple[str, Properties]:
    key = _load(inputs.get("caPrivateKeyPem") or inputs.get("caPrivateKeyPemWo"), "caPrivateKeyPem")
    try:
        issuer = x509.load_pem_x509_certificate(inputs["caCertPem"].encode())
        request = x509.load_pem_x509_csr(inputs["certRequestPem"].encode())
    except ValueError as error:
        raise Refused(f"caCertPem or certRequestPem is not PEM: {error}", "caCertPem") from error
    if issuer.public_key() != key.public_key():
        raise Refused("caPrivateKeyPem is not the key of caCertPem", "caPrivateKeyPem")
    names = [e.value for e in request.extensions if isinstance(e.value, x509.SubjectAlternativeName)]
    id, outputs = _sign(
        inputs, request.subject, request.public_key(), names[0] if names else None, issuer.subject, key, True
    )
    return id, outputs | {"caKeyAlgorithm": _algorithm(key)}


_MAKE: Final[Mapping[str, Callable[[Properties], tuple[str, Properties]]]] = {
    "tls:index/certRequest:CertRequest": _request,
    "tls:index/locallySignedCert:LocallySignedCert": _locally_signed,
    "tls:index/privateKey:PrivateKey": _private_key,
    "tls:index/selfSignedCert:SelfSignedCert": _self_signed,
}
_CHANGEABLE: Final = {"earlyRenewalHours"}


class Tls(Known):
    """Keys and certificates cannot be changed: any other input makes new ones, the renewal period excepted."""

    package: ClassVar[str] = "tls"

    def check(self, r: Resource, olds: Properties, news: Properties) -> Properties:
        schema.of(r.type).check(news)
        for use in news.get("allowedUses") or []:
            if use is not UNKNOWN and use not in _KEY_USES.keys() | _EXTENDED_USES.keys():
                near = schema.did_you_mean(use, _KEY_USES.keys() | _EXTENDED_USES.keys())
                raise Refused(f"{use} is not a use of a certificate{near}", "allowedUses")
        for key, allowed in {"algorithm": ("RSA", "ECDSA", "ED25519"), "ecdsaCurve": tuple(_CURVES)}.items():
            if (value := news.get(key)) and value not in allowed:
                raise Refused(f"{key} {value} is none of {', '.join(allowed)}", key)
        return news

    def replaces(self, r: Resource, olds: Properties, news: Properties) -> list[str]:
        keys = (olds.keys() | news.keys()) - _CHANGEABLE
        return sorted(key for key in keys if olds.get(key) != news.get(key))

    def preview(self, r: Resource, inputs: Properties) -> Properties:
        return dict.fromkeys(schema.of(r.type).outputs, UNKNOWN) | inputs

    def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
        if r.type not in _MAKE:
            raise Refused(f"the sandbox does not have the resource type {r.type}")
        id, outputs = _MAKE[r.type](inputs)
        return id, schema.of(r.type).complete(inputs | outputs)

    def update(self, r: Resource, id: str, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        end = datetime.fromisoformat(outputs["validityEndTime"].replace("Z", "+00:00"))
        return outputs | news | {"readyForRenewal": _due(end, news)}

    def invoke(self, token: str, args: Properties, provider: str) -> Properties:
        if token != "tls:index/getPublicKey:getPublicKey" or contains_unknown(args):
            return super().invoke(token, args, provider)
        key = _load(args.get("privateKeyPem"), "privateKeyPem")
        public = _public(key)
        id = hashlib.sha1(public["publicKeyPem"].encode(), usedforsecurity=False).hexdigest()
        return {"id": id, "algorithm": _algorithm(key), **args, **public}
