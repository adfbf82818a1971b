"""The commands that the pages give exist in the engine's program, with those flags."""

from __future__ import annotations

import re
import shlex
import subprocess
from functools import cache

import pytest

from spec.load import ROOT
from tools import ensure

pytestmark = pytest.mark.engine

COMMANDS = sorted(
    {
        line
        for page in ("state", "delivery", "operations", "growing")
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / f"{page}.md").read_text(), re.DOTALL)
        for line in block.splitlines()
        if line.startswith("pulumi ")
    }
)


@cache
def help_of(*words: str) -> str:
    command = [str(ensure("pulumi")), *words, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_on_a_page_is_one_that_there_is(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    names: list[str] = []
    # Help of something that is no command is the help of the command before it.
    while words and not words[0].startswith("-") and help_of(*names, words[0]) != help_of(*names):
        names.append(words.pop(0))
    assert names, line
    said = help_of(*names)
    for flag in [word.split("=")[0] for word in words if word.startswith("-")]:
        assert re.search(rf"(^|[\s,]){re.escape(flag)}\b", said), f"{' '.join(names)} has no {flag}"
