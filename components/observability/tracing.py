"""The contract between a collector of traces and the services that send it theirs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.data_tier.endpoint import Peer
from spec.services import Service
from spec.traces import Sampling


@dataclass(frozen=True)
class Tracing:
    """Where services send their traces, and how many of them."""

    endpoint: pulumi.Input[str]
    """URL that takes OTLP over gRPC."""
    peer: Peer
    sampling: Sampling

    def environment(self, service: Service) -> dict[str, pulumi.Input[str]]:
        """Return what every SDK of OpenTelemetry reads: a service that has one needs no other configuration.

        The first service of a request decides, by a share of all trace ids, and the others follow.
        https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
        """
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_PROPAGATORS": "tracecontext,baggage",
            "OTEL_RESOURCE_ATTRIBUTES": f"service.namespace={service.namespace},service.version={service.image.tag}",
            "OTEL_SERVICE_NAME": service.name,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(self.sampling.ratio_of(service.name)),
        }
