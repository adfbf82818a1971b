"""What is in a packaged chart, and what has to change in it to be of use where there is no network."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zlib
from typing import Any

import yaml

_SCHEMA = "values.schema.json"
_DEFINITIONS = re.compile(r"[^/]+/(charts/[^/]+/)*crds/.*\.ya?ml")


class BadArchive(ValueError):
    """Not a packaged chart."""


def about(archive: bytes) -> dict[str, Any]:
    """Return the Chart.yaml of a packaged chart. Raises BadArchive."""
    for member, content in _files(archive):
        folder, _, path = member.name.partition("/")
        if folder and path == "Chart.yaml":
            try:
                return yaml.safe_load(content)
            except yaml.YAMLError as error:
                raise BadArchive(f"has a Chart.yaml that is not YAML: {error}") from None
    raise BadArchive("is not a packaged chart: it has no Chart.yaml")


def definitions(archive: bytes) -> list[str]:
    """Return the files of CRDs that Helm installs before it renders anything. Raises BadArchive."""
    return [content.decode() for member, content in _files(archive) if _DEFINITIONS.fullmatch(member.name)]


def self_contained(archive: bytes) -> tuple[bytes, int]:
    """Return a packaged chart whose schemas of values refer to nothing outside of it, and how many references went.

    Helm fetches what a schema refers to at every render, and fails where it can't. What such references describe are
    parts of Kubernetes' own API, which the API server checks anyway. An archive without any is returned as it is.
    """
    dropped = 0
    rewritten: list[tuple[tarfile.TarInfo, bytes]] = []
    for member, content in _files(archive):
        if member.name.rpartition("/")[2] == _SCHEMA:
            schema = json.loads(content)
            if count := _drop_outside_references(schema):
                dropped += count
                content = json.dumps(schema, indent=2).encode() + b"\n"
                member.size = len(content)
        rewritten.append((member, content))
    return (_packed(rewritten), dropped) if dropped else (archive, 0)


def _files(archive: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            opened = [(member, members.extractfile(member)) for member in members]
            return [(member, file.read() if file else b"") for member, file in opened]
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise BadArchive(f"is not a packaged chart: {error}") from None


def _packed(files: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """The same files make the same bytes: no time of packing goes in."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as members:
        for member, content in files:
            members.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)


def _drop_outside_references(schema: Any) -> int:
    """Take every `$ref` to a web site out of a JSON schema, in place; return how many there were."""
    match schema:
        case dict():
            reference = schema.get("$ref")
            outside = isinstance(reference, str) and reference.startswith(("http://", "https://"))
            if outside:
                del schema["$ref"]
            return outside + sum(_drop_outside_references(each) for each in schema.values())
        case list():
            return sum(_drop_outside_references(each) for each in schema)
    return 0
