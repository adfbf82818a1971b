"""Who is told how a deployment went: a channel, and the commit."""

from __future__ import annotations

from delivery.errors import Refused
from delivery.github import GitHub
from delivery.http import ask

_ICONS = {
    "success": ":white_check_mark:",
    "failure": ":x:",
    "pending": ":hourglass_flowing_sand:",
    "error": ":warning:",
}


def slack(webhook: str, state: str, text: str, log: str = "") -> None:
    """Send a line to the channel of an incoming webhook. Raises Refused without the webhook's address, a secret.

    https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    """
    link = f" <{log}|log>" if log else ""
    answer = ask(webhook, method="POST", body={"text": f"{_ICONS.get(state, '')} {_escaped(text)}{link}"})
    if answer.status != 200:
        raise Refused(f"Slack answers {answer.status or 'nothing'}: {answer.body.replace(webhook, '[webhook]')[:100]}")


def commit(github: GitHub, sha: str, service: str, state: str, text: str, log: str = "") -> None:
    """Set the status that a commit of an application shows for a deployment."""
    github.status(sha, f"deploy {service}".strip(), state, text, log)


def _escaped(text: str) -> str:
    """https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
