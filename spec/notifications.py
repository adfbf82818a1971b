"""Who is told of alerts, and by which way: critical ones call somebody, the others are read when somebody looks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from spec.base import Duration, Name, Secret, Section

Address = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}$"),
    Field(description="A mail address, with its domain in lower case."),
]


VaultPath = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([a-z0-9/_.-]*[a-z0-9])?$"),
    Field(description="The name of a secret, such as alertmanager-receivers."),
]


class Slack(Section):
    """A channel in Slack, by an incoming webhook."""

    channel: Annotated[str, StringConstraints(pattern=r"^[#@][^\s,]+$")]
    """With its first character: `#alerts`; in YAML it wants quotes."""
    webhook: Secret | None = None
    """Address of the webhook: whoever has it can write there."""


class Email(Section):
    """Mail, by somebody's server."""

    to: Annotated[list[Address], Field(min_length=1)]
    from_: Address = Field(alias="from")
    smarthost: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+:[0-9]{1,5}$")]
    """Host and port of the server, which has to offer STARTTLS: `email-smtp.us-east-1.amazonaws.com:587`."""
    username: str
    """Of Amazon SES it is the access key of an SMTP user."""
    password: Secret | None = None


class PagerDuty(Section):
    """A service in PagerDuty, by its Events API v2."""

    routing_key: Secret | None = None
    """The integration's key."""


class Notifications(Section):
    """Critical alerts go to PagerDuty, the others to Slack and mail; without PagerDuty all of them go there.

    Each of the secrets is given where it is used, encrypted, or all are in a Secret or a vault of yours.
    """

    slack: Slack | None = None
    email: Email | None = None
    pager_duty: PagerDuty | None = None
    existing_secret: Name | None = None
    """Name of a Secret in Prometheus' namespace with the keys `slack-webhook`, `email-password` and `pagerduty-key`, as
    far as they are needed. Alertmanager waits until it is there."""
    vault_secret: VaultPath | None = None
    """Name of a secret in the vault of external-secrets, behind the platform's own name and a slash, with those keys:
    an `up` waits until somebody has put it there."""
    group_interval: Duration = "5m"
    """What happens to a group of alerts within this time is told in one message."""
    repeat_interval: Duration = "4h"
    """After this time an alert that still fires is told again."""

    def secrets(self) -> dict[str, Secret | None]:
        """Return the secrets that are needed, by their keys; None for one that the stack file has not."""
        return {
            **({"slack-webhook": self.slack.webhook} if self.slack else {}),
            **({"email-password": self.email.password} if self.email else {}),
            **({"pagerduty-key": self.pager_duty.routing_key} if self.pager_duty else {}),
        }

    @model_validator(mode="after")
    def _reach_somebody(self) -> Notifications:
        if not (self.slack or self.email):
            what = "alerts that are not critical" if self.pager_duty else "alerts"
            raise ValueError(f"leave {what} to nobody; give slack or email")
        return self

    @model_validator(mode="after")
    def _have_each_secret_once(self) -> Notifications:
        given = [key for key, value in self.secrets().items() if value is not None]
        missing = [key for key, value in self.secrets().items() if value is None]
        elsewhere = {"existingSecret": self.existing_secret, "vaultSecret": self.vault_secret}
        named = [key for key, value in elsewhere.items() if value is not None]
        if not named and missing:
            raise ValueError(f"lack a secret, {', '.join(missing)}; encrypt it here, or name {' or '.join(elsewhere)}")
        if named and given:
            raise ValueError(f"have a secret twice, {', '.join(given)}; keep it here, or in {named[0]}")
        if len(named) > 1:
            raise ValueError(f"have secrets twice; name {' or '.join(named)}")
        return self
