"""Kubernetes itself: the API server and DNS, which every cluster lets Prometheus reach."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines

# A watch lasts as long as somebody watches.
_SHORT = 'verb!~"WATCH|CONNECT", subresource!~"proxy|attach|log|exec|portforward"'
_DNS = f"rate(coredns_dns_request_duration_seconds_bucket[{RATE}])"

KUBERNETES = Dashboard(
    uid="kubernetes",
    title="Kubernetes",
    description="The API server and DNS.",
    rows={
        "API server": [
            Lines(
                "Requests",
                "reqps",
                {"{{verb}}": f"sum by (verb) (rate(apiserver_request_total[{RATE}]))"},
                stacked=True,
            ),
            Lines(
                "Errors",
                "percent",
                {
                    "failed": f'100 * sum(rate(apiserver_request_total{{code=~"5.."}}[{RATE}])) '
                    f"/ sum(rate(apiserver_request_total[{RATE}]))"
                },
            ),
            Lines(
                "Latency, 99 of 100",
                "s",
                {
                    "{{verb}}": "histogram_quantile(0.99, sum by (verb, le) "
                    f"(rate(apiserver_request_duration_seconds_bucket{{{_SHORT}}}[{RATE}])))"
                },
            ),
            Lines(
                "Requests under way",
                "short",
                {"{{request_kind}}": "sum by (request_kind) (apiserver_current_inflight_requests)"},
            ),
        ],
        "DNS": [
            Lines(
                "Look-ups",
                "reqps",
                {"{{rcode}}": f"sum by (rcode) (rate(coredns_dns_responses_total[{RATE}]))"},
                stacked=True,
            ),
            Lines(
                "Latency",
                "s",
                {
                    "median": f"histogram_quantile(0.5, sum by (le) ({_DNS}))",
                    "99 of 100": f"histogram_quantile(0.99, sum by (le) ({_DNS}))",
                },
            ),
        ],
    },
)
