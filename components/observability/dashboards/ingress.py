"""F5 NGINX Ingress Controller: what comes in, and how it is answered."""

from __future__ import annotations

from components.observability.dashboards.model import RATE, Dashboard, Lines

_LATENCY = "nginx_ingress_controller_upstream_server_response_latency_ms"
_BY = "resource_namespace, resource_name"
_NAMED = "{{resource_namespace}}/{{resource_name}}"


def _quantile(quantile: float) -> str:
    return f"histogram_quantile({quantile}, sum by ({_BY}, le) (rate({_LATENCY}_bucket[{RATE}])))"


INGRESS = Dashboard(
    uid="ingress",
    title="Ingress",
    description="What comes in by the ingress controller, and how services answer.",
    rows={
        "Requests": [
            Lines("Requests", "reqps", {_NAMED: f"sum by ({_BY}) (rate({_LATENCY}_count[{RATE}]))"}, stacked=True),
            Lines("Answers", "reqps", {"{{code}}": f"sum by (code) (rate({_LATENCY}_count[{RATE}]))"}, stacked=True),
            Lines(
                "Errors",
                "percent",
                {
                    _NAMED: f'100 * sum by ({_BY}) (rate({_LATENCY}_count{{code=~"5.."}}[{RATE}])) '
                    f"/ sum by ({_BY}) (rate({_LATENCY}_count[{RATE}]))"
                },
            ),
            Lines("Latency", "ms", {f"{_NAMED} median": _quantile(0.5), f"{_NAMED} 99 of 100": _quantile(0.99)}),
        ],
        "Controller": [
            Lines(
                "Connections",
                "short",
                {
                    "{{pod}} active": "nginx_ingress_nginx_connections_active",
                    "{{pod}} waiting": "nginx_ingress_nginx_connections_waiting",
                },
            ),
            Lines(
                "Connections accepted and handled",
                "cps",
                {
                    "{{pod}} accepted": f"rate(nginx_ingress_nginx_connections_accepted[{RATE}])",
                    "{{pod}} handled": f"rate(nginx_ingress_nginx_connections_handled[{RATE}])",
                },
                description="A difference is connections that it had to drop.",
            ),
            Lines(
                "Reloads",
                "short",
                {
                    "{{pod}} done": f"increase(nginx_ingress_controller_nginx_reloads_total[{RATE}])",
                    "{{pod}} failed": f"increase(nginx_ingress_controller_nginx_reload_errors_total[{RATE}])",
                },
            ),
            Lines(
                "Time of the last reload",
                "ms",
                {"{{pod}}": "nginx_ingress_controller_nginx_last_reload_milliseconds"},
            ),
        ],
    },
)
