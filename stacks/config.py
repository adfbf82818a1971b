"""The stack's configuration, as Pulumi hands it to the program."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi.runtime import config as runtime

from spec.load import from_config, own
from spec.mistakes import SpecError
from spec.platform import Platform


def read() -> Platform:
    """Return the platform that the stack's file describes.

    Raises RunError, which Pulumi prints without a traceback, with every mistake in it.
    """
    given = {**runtime.get_config_env(), **runtime.CONFIG.get()}
    config = {key: _value(text) for key, text in own(given).items()}
    try:
        return from_config(config, f"Pulumi.{pulumi.get_stack()}.yaml")
    except SpecError as error:
        raise pulumi.RunError(str(error)) from None


def _value(text: str) -> Any:
    """Pulumi hands objects and arrays over as JSON, scalars as they are."""
    return json.loads(text) if text.startswith(("{", "[")) else text
