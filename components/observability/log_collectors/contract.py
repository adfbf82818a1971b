"""The contract of a collector, and what all have in common: they run on every node and read the host's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.observability.log_stores.contract import Api, CloudWatchApi, LogStore
from components.pod_security import CONFINED

URL, HOST, GROUP = "LOG_STORE_URL", "LOG_STORE_HOST", "LOG_STORE_GROUP"
"""Environment variables that say where the store is, so that a configuration file is known before anything is made."""

PODS = "/var/log/pods"
STATE = "/var/lib/log-collector"
"""Read positions, and what could not be sent yet: on the node, so that a collector's next pod goes on from there."""
CA_DIRECTORY = "/etc/log-store"
CA_FILE = f"{CA_DIRECTORY}/ca.crt"

# Also on nodes that are tainted, full or being drained.
TOLERATIONS = [{"operator": "Exists"}]
PRIORITY_CLASS = "system-node-critical"
# Nodes may be many: a change need not wait for each of them in turn.
UPDATE_STRATEGY = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}

# The kubelet's files belong to root and nobody else may read them; root without capabilities is the least that does.
POD_SECURITY = {"runAsUser": 0, "runAsGroup": 0, "seccompProfile": CONFINED}


@dataclass(frozen=True)
class Wiring:
    """What a collector's pods get from the platform."""

    store: LogStore
    environment: Sequence[Mapping[str, Any]]
    """As a container has it; see `location` and `components.observability.log_stores.contract`."""
    volumes: Sequence[Mapping[str, Any]]
    mounts: Sequence[Mapping[str, Any]]
    """Of the volumes, at `PODS`, `STATE` and, where the store has a CA, `CA_DIRECTORY`."""
    annotations: Mapping[str, pulumi.Input[str]]
    """Of the service account."""
    scraped: bool


@dataclass(frozen=True)
class Collector:
    """A kind of collector."""

    chart: str
    metrics_port: int
    values: Callable[[Wiring], dict[str, Any]]
    warning: str = ""
    """Shown at every `up` to whoever has chosen it."""


def location(api: Api) -> dict[str, pulumi.Input[str]]:
    """Return the variables that say where a store is."""
    if isinstance(api, CloudWatchApi):
        return {GROUP: api.log_group}
    return {URL: api.address.url, HOST: api.address.host}


def untemplated(text: str) -> str:
    """Return ``text`` escaped for Helm, as charts expand configuration files as templates."""
    return text.replace("{{", "{{ `{{` }}")
