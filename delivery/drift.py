"""One issue that says which stacks are not as the program left them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from delivery import comment
from delivery.github import BOT, GitHub
from delivery.preview import Preview

LABEL = "drift"
MARKER = "<!-- groundwork: drift -->"

_HELP = """\
Somebody or something has changed what the program manages. Either take it into the stack file, or run
`pulumi up -s <stack> --refresh`, which puts it back. This issue is kept up to date every night, and is closed when
nothing differs any more."""

Did = Literal["opened", "updated", "closed", "nothing"]


def report(github: GitHub, found: Mapping[str, Preview], log: str = "") -> Did:
    """Open, update or close the one issue, after what a refresh ``found`` on each stack.

    A stack whose refresh failed counts as drifted: nobody knows. People are told by a comment only when the stacks that
    are named change, not every night.
    """
    drifted = {stack: each for stack, each in found.items() if each.changes or each.errors}
    issue = next(
        (
            each
            # By its first line, not by its label: people take labels off.
            for each in github.every("issues?state=open")
            if "pull_request" not in each and each["user"]["login"] == BOT and (each["body"] or "").startswith(MARKER)
        ),
        None,
    )
    if not drifted:
        if issue is None:
            return "nothing"
        github.reply(issue["number"], f"Nothing differs any more. {_log(log)}".strip())
        github.send("PATCH", f"issues/{issue['number']}", {"state": "closed", "state_reason": "completed"})
        return "closed"
    title = f"Drift: {', '.join(sorted(drifted))}"
    body = _body(drifted, log)
    if issue is None:
        github.send("POST", "issues", {"title": title, "body": body, "labels": [LABEL]})
        return "opened"
    github.send("PATCH", f"issues/{issue['number']}", {"title": title, "body": body})
    if issue["title"] != title:
        github.reply(issue["number"], f"{title}. {_log(log)}".strip())
    return "updated"


def _body(drifted: Mapping[str, Preview], log: str) -> str:
    parts = [MARKER, _HELP, *(comment.drift(stack, drifted[stack]) for stack in sorted(drifted)), _log(log)]
    body = "\n\n".join(part for part in parts if part)
    return body if len(body) <= comment.LIMIT else f"{body[: comment.LIMIT]}\n\n_The rest is in the log._"


def _log(log: str) -> str:
    return f"[The run]({log})" if log else ""
