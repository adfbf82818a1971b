"""Critical alerts call somebody, the others can wait, and no secret is where it can be read: asked of amtool."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.observability.metrics import Metrics
from components.observability.notifications import SUPERSEDED, configuration, receivers_secret
from components.secrets.external import ExternalSecrets
from components.secrets.vaults import CloudVault
from spec.alerts import thresholds
from spec.load import from_file, stack_file
from spec.notifications import Notifications
from spec.parts import Observability
from tests.components.around import SECRET, AnyCloud, Around, reached_at
from tests.recorder import Recorder, run
from tools.install import ensure

SLACK = {"channel": "#alerts-prod", "webhook": "https://hooks.slack.com/services/hunter2"}
EMAIL = {
    "to": ["oncall@tiketi.gg", "second@tiketi.gg"],
    "from": "alerts@tiketi.gg",
    "smarthost": "smtp.example.com:587",
    "username": "alerts",
    "password": "hunter3",
}
PAGER_DUTY = {"routingKey": "hunter4"}


def notifications(**given: Any) -> Notifications:
    return Notifications.model_validate(given)


def prod() -> Notifications:
    observability = from_file(stack_file("prod")).observability
    assert observability
    assert observability.alertmanager
    assert observability.alertmanager.notify
    return observability.alertmanager.notify


@pytest.fixture
def amtool(tmp_path: Path) -> Any:
    def ask(spec: Notifications, *arguments: str) -> str:
        path = tmp_path / "alertmanager.yaml"
        path.write_text(yaml.safe_dump(configuration(spec)))
        command = [ensure("amtool"), *arguments]
        ran = subprocess.run(
            [part.replace("CONFIG", str(path)) for part in map(str, command)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout.strip()

    return ask


def route(amtool: Any, spec: Notifications, **labels: str) -> str:
    given = [f"{name}={value}" for name, value in labels.items()]
    return amtool(spec, "config", "routes", "test", "--config.file=CONFIG", *given)


@pytest.mark.parametrize(
    "spec",
    [
        notifications(slack=SLACK),
        notifications(email=EMAIL),
        notifications(slack=SLACK, email=EMAIL, pagerDuty=PAGER_DUTY),
        prod(),
    ],
)
def test_alertmanager_takes_the_configuration(amtool: Any, spec: Notifications) -> None:
    assert "SUCCESS" in amtool(spec, "check-config", "CONFIG")


@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "on-call"), ("warning", "team"), ("info", "team"), ("unheard-of", "team")]
)
def test_critical_alerts_of_prod_call_somebody_and_the_others_can_wait(
    amtool: Any, severity: str, receiver: str
) -> None:
    assert route(amtool, prod(), alertname="Some", severity=severity) == receiver


def test_the_alert_that_always_fires_is_told_to_nobody(amtool: Any) -> None:
    assert route(amtool, prod(), alertname="Watchdog", severity="none") == "nobody"


def test_without_a_pager_everything_goes_to_the_team(amtool: Any) -> None:
    assert route(amtool, notifications(slack=SLACK), alertname="Some", severity="critical") == "team"


def test_prod_tells_the_channel_and_the_address_that_it_should_and_groups_for_five_minutes() -> None:
    made = configuration(prod())
    team = next(each for each in made["receivers"] if each["name"] == "team")
    assert [each["channel"] for each in team["slack_configs"]] == ["#alerts-prod"]
    assert [each["to"] for each in team["email_configs"]] == ["oncall@tiketi.gg"]
    assert made["route"]["group_interval"] == "5m"
    on_call = next(each for each in made["receivers"] if each["name"] == "on-call")
    assert set(on_call) == {"name", "pagerduty_configs"}


def test_an_alert_silences_only_those_that_there_are() -> None:
    assert {*SUPERSEDED, *(lesser for lesser, _ in SUPERSEDED.values())} <= set(thresholds())


def metrics(**notify: Any) -> Recorder:
    def program() -> None:
        around = Around("monitoring")
        spec = Observability.model_validate({"retention": "15d", "alertmanager": {"notify": notify or None}})
        Metrics("metrics", spec, cluster=around.cluster, ingress=around.ingress(), url=reached_at, **around.common)

    return run(program)


def test_secrets_are_in_their_secret_alone_and_alertmanager_has_it_mounted() -> None:
    made = metrics(slack=SLACK, email=EMAIL, pagerDuty=PAGER_DUTY)
    secret = made.one(SECRET, "metrics-receivers")
    assert set(secret["stringData"]) == {"slack-webhook", "email-password", "pagerduty-key"}
    assert secret.secrets
    assert "hunter" not in str([each.inputs for each in made if each is not secret])
    values = made.one("kubernetes:helm.sh/v3:Release", "kps")["values.alertmanager"]
    assert values["alertmanagerSpec"]["secrets"] == [secret["metadata.name"]]
    assert f"/etc/alertmanager/secrets/{secret['metadata.name']}/pagerduty-key" in str(values["config"])


def test_a_secret_that_is_there_is_mounted_and_none_is_made() -> None:
    made = metrics(slack={"channel": "#a"}, existingSecret="receivers")
    assert not [each for each in made.all(SECRET) if each.name == "metrics-receivers"]
    values = made.one("kubernetes:helm.sh/v3:Release", "kps")["values.alertmanager"]
    assert values["alertmanagerSpec"]["secrets"] == ["receivers"]
    assert "/etc/alertmanager/secrets/receivers/slack-webhook" in str(values["config"])


def test_a_secret_that_people_keep_in_the_vault_is_brought_with_the_keys_that_are_needed() -> None:
    def program() -> None:
        around = Around("monitoring")
        vault = CloudVault(AnyCloud())
        keeper = ExternalSecrets("external-secrets", vault, cluster=around.cluster, **around.common)
        given = {"slack": {"channel": "#a"}, "pagerDuty": {}, "vaultSecret": "receivers"}
        spec = Notifications.model_validate(given)
        receivers_secret("metrics", spec, "monitoring", keeper, around.common["opts"])

    made = run(program).one("kubernetes:external-secrets.io/v1:ExternalSecret")
    assert made["metadata.name"] == "alertmanager-receivers"
    # The `up` says that it is not there, in place of an Alertmanager that waits.
    assert made["metadata"]["annotations"] == {"pulumi.com/waitFor": "condition=Ready"}
    assert made["spec.data"] == [
        {"secretKey": key, "remoteRef": {"key": "any/receivers", "property": key}}
        for key in ("slack-webhook", "pagerduty-key")
    ]


def test_nobody_is_told_where_the_stack_file_names_nobody() -> None:
    assert "config" not in metrics().one("kubernetes:helm.sh/v3:Release", "kps")["values.alertmanager"]
