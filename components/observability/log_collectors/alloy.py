"""Grafana Alloy: pods.alloy, and where it writes to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from components.observability.log_collectors.contract import (
    CA_FILE,
    POD_SECURITY,
    PRIORITY_CLASS,
    STATE,
    TOLERATIONS,
    UPDATE_STRATEGY,
    URL,
    Collector,
    Wiring,
    untemplated,
)
from components.observability.log_stores.contract import PASSWORD, USERNAME, LogStore, LokiApi
from components.pod_security import RESTRICTED_CONTAINER

_PODS = Path(__file__).with_name("pods.alloy")
_PORT = 12345


def configuration(store: LogStore) -> str:
    """Return Alloy's configuration file for a store that takes Loki's protocol."""
    assert isinstance(store.api, LokiApi)  # a rule of the spec
    settings = [
        f'url                 = sys.env("{URL}") + "/loki/api/v1/push"',
        # Zero means that it never gives up.
        "max_backoff_retries = 0",
        *([f"tenant_id           = {json.dumps(store.api.tenant)}"] if store.api.tenant else []),
    ]
    blocks = []
    if store.account:
        blocks.append(_block("basic_auth", f'username = sys.env("{USERNAME}")', f'password = sys.env("{PASSWORD}")'))
    if store.ca_certificate is not None:
        blocks.append(_block("tls_config", f'ca_file = "{CA_FILE}"'))
    endpoint = _block("endpoint", *settings, *(line for block in blocks for line in ("", *block.split("\n"))))
    return "\n".join([_PODS.read_text(), _block('loki.write "store"', *endpoint.split("\n")), ""])


def _block(name: str, *lines: str) -> str:
    return "\n".join([f"{name} {{", *(f"\t{line}" if line else "" for line in lines), "}"])


def _values(wiring: Wiring) -> dict[str, Any]:
    return {
        "fullnameOverride": "alloy",
        # Kubernetes' PodLogs, whose CRD it would be, are not used.
        "crds": {"create": False},
        "rbac": {"create": False},
        "serviceAccount": {"annotations": wiring.annotations, "automountServiceAccountToken": False},
        "global": {"podSecurityContext": POD_SECURITY},
        "configReloader": {"enabled": False},
        "alloy": {
            "configMap": {"content": untemplated(configuration(wiring.store))},
            "storagePath": STATE,
            # Anonymous usage data goes to Grafana Labs unless it is told not to.
            "enableReporting": False,
            "extraEnv": [*wiring.environment, {"name": "GOMEMLIMIT", "value": "230MiB"}],
            "mounts": {"extra": wiring.mounts},
            "resources": {
                "requests": {"cpu": "50m", "memory": "128Mi"},
                "limits": {"cpu": "500m", "memory": "256Mi"},
            },
            "securityContext": RESTRICTED_CONTAINER,
        },
        "controller": {
            "type": "daemonset",
            "tolerations": TOLERATIONS,
            "priorityClassName": PRIORITY_CLASS,
            "updateStrategy": UPDATE_STRATEGY,
            "volumes": {"extra": wiring.volumes},
        },
        "serviceMonitor": {"enabled": wiring.scraped},
    }


ALLOY = Collector("alloy", _PORT, _values)
