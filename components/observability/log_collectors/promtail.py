"""Promtail, for those who have it already: Alloy has taken its place."""

from __future__ import annotations

from typing import Any

import yaml

from components.observability.log_collectors.contract import (
    CA_FILE,
    POD_SECURITY,
    PODS,
    PRIORITY_CLASS,
    STATE,
    TOLERATIONS,
    UPDATE_STRATEGY,
    URL,
    Collector,
    Wiring,
    untemplated,
)
from components.observability.log_collectors.levels import ACCESS_PATTERN, PATTERNS, TEMPLATE
from components.observability.log_stores.contract import PASSWORD, USERNAME, LogStore, LokiApi
from components.pod_security import RESTRICTED_CONTAINER

_PORT = 3101
# It can't retry for ever: with five minutes between attempts, this is three and a half days.
_RETRIES = 1000

_STAGES: list[dict[str, Any]] = [
    {"cri": {}},
    # A line that is indented goes on with the entry before it: stack traces, pretty-printed objects.
    {"multiline": {"firstline": r"^\S", "max_wait_time": "1s", "max_lines": 256}},
    {
        "regex": {
            "source": "filename",
            "expression": rf"^{PODS}/(?P<namespace>[^_]+)_(?P<pod>[^_]+)_[^/]+/(?P<container>[^/]+)/",
        }
    },
    {"labels": dict.fromkeys(("namespace", "pod", "container"))},
    *({"regex": {"expression": pattern}} for pattern in PATTERNS),
    {"match": {"selector": '{namespace="ingress"}', "stages": [{"regex": {"expression": ACCESS_PATTERN}}]}},
    {"template": {"source": "level", "template": TEMPLATE}},
    {"labels": {"level": None}},
    {"labeldrop": ["filename", "stream"]},
]


def configuration(store: LogStore) -> dict[str, Any]:
    """Return Promtail's configuration file, as data, for a store that takes Loki's protocol.

    https://grafana.com/docs/loki/latest/send-data/promtail/configuration/
    """
    assert isinstance(store.api, LokiApi)  # a rule of the spec
    client: dict[str, Any] = {
        "url": f"${{{URL}}}/loki/api/v1/push",
        "backoff_config": {"min_period": "500ms", "max_period": "5m", "max_retries": _RETRIES},
    }
    if store.api.tenant:
        client["tenant_id"] = store.api.tenant
    if store.account:
        client["basic_auth"] = {"username": f"${{{USERNAME}}}", "password": f"${{{PASSWORD}}}"}
    if store.ca_certificate is not None:
        client["tls_config"] = {"ca_file": CA_FILE}
    return {
        "server": {"http_listen_port": _PORT, "log_level": "info"},
        "clients": [client],
        "positions": {"filename": f"{STATE}/positions.yaml"},
        "scrape_configs": [
            {
                "job_name": "pods",
                "static_configs": [{"targets": ["localhost"], "labels": {"__path__": f"{PODS}/*/*/*.log"}}],
                "pipeline_stages": _STAGES,
            }
        ],
    }


def _values(wiring: Wiring) -> dict[str, Any]:
    # Where variables are expanded, two backslashes become one.
    # https://grafana.com/docs/loki/latest/send-data/promtail/configuration/#use-environment-variables-in-the-configuration
    text = yaml.safe_dump(configuration(wiring.store), sort_keys=False, width=1000).replace("\\", "\\\\")
    return {
        "fullnameOverride": "promtail",
        "rbac": {"create": False},
        "automountServiceAccountToken": False,
        "serviceAccount": {"annotations": wiring.annotations, "automountServiceAccountToken": False},
        "configmap": {"enabled": True},
        "config": {"file": untemplated(text), "serverPort": _PORT},
        "extraArgs": ["-config.expand-env=true"],
        "extraEnv": wiring.environment,
        "defaultVolumes": wiring.volumes,
        "defaultVolumeMounts": wiring.mounts,
        "podSecurityContext": POD_SECURITY,
        "containerSecurityContext": RESTRICTED_CONTAINER,
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"cpu": "500m", "memory": "192Mi"},
        },
        "tolerations": TOLERATIONS,
        "priorityClassName": PRIORITY_CLASS,
        "updateStrategy": UPDATE_STRATEGY,
        "serviceMonitor": {"enabled": wiring.scraped},
    }


PROMTAIL = Collector(
    "promtail",
    _PORT,
    _values,
    warning="promtail has had no fixes since 2 March 2026; `collector: alloy` does the same and reads on where it is",
)
