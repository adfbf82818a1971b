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
# Services and their sidecars, as the nodes see their containers.
_IN = 'namespace=~"$namespace"'
_ONE = f'container!="", {_IN}'
_SIDECAR = 'container="istio-proxy"'
_CONTAINER = "{{namespace}}/{{container}}"


def _requests(*more: str) -> str:
    return f"rate(istio_requests_total{{{', '.join((_CALLED, *more))}}}[{RATE}])"


def _quantile(quantile: float) -> str:
    time = f"rate(istio_request_duration_milliseconds_bucket{{{_CALLED}}}[{RATE}])"
    return f"histogram_quantile({quantile}, sum by ({_BY}, le) ({time}))"


def _fullest(used: str, resource: str) -> str:
    """Of the fullest pod, by container: limits of a sidecar, a native one, are an init container's."""
    of = f'resource="{resource}", {_IN}'
    limit = f"kube_pod_container_resource_limits{{{of}}} or kube_pod_init_container_resource_limits{{{of}, {_SIDECAR}}}"
    by = "sum by (namespace, pod, container)"
    return f"max by (namespace, container) (100 * {by} ({used}) / {by} ({limit}))"


MESH = Dashboard(
    uid="mesh",
    title="Mesh",
    description="The four golden signals of every service as its sidecar sees them, and whether all is encrypted.",
    choices=[Choice("namespace", "istio_requests_total", "destination_service_namespace")],
    rows={
        "Latency": [
            Lines("Latency, 99 of 100", "ms", {_NAMED: _quantile(0.99)}, description="Alerts on it."),
            Lines(
                "Latency, typical and slow",
                "ms",
                {f"{_NAMED} median": _quantile(0.5), f"{_NAMED} 95 of 100": _quantile(0.95)},
            ),
        ],
        "Traffic": [
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
                "Encrypted",
                "percent",
                {"requests": f"100 * sum({_requests(_ENCRYPTED)}) / sum({_requests()})"},
                description="By mutual TLS.",
            ),
        ],
        "Errors": [
            Lines(
                "Errors",
                "percent",
                {_NAMED: f"100 * sum by ({_BY}) ({_requests(_FAILED)}) / sum by ({_BY}) ({_requests()})"},
                description="Answers of 500 and above. Alerts on it.",
            ),
            Lines(
                "Errors by status",
                "reqps",
                {f"{_NAMED} {{{{response_code}}}}": f"sum by ({_BY}, response_code) ({_requests(_FAILED)})"},
            ),
        ],
        "Saturation": [
            Lines(
                "CPU of its limit",
                "percent",
                {_CONTAINER: _fullest(f"rate(container_cpu_usage_seconds_total{{{_ONE}}}[{RATE}])", "cpu")},
                description="Of the fullest pod. Sidecars are istio-proxy, services have their own names.",
            ),
            Lines(
                "Memory of its limit",
                "percent",
                {_CONTAINER: _fullest(f"container_memory_working_set_bytes{{{_ONE}}}", "memory")},
                description="Of the fullest pod. Sidecars are istio-proxy, services have their own names.",
            ),
            Lines(
                "Waiting for CPU",
                "percent",
                {
                    _CONTAINER: "100 * sum by (namespace, container) "
                    f"(rate(container_cpu_cfs_throttled_periods_total{{{_ONE}}}[{RATE}])) "
                    f"/ sum by (namespace, container) (rate(container_cpu_cfs_periods_total{{{_ONE}}}[{RATE}]))"
                },
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
