"""The Secret with the token of a Slack bot."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.component import name_of
from spec.gitops import SlackBot

KEY = "token"
"""Key of the Secret that holds the token."""


def slack_token(
    name: str, slack: SlackBot, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> pulumi.Input[str]:
    """Return the name of a Secret in ``namespace`` with the token: one that somebody makes, or one made here."""
    if slack.existing_secret is not None:
        return slack.existing_secret
    assert slack.token is not None  # validated
    token = pulumi.Output.secret(slack.token.get_secret_value())
    made = Secret(name, metadata={"name": name, "namespace": namespace}, string_data={KEY: token}, opts=opts)
    return name_of(made)
