"""What Argo CD tells people of: a version that was delivered, one that could not be, a service that fell ill.

Triggers are those of Argo CD's own catalog:
https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/catalog/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import yaml

from components.slack import KEY
from spec.gitops import SlackBot

_WHAT = "{{.app.metadata.name}} ({{.app.spec.destination.namespace}})"
_REVISION = "{{.app.status.sync.revision}}"

# By name: when it is sent, and what is said. A version is told of once.
_EVENTS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "delivered": (
        {
            "when": "app.status.operationState != nil and app.status.operationState.phase in ['Succeeded']"
            " and app.status.health.status == 'Healthy'",
            "oncePer": "app.status.operationState?.syncResult?.revision",
        },
        f"{_WHAT} is healthy at {_REVISION}.",
    ),
    "failed": (
        {"when": "app.status.operationState != nil and app.status.operationState.phase in ['Error', 'Failed']"},
        f"{_WHAT} could not be delivered at {_REVISION}: {{{{.app.status.operationState.message}}}}",
    ),
    "degraded": ({"when": "app.status.health.status == 'Degraded'"}, f"{_WHAT} is degraded at {_REVISION}."),
}


def notifications(slack: SlackBot, secret: pulumi.Input[str]) -> dict[str, Any]:
    """Return the chart's values for telling a channel of every Application; ``secret`` names the token's Secret."""
    triggers = {name: {**when, "send": [name]} for name, (when, _) in _EVENTS.items()}
    return {
        "secret": {"create": False, "name": secret},
        "notifiers": {"service.slack": yaml.safe_dump({"token": f"${KEY}"})},
        "triggers": {f"trigger.{name}": yaml.safe_dump([trigger]) for name, trigger in triggers.items()},
        "templates": {f"template.{name}": yaml.safe_dump({"message": said}) for name, (_, said) in _EVENTS.items()},
        "subscriptions": [{"recipients": [f"slack:{slack.channel.removeprefix('#')}"], "triggers": list(_EVENTS)}],
    }
