"""Application services by the four golden signals: https://sre.google/sre-book/monitoring-distributed-systems/."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Choice, Dashboard, Lines

_OF = 'namespace=~"$namespace", job=~"$service"'
_IN = 'namespace=~"$namespace"'


def _quantile(quantile: float) -> str:
    seconds = f"sum by (namespace, job, le) (rate(http_request_duration_seconds_bucket{{{_OF}}}[{RATE}]))"
    return f"histogram_quantile({quantile}, {seconds})"


def _of_limit(metric: str, resource: str) -> str:
    limit = f'kube_pod_container_resource_limits{{resource="{resource}", {_IN}}}'
    by = "sum by (namespace, container)"
    return f"100 * {by} ({metric}) / {by} ({limit})"


SERVICES = Dashboard(
    uid="services",
    title="Services: golden signals",
    description="Latency, traffic, errors and saturation of every application service.",
    choices=[
        Choice("namespace", "http_requests_total", "namespace"),
        Choice("service", 'http_requests_total{namespace=~"$namespace"}', "job"),
    ],
    rows={
        "Latency": [
            Lines(
                "HTTP latency, 99 of 100", "s", {"{{namespace}}/{{job}}": _quantile(0.99)}, description="Alerts on it."
            ),
            Lines(
                "HTTP latency, typical and slow",
                "s",
                {
                    "{{namespace}}/{{job}} median": _quantile(0.5),
                    "{{namespace}}/{{job}} 95 of 100": _quantile(0.95),
                },
            ),
        ],
        "Traffic": [
            Lines(
                "Requests",
                "reqps",
                {"{{namespace}}/{{job}}": f"sum by (namespace, job) (rate(http_requests_total{{{_OF}}}[{RATE}]))"},
                stacked=True,
            ),
            Lines(
                "Requests by status",
                "reqps",
                {"{{status}}": f"sum by (status) (rate(http_requests_total{{{_OF}}}[{RATE}]))"},
                stacked=True,
            ),
        ],
        "Errors": [
            Lines(
                "HTTP errors",
                "percent",
                {
                    "{{namespace}}/{{job}}": "100 * sum by (namespace, job) "
                    f'(rate(http_requests_total{{{_OF}, status=~"5.."}}[{RATE}])) '
                    f"/ sum by (namespace, job) (rate(http_requests_total{{{_OF}}}[{RATE}]))"
                },
                description="Answers of 500 and above. Alerts on it.",
            ),
            Lines(
                "Pods not ready",
                "short",
                {
                    "{{namespace}}/{{deployment}}": f"kube_deployment_spec_replicas{{{_IN}}} "
                    f"- kube_deployment_status_replicas_available{{{_IN}}}"
                },
            ),
        ],
        "Saturation": [
            Lines(
                "CPU of its limit",
                "percent",
                {
                    "{{namespace}}/{{container}}": _of_limit(
                        f'rate(container_cpu_usage_seconds_total{{container!="", {_IN}}}[{RATE}])', "cpu"
                    )
                },
            ),
            Lines(
                "Memory of its limit",
                "percent",
                {
                    "{{namespace}}/{{container}}": _of_limit(
                        f'container_memory_working_set_bytes{{container!="", {_IN}}}', "memory"
                    )
                },
            ),
            Lines(
                "Replicas",
                "short",
                {
                    "{{namespace}}/{{horizontalpodautoscaler}}": (
                        f"kube_horizontalpodautoscaler_status_current_replicas{{{_IN}}}"
                    ),
                    "{{namespace}}/{{horizontalpodautoscaler}} at most": (
                        f"kube_horizontalpodautoscaler_spec_max_replicas{{{_IN}}}"
                    ),
                },
            ),
            Lines(
                "Waiting for CPU",
                "percent",
                {
                    "{{namespace}}/{{container}}": "100 * sum by (namespace, container) "
                    f'(rate(container_cpu_cfs_throttled_periods_total{{container!="", {_IN}}}[{RATE}])) '
                    "/ sum by (namespace, container) "
                    f'(rate(container_cpu_cfs_periods_total{{container!="", {_IN}}}[{RATE}]))'
                },
            ),
        ],
    },
)
