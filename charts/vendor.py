"""A mirror: every pinned chart, downloaded, verified and packed as `groundwork:chartMirror` takes it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from charts.archive import BadArchive, about, self_contained
from charts.pins import Pin
from tools import ensure

PULL_SECONDS = 300
_AT_ONCE = 4

Pull = Callable[[Pin, Path], Path]
"""Downloads a chart into an empty directory and returns the archive. Raises NotVendored."""


class NotVendored(Exception):
    """A chart that the mirror does not get, and why."""


@dataclass(frozen=True)
class Vendored:
    """A chart that is in the mirror."""

    pin: Pin
    digest: str
    """Of the archive as its publisher has it."""
    verified: bool
    """Whether the digest was known before."""
    dropped: int
    """References to other hosts that its schemas have no more."""


def vendor(
    pins: Iterable[Pin], directory: Path, digests: Mapping[str, str], pull: Pull | None = None
) -> Iterator[Vendored | tuple[Pin, NotVendored]]:
    """Put every chart into ``directory``, and yield each, or why it is not there, in the order of ``pins``.

    A chart is written once it is known to be what ``digests``, by `Pin.stem`, and its pin say, and never in part.
    """
    directory.mkdir(parents=True, exist_ok=True)

    def one(pin: Pin) -> Vendored | tuple[Pin, NotVendored]:
        try:
            return _vendored(pin, directory, digests.get(pin.stem), pull or helm_pull)
        except NotVendored as reason:
            return pin, reason

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(one, pins)


def _vendored(pin: Pin, directory: Path, expected: str | None, pull: Pull) -> Vendored:
    with tempfile.TemporaryDirectory(dir=directory, prefix=".vendor-") as scratch:
        archive = pull(pin, Path(scratch)).read_bytes()
        digest = hashlib.sha256(archive).hexdigest()
        if expected is not None and digest != expected:
            raise NotVendored(f"its digest is {digest}, and charts/digests.yaml has {expected}")
        try:
            found = about(archive)
        except BadArchive as error:
            raise NotVendored(str(error)) from None
        if (found.get("name"), found.get("version")) != (pin.chart, pin.version):
            raise NotVendored(f"it calls itself {found.get('name')} {found.get('version')}")
        packed, dropped = self_contained(archive)
        whole = Path(scratch) / "packed"
        whole.write_bytes(packed)
        os.replace(whole, directory / pin.archive)
    return Vendored(pin, digest, expected is not None, dropped)


def helm_pull(pin: Pin, directory: Path) -> Path:
    """Have helm download a chart, with the proxies and registry logins that it knows. Raises NotVendored."""
    source = [f"{pin.repository}/{pin.chart}"] if pin.is_oci else [pin.chart, "--repo", pin.repository]
    command = [str(ensure("helm")), "pull", *source, "--version", pin.version, "--destination", str(directory)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PULL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotVendored(f"helm pull took longer than {PULL_SECONDS} s") from None
    if done.returncode:
        raise NotVendored(done.stderr.strip().removeprefix("Error: "))
    return next(directory.glob("*.tgz"))
