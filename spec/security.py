"""Namespaces, and what may happen in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spec.base import Name, Section
from spec.services import Compute

SecretMechanism = Literal["kubernetes", "external-secrets", "sealed-secrets"]
Egress = Literal["restricted", "open"]


class Quota(Section):
    """The most that everything in a namespace may ask for together."""

    requests: Compute = Compute(cpu="4", memory="4Gi")
    limits: Compute = Compute(cpu="8", memory="8Gi")
    persistent_volume_claims: Annotated[int, Field(ge=0)] = 5


class LimitRange(Section):
    """What a container gets when it does not say."""

    default: Compute = Compute(cpu="500m", memory="512Mi")
    default_request: Compute = Compute(cpu="250m", memory="256Mi")


class Namespace(Section):
    """A namespace for workloads."""

    name: Name
    pod_security: Literal["privileged", "baseline", "restricted"] = "restricted"
    """Pod Security Standard that is enforced; warnings and audit are always `restricted`."""
    egress: Egress = "restricted"
    """`restricted`: DNS and what services declare; `open`: anywhere, for engines that fetch or replicate."""
    quota: Quota | None = None
    """Left out, the platform's default quota."""
    limit_range: LimitRange | None = None


class Security(Section):
    """Namespaces with their quotas; traffic is denied unless `uses` or a route allows it."""

    quota: Quota = Quota()
    limit_range: LimitRange = LimitRange()
    secrets: SecretMechanism = "kubernetes"
    """How secret material reaches pods: `kubernetes`, written by the program; `external-secrets`, kept in Secrets
    Manager, or in a namespace of its own where there is no AWS, and brought by an operator; `sealed-secrets`, encrypted
    before it reaches the cluster."""
    namespaces: Annotated[list[Namespace], Field(min_length=1)]
