"""How Alertmanager tells people: its configuration, which has no secret in it, and the Secret that it reads them from.

https://prometheus.io/docs/alerting/latest/configuration/
"""

from __future__ import annotations

from typing import Any

import pulumi

from components.secrets.contract import Secrets
from spec.notifications import Email, Notifications, Slack

_SECRET = "alertmanager-receivers"
# Where the Prometheus operator mounts what `alertmanagerSpec.secrets` names.
_MOUNTED = "/etc/alertmanager/secrets"

NOBODY, TEAM, ON_CALL = "nobody", "team", "on-call"
"""Receivers: of alerts that are not for people, of those that can wait, and of those that call somebody."""

# The graver of two alerts about one thing: the lesser that it silences, and the labels in which both agree.
SUPERSEDED = {
    "VolumeFull": ("VolumeFillingUp", ("namespace", "persistentvolumeclaim")),
    "NodeFilesystemFull": ("NodeFilesystemLow", ("instance", "mountpoint")),
    "DeploymentUnavailable": ("DeploymentReplicasMissing", ("namespace", "deployment")),
}

_TITLE = "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.namespace }}"
_TEXT = "{{ range .Alerts }}*{{ .Annotations.summary }}*\n{{ .Annotations.runbook }}\n{{ end }}"


def configuration(spec: Notifications) -> dict[str, Any]:
    """Return Alertmanager's configuration; secrets in it are files of the Secret that `secret_name` names."""
    directory = f"{_MOUNTED}/{secret_name(spec)}"
    pages = [{"matchers": ['severity = "critical"'], "receiver": ON_CALL}] if spec.pager_duty else []
    team = {
        **({"slack_configs": [_slack(spec.slack, directory)]} if spec.slack else {}),
        **({"email_configs": [_email(spec.email, to, directory) for to in spec.email.to]} if spec.email else {}),
    }
    on_call = [{"name": ON_CALL, "pagerduty_configs": [_pager_duty(directory)]}] if spec.pager_duty else []
    return {
        "route": {
            "receiver": TEAM,
            "group_by": ["alertname", "namespace"],
            # Whoever is called should not wait for company.
            "group_wait": "30s",
            "group_interval": spec.group_interval,
            "repeat_interval": spec.repeat_interval,
            "routes": [
                # It always fires.
                {"matchers": ['alertname = "Watchdog"'], "receiver": NOBODY},
                *pages,
            ],
        },
        "inhibit_rules": [
            {
                "source_matchers": [f'alertname = "{worse}"'],
                "target_matchers": [f'alertname = "{lesser}"'],
                "equal": list(same),
            }
            for worse, (lesser, same) in SUPERSEDED.items()
        ],
        "receivers": [{"name": NOBODY}, {"name": TEAM, **team}, *on_call],
    }


def secret_name(spec: Notifications) -> str:
    """Return the name of the Secret that Alertmanager mounts."""
    return spec.existing_secret or _SECRET


def receivers_secret(
    name: str, spec: Notifications, namespace: pulumi.Input[str], secrets: Secrets, opts: pulumi.ResourceOptions
) -> None:
    """Make the Secret with what the stack file has encrypted or a vault has; none where somebody else makes it."""
    if spec.vault_secret:
        keys = list(spec.secrets())
        secrets.fetch(f"{name}-receivers", spec.vault_secret, keys, namespace=namespace, name=_SECRET, opts=opts)
    given = {key: value for key, value in spec.secrets().items() if value is not None}
    if given:
        secrets.keep(
            f"{name}-receivers",
            {key: pulumi.Output.secret(value.get_secret_value()) for key, value in given.items()},
            namespace=namespace,
            name=_SECRET,
            opts=opts,
        )


def _slack(spec: Slack, directory: str) -> dict[str, Any]:
    return {
        "api_url_file": f"{directory}/slack-webhook",
        "channel": spec.channel,
        "send_resolved": True,
        "title": _TITLE,
        "text": _TEXT,
    }


def _email(spec: Email, to: str, directory: str) -> dict[str, Any]:
    return {
        "to": to,
        "from": spec.from_,
        "smarthost": spec.smarthost,
        "auth_username": spec.username,
        "auth_password_file": f"{directory}/email-password",
        "send_resolved": True,
    }


def _pager_duty(directory: str) -> dict[str, Any]:
    return {
        "routing_key_file": f"{directory}/pagerduty-key",
        "severity": "critical",
        "description": "{{ .CommonLabels.alertname }}: {{ (index .Alerts 0).Annotations.summary }}",
        "details": {"runbook": "{{ (index .Alerts 0).Annotations.runbook }}"},
    }
