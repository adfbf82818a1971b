"""The commands that the pages give exist in the engine's program, with those flags."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache

import pytest

from spec.load import ROOT
from tools import ensure

pytestmark = pytest.mark.engine

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(page: str) -> Iterator[str]:
    """The commands of ``pulumi`` in a page's blocks of shell and in its lines, also behind a pipe or ``xargs``."""
    page = page.replace("\\\n", " ")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^    (pulumi .*)$", page, re.MULTILINE)
    lines += [" ".join(span.split()) for span in re.findall(r"(?<!`)`(pulumi [a-z][^`]*)`(?!`)", page)]
    for line in lines:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        part: list[str] = []
        for word in [*lexer, ";"]:
            if not set(word) <= set("|&;"):
                part.append(word)
                continue
            if "pulumi" in part:
                yield shlex.join(part[part.index("pulumi") + 1 :])
            part = []


COMMANDS = sorted({command for page in PAGES for command in commands(page.read_text())})


@cache
def help_of(*words: str) -> str:
    command = [str(ensure("pulumi")), *words, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_commands_are_found_wherever_a_page_has_them() -> None:
    page = """
```sh
pulumi stack -s prod --show-urns | grep -o 'urn:.*|.*' |
  xargs -n 1 pulumi state delete -y && pulumi up   # and more
make up
```

    pulumi config set --secret --path 'a.b'

Then `pulumi preview
--json`, not `pulumi-aws`.
"""
    found = ["stack -s prod --show-urns", "state delete -y", "up", "config set --secret --path a.b", "preview --json"]
    assert list(commands(page)) == found


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_on_a_page_is_one_that_there_is(line: str) -> None:
    words = shlex.split(line)
    names: list[str] = []
    # Help of something that is no command is the help of the command before it.
    while words and not words[0].startswith("-") and help_of(*names, words[0]) != help_of(*names):
        names.append(words.pop(0))
    assert names, line
    said = help_of(*names)
    for flag in [word.split("=")[0] for word in words if word.startswith("-")]:
        assert re.search(rf"(^|[\s,]){re.escape(flag)}\b", said), f"{' '.join(names)} has no {flag}"
