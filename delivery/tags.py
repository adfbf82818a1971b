"""An image's tag in a YAML file: read it, and write another one in its place without touching anything else.

The file is not written anew by a YAML library: the place of the scalar is found in the parsed document, and the
characters there are replaced. Comments, quotes, order, indentation and line ends stay as they are, and a diff is one
line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from delivery.errors import Refused

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")

# Safe without quotes for every reader: it is no number (1e10, 0x1f), date or boolean in YAML 1.1 or 1.2.
_PLAIN = re.compile(r"(?!(?i:y|n|yes|no|on|off|true|false|null|e\d+)$)[a-zA-Z][a-zA-Z0-9._-]*")


@dataclass(frozen=True)
class Place:
    """Where a tag is: in a file of Helm values under a dotted ``key``, or in a kustomization at the ``image`` named.

    ``services[auth]`` in a key is the entry of a list whose name is ``auth``. A kustomization with one image needs no
    name.
    """

    file: str
    key: str = "image.tag"
    image: str = ""

    def __str__(self) -> str:
        return f"{self.file} {self.image or self.key}"


def is_kustomization(file: str) -> bool:
    """Whether a file is one that Kustomize reads."""
    return PurePosixPath(file).name in ("kustomization.yaml", "kustomization.yml", "Kustomization")


def read(text: str, place: Place) -> str:
    """Return the tag that is at ``place``. Raises Refused where there is none."""
    return _scalar(text, place).value


def write(text: str, place: Place, tag: str) -> str:
    """Return ``text`` with ``tag`` at ``place``. Raises Refused for what is no tag, and where none can be set."""
    if not _TAG.fullmatch(tag):
        raise Refused(f"{tag!r} is no tag of an image: at most 128 letters, digits, dots, dashes and underscores")
    node = _scalar(text, place)
    if node.value == tag:
        return text
    quote = node.style if node.style in ("'", '"') else "" if _PLAIN.fullmatch(tag) else '"'
    return f"{text[: node.start_mark.index]}{quote}{tag}{quote}{text[node.end_mark.index :]}"


def _scalar(text: str, place: Place) -> yaml.ScalarNode:
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise Refused(f"{place.file} is not YAML: {error}") from None
    if is_kustomization(place.file):
        return _in_kustomization(root, place)
    *parents, last = place.key.split(".")
    holder = root
    for part in parents:
        key, _, name = part.rstrip("]").partition("[")
        holder = _child(holder, key)
        holder = _named(holder, name) if name else holder
    return _tag(holder, last, place, f"add it, with any value, under {place.key}")


def _in_kustomization(root: yaml.Node | None, place: Place) -> yaml.ScalarNode:
    images = _child(root, "images")
    entries = images.value if isinstance(images, yaml.SequenceNode) else []
    named = [node.value if isinstance(node := _child(entry, "name"), yaml.ScalarNode) else "" for entry in entries]
    wanted = place.image or (named[0] if len(named) == 1 else "")
    if not wanted:
        raise Refused(f"{place.file}: name the image whose tag is meant; there are {', '.join(named) or 'none'}")
    if wanted in named:
        return _tag(entries[named.index(wanted)], "newTag", place, "add it to the image's entry")
    raise Refused(f"{place.file}: images has no entry named {place.image!r}; there are {', '.join(named) or 'none'}")


def _tag(holder: yaml.Node | None, key: str, place: Place, remedy: str) -> yaml.ScalarNode:
    node, digest = _child(holder, key), _child(holder, "digest")
    if not isinstance(node, yaml.ScalarNode):
        raise Refused(f"{place} has no {key}; {remedy}")
    if isinstance(digest, yaml.ScalarNode) and digest.value:
        raise Refused(f"{place} has a digest beside its tag, and a digest wins: empty it, or the tag would do nothing")
    return node


def _named(node: yaml.Node | None, name: str) -> yaml.Node | None:
    for entry in node.value if isinstance(node, yaml.SequenceNode) else []:
        if isinstance(given := _child(entry, "name"), yaml.ScalarNode) and given.value == name:
            return entry
    return None


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    for name, value in node.value:
        if name.value == key:
            return value
    return None
