"""Verification against a real server."""

from __future__ import annotations

import time

import pytest

from delivery.rollout import Progress
from delivery.verify import Smoke, Unverified, rollouts, smoke
from tests.delivery.conftest import Request, Web


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def check(web: Web, *answers: tuple[int, str], contains: str = "", times: int = 3, seconds: float = 5) -> list[str]:
    """Smoke test a path that gives these answers, the last one for ever; return what was said."""
    left, said = list(answers), []
    web.routes["/healthz"] = lambda _: left.pop(0) if len(left) > 1 else left[0]
    smoke(Smoke(f"{web.url}/healthz", contains=contains, times=times), soon(seconds), interval=0.01, tell=said.append)
    return said


def test_a_path_that_answers_is_asked_so_many_times(web: Web) -> None:
    assert check(web, (200, "ok")) == [f"{web.url}/healthz: 200, 3 times in a row"]
    assert len(web.asked) == 3


def test_right_answers_count_only_in_a_row(web: Web) -> None:
    check(web, (200, ""), (200, ""), (502, ""), (200, ""))
    assert len(web.asked) == 6


def test_a_path_that_does_not_come_up_in_time_fails_with_what_it_said(web: Web) -> None:
    with pytest.raises(Unverified, match="503 instead of 200"):
        check(web, (503, "down"), seconds=0.1)


def test_an_answer_of_the_old_version_does_not_count(web: Web) -> None:
    check(web, (200, "version 1"), (200, "version 2"), contains="version 2")
    with pytest.raises(Unverified, match="does not hold 'version 2'"):
        check(web, (200, "version 1"), contains="version 2", seconds=0.1)


def test_nobody_there_is_a_failure_that_says_so() -> None:
    with pytest.raises(Unverified, match="no answer"):
        smoke(Smoke("http://127.0.0.1:1/"), soon(0.05), interval=0.01, tell=lambda _: None)


def test_an_answer_that_breaks_off_is_asked_for_again(web: Web) -> None:
    left: list[tuple[int, str, dict[str, str]]] = [
        (200, "o", {"Content-Length": "99"}),
        (502, "", {"Content-Length": "9"}),
    ]
    web.routes["/healthz"] = lambda _: left.pop() if left else (200, "ok")
    smoke(Smoke(f"{web.url}/healthz", times=1), soon(), interval=0.01, tell=lambda _: None)
    assert len(web.asked) == 3


def test_a_redirect_is_an_answer_and_not_followed(web: Web) -> None:
    def redirect(_: Request) -> tuple[int, str, dict[str, str]]:
        return 301, "", {"Location": f"{web.url}/elsewhere"}

    web.routes["/healthz"] = redirect
    with pytest.raises(Unverified, match="301 instead of 200"):
        smoke(Smoke(f"{web.url}/healthz"), soon(0.05), interval=0.01, tell=lambda _: None)
    assert {asked.path for asked in web.asked} == {"/healthz"}


def test_rollouts_are_waited_for_and_each_news_is_said_once() -> None:
    steps = [Progress("waiting", "syncing"), Progress("waiting", "syncing"), Progress("done", "healthy")]
    said: list[str] = []
    rollouts({"auth": lambda: steps.pop(0)}, soon(), interval=0.01, tell=said.append)
    assert said == ["auth: syncing", "auth: healthy"]


def test_a_rollout_that_failed_ends_the_wait_at_once() -> None:
    with pytest.raises(Unverified, match="auth: CrashLoopBackOff"):
        rollouts({"auth": lambda: Progress("failed", "CrashLoopBackOff")}, soon(60), interval=1, tell=lambda _: None)


def test_a_rollout_that_takes_too_long_fails_with_where_it_was() -> None:
    with pytest.raises(Unverified, match="auth: not done in time: 1 of 2 replicas"):
        rollouts(
            {"auth": lambda: Progress("waiting", "1 of 2 replicas")}, soon(0.05), interval=0.01, tell=lambda _: None
        )
