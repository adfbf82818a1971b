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
"""What a collector remembers, and what it could not send yet: on the node, so that its next pod goes on from there."""
CA_DIRECTORY = "/etc/log-store"
CA_FILE = f"{CA_DIRECTORY}/ca.crt"

# Nodes that are tainted, full or on their way out log, too.
TOLERATIONS = [{"operator": "Exists"}]
PRIORITY_CLASS = "system-node-critical"
# Nodes are many and one is as good as another: a change has not to wait for each of them in turn.
UPDATE_STRATEGY = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}

# The kubelet's files belong to root and nobody else may read them; root without capabilities is as little as does.
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
    """What whoever chooses it should know."""


def location(api: Api) -> dict[str, pulumi.Input[str]]:
    """Return the variables that say where a store is."""
    if isinstance(api, CloudWatchApi):
        return {GROUP: api.log_group}
    return {URL: api.address.url, HOST: api.address.host}


def untemplated(text: str) -> str:
    """Return text that is itself again once Helm has expanded it: charts take configuration files for templates."""
    return text.replace("{{", "{{ `{{` }}")
