"""Sealing: encryption for a controller of Sealed Secrets, the same each time for the same secret.

The format is kubeseal's: https://github.com/bitnami/sealed-secrets/blob/main/docs/developer/crypto.md. A session key
encrypts with AES-256-GCM, and RSA-OAEP encrypts the session key. kubeseal draws session key and seed at random; here
both are derived from the secret with a key that only the program has, as otherwise every preview would show a change.
Who has no such key learns from equal ciphertexts that one secret, under one label, was sealed twice, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate

_HASH = hashlib.sha256
_LENGTH = _HASH().digest_size
_NONCE = bytes(12)  # The session key is used once.


def seal(certificate: str, key: bytes, label: str, value: str) -> str:
    """Return ``value`` as the field of a SealedSecret that only the owner of ``certificate``, in PEM, can read.

    ``label`` is what the value is bound to: the namespace, for the scope `namespace-wide`. ``key`` is the program's.
    """
    public = load_pem_x509_certificate(certificate.encode()).public_key()
    assert isinstance(public, RSAPublicKey)
    session = _derived(key, b"session", label, value)
    wrapped = _encrypt(public, session, label.encode(), _derived(key, b"seed", label, value))
    sealed = AESGCM(session).encrypt(_NONCE, value.encode(), None)
    return b64encode(len(wrapped).to_bytes(2, "big") + wrapped + sealed).decode()


def _derived(key: bytes, purpose: bytes, label: str, value: str) -> bytes:
    # Lengths keep label and value apart.
    message = b"\0".join([purpose, str(len(label)).encode(), label.encode(), value.encode()])
    return hmac.new(key, message, _HASH).digest()


def _encrypt(public: RSAPublicKey, message: bytes, label: bytes, seed: bytes) -> bytes:
    """RSAES-OAEP with a given seed: https://www.rfc-editor.org/rfc/rfc8017#section-7.1.1."""
    size = public.key_size // 8
    padding = bytes(size - len(message) - 2 * _LENGTH - 2)
    block = _HASH(label).digest() + padding + b"\x01" + message
    masked = _xor(block, _mask(seed, len(block)))
    encoded = b"\0" + _xor(seed, _mask(masked, _LENGTH)) + masked
    numbers = public.public_numbers()
    return pow(int.from_bytes(encoded, "big"), numbers.e, numbers.n).to_bytes(size, "big")


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1: https://www.rfc-editor.org/rfc/rfc8017#appendix-B.2.1."""
    blocks = (_HASH(seed + counter.to_bytes(4, "big")).digest() for counter in range(-(-length // _LENGTH)))
    return b"".join(blocks)[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
