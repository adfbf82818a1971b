"""The stack's configuration, as Pulumi hands it to the program."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi.runtime import config as runtime

from spec.clear_text import in_clear_text
from spec.load import NAMESPACE, ROOT, from_config, own, settings
from spec.mistakes import SpecError
from spec.platform import Platform


def read() -> Platform:
    """Return the platform that the stack's file describes.

    Raises RunError, which Pulumi prints without a traceback, with every mistake in it.
    """
    given = {**runtime.get_config_env(), **runtime.CONFIG.get()}
    config = {key: _value(text) for key, text in own(given).items()}
    file = ROOT / f"Pulumi.{pulumi.get_stack()}.yaml"
    try:
        platform = from_config(config, file.name)
        # What was encrypted is to be seen in the file alone.
        if file.is_file() and (mistakes := in_clear_text(platform, settings(file), NAMESPACE)):
            raise SpecError(file.name, mistakes)
    except SpecError as error:
        raise pulumi.RunError(str(error)) from None
    return platform


def _value(text: str) -> Any:
    """Return a value that Pulumi hands over: objects and arrays come as JSON, scalars as they are.

    A scalar may begin like JSON, such as a template that nobody filled in: the spec then says what is wrong with it.
    """
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
