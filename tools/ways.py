"""The three ways a program comes onto the machine: already there, downloaded, or built.

Each way takes a Tool and gives a path, or raises Unavailable with the reason, which the caller collects.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tools.catalog import Tool
from tools.progress import CommandFailed, Heartbeat, run

ANSWER_TIMEOUT = 8.0
"""Seconds to wait for a publisher's server: where there is no way out, building should start soon."""

_CHUNK = 1 << 20


class Unavailable(Exception):
    """A way that did not work, and why."""


def version_of(program: Path, tool: Tool) -> str:
    """The version `program` says it has, as `1.2.3`; raises Unavailable if it does not run or says none."""
    try:
        answer = subprocess.run(
            [program, *tool.version_args],
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{program} does not run: {error}") from error
    version = re.search(r"\d+\.\d+\.\d+", answer.stdout)
    if answer.returncode != 0 or version is None:
        said = (answer.stderr or answer.stdout).strip()
        raise Unavailable(f"{program} {' '.join(tool.version_args)} gives no version: {said or 'no output'}")
    return version.group()


def on_path(tool: Tool) -> Path:
    """The program on the PATH, if it is of the catalog's major version and not older than it."""
    found = shutil.which(tool.name)
    if found is None:
        raise Unavailable(f"no {tool.name} there")
    version = version_of(Path(found), tool)
    has, needs = ([int(part) for part in text.split(".")] for text in (version, tool.version))
    if has < needs:
        raise Unavailable(f"{found} is {version}, too old: {tool.version} is the oldest that is tested")
    if has[0] != needs[0]:
        raise Unavailable(f"{found} is {version}, too new: major version {needs[0]} is needed")
    return Path(found)


def download(tool: Tool, into: Path) -> Path:
    """The publisher's release, compared with its published checksum, as a program in directory `into`."""
    if not tool.archive:
        raise Unavailable("its publisher has no archive to check by SHA-256")
    url = tool.fill(tool.archive)
    with Heartbeat(f"downloading {tool.title}") as heartbeat:
        try:
            checksums = _within(ANSWER_TIMEOUT, lambda: _get(tool.fill(tool.checksums), heartbeat)).decode(
                errors="replace"
            )
            archive = _get(url, heartbeat)
        except (OSError, HTTPException) as error:
            # URLError wraps the reason; others (time-outs, broken connections) are it.
            raise Unavailable(f"{urlsplit(url).hostname}: {getattr(error, 'reason', error)}") from error
    name = url.rsplit("/", 1)[1]
    published = re.search(rf"^([0-9a-f]{{64}})\s+\*?{re.escape(name)}$", checksums, re.MULTILINE)
    if published is None:
        raise Unavailable(f"{tool.fill(tool.checksums)} does not list {name}")
    if hashlib.sha256(archive).hexdigest() != published.group(1):
        raise Unavailable(f"{url} does not have the checksum that was published for it")
    return _extract(archive, tool, into / tool.name)


def _within(seconds: float, work: Callable[[], bytes]) -> bytes:
    """What `work` returns, or TimeoutError after `seconds`.

    urllib's own time-out counts for each address of a host anew, and for looking the name up not at all:
    behind a firewall that drops packets that is minutes.
    """
    future: Future[bytes] = Future()

    def work_on() -> None:
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=work_on, daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except TimeoutError:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None


def _get(url: str, heartbeat: Heartbeat) -> bytes:
    with urllib.request.urlopen(url, timeout=ANSWER_TIMEOUT) as response:
        size = int(response.headers.get("Content-Length") or 0)
        body = bytearray()
        while chunk := response.read(_CHUNK):
            body += chunk
            heartbeat.detail = f"{len(body) >> 20} of {size >> 20} MB"
        if len(body) < size:
            raise OSError(f"{url} broke off after {len(body)} of {size} bytes")
        return bytes(body)


def _extract(archive: bytes, tool: Tool, program: Path) -> Path:
    member = tool.fill(tool.member)
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            content = tar.extractfile(member)
            if content is None:
                raise KeyError(member)
            program.write_bytes(content.read())
    except (KeyError, tarfile.TarError) as error:
        raise Unavailable(f"no {member} in the archive of {tool.title}") from error
    program.chmod(0o755)
    return program


def build(tool: Tool, into: Path) -> Path:
    """The program built from the Go modules that its go.mod in `tools/` pins, in directory `into`."""
    go = shutil.which("go")
    if go is None:
        raise Unavailable("no go on the PATH")
    program = into / tool.name
    variables = " ".join(f"-X {name}={tool.fill(value)}" for name, value in tool.variables.items())
    tags = [f"-tags={tool.build_tags}"] if tool.build_tags else []
    flags = ["-v", "-mod=readonly", *tags, "-trimpath", "-buildvcs=false", "-ldflags", f"-s -w {variables}"]
    try:
        run(
            f"building {tool.title} from Go modules (about {tool.build_minutes} min the first time)",
            [go, "build", *flags, "-o", program, tool.package],
            cwd=tool.module,
            # As the publishers build: no C compiler is asked for. A go.work above the checkout has no say.
            env={"CGO_ENABLED": "0", "GOWORK": "off"},
        )
    except CommandFailed as error:
        raise Unavailable(str(error)) from error
    return program
