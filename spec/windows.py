"""Windows of time in which AWS takes backups and does maintenance, UTC."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES_OF_A_DAY = 24 * 60
_MINUTES_OF_A_WEEK = 7 * _MINUTES_OF_A_DAY

Window = Annotated[
    str,
    StringConstraints(pattern=rf"^{_TIME}-{_TIME}$"),
    Field(description="A time of every day, UTC, such as 03:00-04:00."),
]
WeeklyWindow = Annotated[
    str,
    StringConstraints(pattern=rf"^{_DAY}:{_TIME}-{_DAY}:{_TIME}$"),
    Field(description="A time of the week, UTC, such as sun:05:00-sun:06:00."),
]


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def length(window: str) -> int:
    """Return how many minutes a window has; one that ends before it begins goes on past midnight, or past Sunday."""
    begin, _, end = window.partition("-")
    if begin[0].isdigit():
        return (_minute(end) - _minute(begin)) % _MINUTES_OF_A_DAY
    return (_of_the_week(end) - _of_the_week(begin)) % _MINUTES_OF_A_WEEK


def overlap(daily: str, weekly: str) -> bool:
    """Return whether a window of every day and one of the week have a minute in common."""
    first = _of_the_week(weekly.partition("-")[0])
    taken = {(first + minute) % _MINUTES_OF_A_DAY for minute in range(length(weekly))}
    begin = _minute(daily.partition("-")[0])
    return any((begin + minute) % _MINUTES_OF_A_DAY in taken for minute in range(length(daily)))


def _of_the_week(text: str) -> int:
    day, _, time = text.partition(":")
    return _DAYS.index(day) * _MINUTES_OF_A_DAY + _minute(time)
