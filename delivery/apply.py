"""Whether a comment on a pull request may bring a stack up: who asks, for what, and what state the branch is in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from delivery.errors import Refused
from delivery.github import GitHub
from delivery.roles import variable

CONTEXT = "pulumi up"
"""Begins the commit statuses that an update leaves; the stack follows."""

# Conclusions of a check that nobody has to look at.
_GREEN = ("success", "neutral", "skipped")

_COMMAND = re.compile(r"pulumi up ([a-z][a-z0-9-]*)(?: @?([0-9a-f]{7,40}))?")


@dataclass(frozen=True)
class Request:
    """What a comment asks for."""

    stack: str
    sha: str
    """The commit that was meant, or the beginning of it; empty: the newest."""
    author: str
    number: int


@dataclass(frozen=True)
class Admission:
    """What may be brought up: exactly this commit, and nothing that is pushed later."""

    stack: str
    sha: str
    role: str


class NotAdmitted(Refused):
    """A request that may not be carried out; the message is a list of all that stands against it."""


class NobodyAsked(Refused):
    """A request of somebody who has no say here: no answer is due, lest strangers have a bot write comments."""


def request(event: Mapping[str, Any]) -> Request | None:
    """Return what an ``issue_comment`` event asks for; None where its first line is no command."""
    lines = event["comment"]["body"].strip().splitlines() or [""]
    match = _COMMAND.fullmatch(" ".join(lines[0].split()))
    if not match or "pull_request" not in event["issue"]:
        return None
    return Request(match[1], match[2] or "", event["comment"]["user"]["login"], event["issue"]["number"])


def admit(github: GitHub, asked: Request, variables: Mapping[str, str], allowed: Sequence[str] = ()) -> Admission:
    """Return what may be brought up. Raises NotAdmitted with everything that stands against it, or NobodyAsked.

    ``variables`` are the repository's, with the stacks' roles. ``allowed`` names the people who may ask, where that are
    fewer than may write to the repository.
    """
    # https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    permission = github.get(f"collaborators/{quote(asked.author)}/permission")["permission"]
    if permission not in ("admin", "write"):
        raise NobodyAsked(f"{asked.author} may not write to the repository")
    pull = github.get(f"pulls/{asked.number}")
    role = variables.get(variable("DEPLOY_ROLE", asked.stack), "")
    against = [
        *([f"{asked.author} is not named in APPLY_ALLOWED"] if allowed and asked.author not in allowed else []),
        *_of_pull_request(github, pull, asked),
        *([] if role else [f"there is no variable {variable('DEPLOY_ROLE', asked.stack)} with a role for the stack"]),
        *_of_branch(github, pull),
        *_of_checks(github, pull["head"]["sha"]),
    ]
    if against:
        raise NotAdmitted("\n".join(f"- {each}" for each in against))
    return Admission(asked.stack, pull["head"]["sha"], role)


def _of_pull_request(github: GitHub, pull: Mapping[str, Any], asked: Request) -> Iterator[str]:
    if pull["state"] != "open":
        yield "the pull request is closed"
    if pull["draft"]:
        yield "the pull request is a draft"
    if (pull["head"]["repo"] or {}).get("full_name") != github.repository:
        yield "the branch is in a fork"
    if pull["base"]["ref"] != pull["base"]["repo"]["default_branch"]:
        yield f"the pull request is not against {pull['base']['repo']['default_branch']}"
    if asked.sha and not pull["head"]["sha"].startswith(asked.sha):
        yield f"the newest commit is {pull['head']['sha'][:12]}, not {asked.sha[:12]}"


def _of_branch(github: GitHub, pull: Mapping[str, Any]) -> Iterator[str]:
    base = pull["base"]["ref"]
    behind = github.get(f"compare/{quote(base)}...{pull['head']['sha']}")["behind_by"]
    if behind:
        yield f"the branch is {behind} commits behind {base}: applying it would take back what those did"
    if pull["mergeable"] is False:
        yield "the branch has conflicts"


def _of_checks(github: GitHub, sha: str) -> Iterator[str]:
    runs = list(github.every(f"commits/{sha}/check-runs", "check_runs"))
    statuses = [
        each for each in github.every(f"commits/{sha}/status", "statuses") if not each["context"].startswith(CONTEXT)
    ]
    if not runs and not statuses:
        yield "no check has run on the newest commit"
    red = [run["name"] for run in runs if run["status"] == "completed" and run["conclusion"] not in _GREEN]
    red += [each["context"] for each in statuses if each["state"] in ("failure", "error")]
    running = [run["name"] for run in runs if run["status"] != "completed"]
    running += [each["context"] for each in statuses if each["state"] == "pending"]
    if red:
        yield f"checks failed: {', '.join(sorted(set(red)))}"
    if running:
        yield f"checks are still running: {', '.join(sorted(set(running)))}"
