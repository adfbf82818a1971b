"""Git, as a program, with a token that no output shows."""

from __future__ import annotations

import base64
import os
import random
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from delivery.errors import Refused

AUTHOR = {"name": "delivery", "email": "delivery@users.noreply.github.com"}
"""Who commits where the environment names nobody."""

# What a remote says to a push that came second, in the wordings of git, GitHub and GitLab.
_SECOND = ("non-fast-forward", "fetch first", "cannot lock ref", "failed to update ref", "incorrect old value")

_LONGEST_WAIT = 8.0


class GitFailed(Refused):
    """A git command that ended in error; the message is what git said."""


class Git:
    """A repository on this machine."""

    def __init__(self, directory: Path, token: str = "") -> None:
        """``token`` is for HTTPS remotes; it is passed by environment, never on a command line or in a file."""
        self.directory = directory
        self._basic = base64.b64encode(f"x-access-token:{token}".encode()).decode() if token else ""
        self._secrets = [secret for secret in (token, self._basic) if secret]

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Run one command and return what it printed, without the last line's end. Raises GitFailed."""
        if not self.directory.is_dir():
            raise GitFailed(f"git {arguments[0]}: there is no directory {self.directory}")
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.directory,
            env=os.environ | self._environment(),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise GitFailed(self._redacted(f"git {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}"))
        return done.stdout.removesuffix("\n")

    def _environment(self) -> dict[str, str]:
        config: dict[str, str] = {"credential.helper": "", "core.askPass": ""}
        if self._basic:
            config["http.extraHeader"] = f"Authorization: Basic {self._basic}"
        for role in ("author", "committer"):
            for key, value in AUTHOR.items():
                if not os.environ.get(f"GIT_{role}_{key}".upper()):
                    config[f"{role}.{key}"] = value
        pairs = [
            (f"GIT_CONFIG_{part}_{n}", text) for n, pair in enumerate(config.items()) for part, text in _named(pair)
        ]
        return {"GIT_CONFIG_COUNT": str(len(config)), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **dict(pairs)}

    def _redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[token]")
        return text

    def files(self, revision: str) -> Mapping[str, str]:
        """Return the text files of a revision by their paths; what is not UTF-8 is left out."""
        rows = [row.partition("\t") for row in self("ls-tree", "-r", "-z", revision).split("\0") if row]
        blobs = [(meta.split()[2], path) for meta, _, path in rows if meta.split()[1] == "blob"]
        done = subprocess.run(
            ["git", "cat-file", "--batch"],
            cwd=self.directory,
            env=os.environ | self._environment(),
            input="".join(f"{blob}\n" for blob, _ in blobs).encode(),
            capture_output=True,
            check=True,
        )
        found, place = {}, 0
        for _, path in blobs:
            header, _, _ = done.stdout[place:].partition(b"\n")
            start = place + len(header) + 1
            size = int(header.split()[2])
            place = start + size + 1
            try:
                found[path] = done.stdout[start : start + size].decode()
            except UnicodeDecodeError:
                continue
        return found


def _named(pair: tuple[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("KEY", pair[0]), ("VALUE", pair[1])


def clone(url: str, branch: str, directory: Path, token: str = "") -> Git:
    """Clone one branch without the contents of its history, and return the repository."""
    directory.mkdir(parents=True, exist_ok=True)
    git = Git(directory, token)
    git("clone", "--quiet", "--filter=blob:none", "--single-branch", "--branch", branch, url, ".")
    return git


def push(git: Git, branch: str, change: Callable[[], str | None], *, attempts: int = 10) -> str | None:
    """Make a change on top of the newest ``branch`` and push it; return the commit, or None if nothing was to change.

    ``change`` edits the files and returns the commit's message, or None. It runs anew on every attempt, on what others
    have pushed in the meantime: two changes at once both survive, and neither is merged line by line. Raises GitFailed
    when the remote refuses for any other reason than that somebody was first, or does so ``attempts`` times.
    """
    for attempt in range(1, attempts + 1):
        git("fetch", "--quiet", "origin", branch)
        git("reset", "--quiet", "--hard", "FETCH_HEAD")
        message = change()
        if message is None or not git("status", "--porcelain"):
            return None
        git("commit", "--quiet", "--all", "--file=-", stdin=message)
        try:
            git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        except GitFailed as error:
            if attempt == attempts or not any(words in str(error) for words in _SECOND):
                raise
            # Spread, so that those who collided do not meet again.
            time.sleep(random.uniform(0.2, 1.0) * min(0.1 * 2**attempt, _LONGEST_WAIT))
        else:
            return git("rev-parse", "HEAD")
    return None
