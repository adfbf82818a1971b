"""Whether what was deployed runs: its rollout, then its public path."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from delivery.errors import Refused
from delivery.http import ask
from delivery.rollout import Look


class Unverified(Refused):
    """What was deployed does not run, or could not be seen to."""


@dataclass(frozen=True)
class Smoke:
    """A public path, and what it has to answer."""

    url: str
    status: int = 200
    contains: str = ""
    """Text that the answer has to hold, such as the version."""
    times: int = 3
    """So many answers in a row: one may come from a pod of the version before."""
    authority: str = ""
    """File with a certificate authority to trust beside those of the system."""

    def failure(self, seconds: float) -> str:
        """Ask once; return what was wrong, or nothing."""
        answer = ask(self.url, timeout=seconds, authority=self.authority)
        if answer.status != self.status:
            return f"{answer.status or 'no answer: ' + answer.body} instead of {self.status}"
        if self.contains not in answer.body:
            return f"the answer does not hold {self.contains!r}"
        return ""


def rollouts(looks: dict[str, Look], deadline: float, *, interval: float, tell: Callable[[str], None]) -> None:
    """Wait until every rollout is done. Raises Unverified when one fails, or at ``deadline`` by the monotonic clock."""
    said: dict[str, str] = {}
    while looks:
        for name, look in list(looks.items()):
            now = look()
            if said.get(name) != now.said:
                tell(f"{name}: {now.said}")
                said[name] = now.said
            if now.state == "failed":
                raise Unverified(f"{name}: {now.said}")
            if now.state == "done":
                del looks[name]
        if looks and time.monotonic() + interval > deadline:
            raise Unverified("; ".join(f"{name}: not done in time: {said[name]}" for name in looks))
        if looks:
            time.sleep(interval)


def smoke(check: Smoke, deadline: float, *, interval: float, tell: Callable[[str], None]) -> None:
    """Ask until ``check.times`` answers in a row are right. Raises Unverified at ``deadline``."""
    right, said = 0, ""
    while True:
        failure = check.failure(max(1.0, min(10.0, deadline - time.monotonic())))
        right = 0 if failure else right + 1
        if failure and failure != said:
            tell(f"{check.url}: {failure}")
        said = failure or said
        if right == check.times:
            tell(f"{check.url}: {check.status}, {check.times} times in a row")
            return
        if time.monotonic() + interval > deadline:
            raise Unverified(f"{check.url}: {failure or 'answered right, but not often enough in a row'}")
        time.sleep(interval)
