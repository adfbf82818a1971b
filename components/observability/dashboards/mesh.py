"""The mesh, by Istio's standard metrics and those of its control plane.

https://istio.io/latest/docs/reference/config/metrics/, https://istio.io/latest/docs/reference/commands/pilot-discovery/
"""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Choice, Dashboard, Lines

# As the proxy of the called service counts them: each request once.
_CALLED = 'reporter="destination", destination_service_namespace=~"$namespace"'
_FAILED = 'response_code=~"5.."'
_ENCRYPTED = 'connection_security_policy="mutual_tls"'
_BY = "destination_service_namespace, destination_service_name"
_NAMED = "{{destination_service_namespace}}/{{destination_service_name}}"


def _requests(*more: str) -> str:
    return f"rate(istio_requests_total{{{', '.join((_CALLED, *more))}}}[{RATE}])"


def _quantile(quantile: float) -> str:
    time = f"rate(istio_request_duration_milliseconds_bucket{{{_CALLED}}}[{RATE}])"
    return f"histogram_quantile({quantile}, sum by ({_BY}, le) ({time}))"


MESH = Dashboard(
    uid="mesh",
    title="Mesh",
    description="Who calls whom, how it goes, and whether all of it is encrypted.",
    choices=[Choice("namespace", "istio_requests_total", "destination_service_namespace")],
    rows={
        "Requests": [
            Lines("Requests", "reqps", {_NAMED: f"sum by ({_BY}) ({_requests()})"}, stacked=True),
            Lines(
                "Who calls",
                "reqps",
                {
                    "{{source_workload}} to {{destination_service_name}}": (
                        f"sum by (source_workload, destination_service_name) ({_requests()})"
                    )
                },
            ),
            Lines(
                "Errors",
                "percent",
                {_NAMED: f"100 * sum by ({_BY}) ({_requests(_FAILED)}) / sum by ({_BY}) ({_requests()})"},
            ),
            Lines("Latency", "ms", {f"{_NAMED} median": _quantile(0.5), f"{_NAMED} 99 of 100": _quantile(0.99)}),
            Lines(
                "Encrypted",
                "percent",
                {"requests": f"100 * sum({_requests(_ENCRYPTED)}) / sum({_requests()})"},
                description="By mutual TLS.",
            ),
        ],
        "Control plane": [
            Lines("Proxies", "short", {"{{pod}}": "pilot_xds"}),
            Lines("Configuration sent", "ops", {"{{type}}": f"sum by (type) (rate(pilot_xds_pushes[{RATE}]))"}),
            Lines(
                "Configuration refused",
                "short",
                {"{{type}}": "sum by (type) (increase(pilot_total_xds_rejects[10m]))"},
            ),
            Lines(
                "Until a change has reached the proxies",
                "s",
                {
                    "99 of 100": "histogram_quantile(0.99, sum by (le) "
                    f"(rate(pilot_proxy_convergence_time_bucket[{RATE}])))"
                },
            ),
        ],
    },
)
