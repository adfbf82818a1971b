"""The base of every section of a stack file, and the scalar types that sections share."""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel


class Section(BaseModel):
    """One section of a stack file: immutable, camelCase in YAML, and closed to keys that it does not know."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_default=True,
        use_attribute_docstrings=True,
    )


def _network(value: str) -> str:
    try:
        return str(ipaddress.IPv4Network(value))
    except ValueError as error:
        host_bits = isinstance(value, str) and "has host bits set" in str(error)
        remedy = f"write {ipaddress.IPv4Network(value, strict=False)}" if host_bits else "write it like 10.0.0.0/16"
        raise ValueError(f"is not an IPv4 network in CIDR notation; {remedy}") from None


# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_SUFFIXES = {"m": Decimal("0.001"), "": Decimal(1)} | {
    suffix: Decimal(base) ** power
    for base, suffixes in ((1000, "k M G T P"), (1024, "Ki Mi Gi Ti Pi"))
    for power, suffix in enumerate(suffixes.split(), start=1)
}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")


def quantity(text: str) -> Decimal:
    """Return the number behind a Kubernetes quantity: cores for ``250m``, bytes for ``4Gi``."""
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ValueError("is not a Kubernetes quantity; write it like 250m, 2, 512Mi or 4Gi")
    return Decimal(match[1]) * _SUFFIXES[match[2] or ""]


def _checked_quantity(text: str) -> str:
    quantity(text)
    return text


def _as_it_stands(value: Any) -> Any:
    """Pulumi hands a secret over decrypted; a file that is read without Pulumi has its ciphertext in that place."""
    return value["secure"] if isinstance(value, dict) and set(value) == {"secure"} else value


Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,51}[a-z0-9])?$"),
    Field(description="A DNS-1123 label of at most 53 characters, the longest name Helm gives a release."),
]
Cidr = Annotated[str, AfterValidator(_network), Field(description="An IPv4 network, such as 10.0.0.0/16.")]
Port = Annotated[int, Field(ge=1, le=65535, description="A TCP port.")]
Quantity = Annotated[
    str,
    AfterValidator(_checked_quantity),
    Field(description="A Kubernetes quantity, such as 250m, 2, 512Mi or 4Gi."),
]
Host = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"),
    Field(description="A fully qualified DNS name, in lower case."),
]
Identifier = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$"),
    Field(description="An SQL identifier in lower case."),
]
Duration = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]*(s|m|h|d|w)$"),
    Field(description="A duration as Prometheus writes it: 15s, 5m, 15d."),
]
# Go, and so most controllers, knows no days and weeks: https://pkg.go.dev/time#ParseDuration
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(duration: str) -> int:
    """Return a Duration in seconds: 180 for ``3m``."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def in_go(duration: str) -> str:
    """Return a Duration as Go reads it: ``180s`` for ``3m``."""
    return f"{seconds(duration)}s"


Secret = Annotated[
    SecretStr,
    BeforeValidator(_as_it_stands),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "additionalProperties": False,
            "description": "An encrypted value, as `pulumi config set --secret --path` writes it.",
        }
    ),
]
