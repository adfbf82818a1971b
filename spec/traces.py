"""Traces: how many are kept, and where they go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spec.base import Name, Section
from spec.services import Compute, Resources

Ratio = Annotated[float, Field(ge=0, le=1, description="A share of all requests, from 0 to 1.")]


class SamplingRule(Section):
    """How many of the requests that come in at one service are traced."""

    service: Name
    ratio: Ratio


class Sampling(Section):
    """How many requests are traced; where a request comes in decides, and what it calls follows."""

    ratio: Ratio = 0.05
    rules: list[SamplingRule] = []
    """For services where another share is wanted."""

    def ratio_of(self, service: str) -> float:
        """Return the share that a service traces of what comes in at it."""
        return next((rule.ratio for rule in self.rules if rule.service == service), self.ratio)


class Traces(Section):
    """Traces of the services, which find an OpenTelemetry collector by their environment."""

    exporter: Literal["xray"]
    """AWS X-Ray."""
    sampling: Sampling = Sampling()
    replicas: Annotated[int, Field(ge=1, le=20)] = 1
    resources: Resources = Resources(
        requests=Compute(cpu="50m", memory="128Mi"), limits=Compute(cpu="500m", memory="256Mi")
    )
    pool: Name | None = None
