"""pulumi-random: values drawn once, and drawn anew when anything about them changes."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from sandbox import schema
from sandbox.emulator import UNKNOWN, Known, Properties, Refused, Resource

_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
_CLASSES: Final = {
    "Upper": string.ascii_uppercase,
    "Lower": string.ascii_lowercase,
    "Numeric": string.digits,
    "Special": _SPECIAL,
}
# As many words as a pet's name needs to look like one; the provider draws from a longer list.
_ADVERBS: Final = ("boldly", "briskly", "calmly", "deeply", "fairly", "gently", "gladly", "highly", "kindly", "neatly")
_ADJECTIVES: Final = (
    "able",
    "apt",
    "bold",
    "brave",
    "bright",
    "calm",
    "clever",
    "eager",
    "fair",
    "fond",
    "grand",
    "keen",
)
_ANIMALS: Final = ("ant", "badger", "bear", "bison", "camel", "crane", "deer", "eagle", "falcon", "fox", "hare", "ibis")


def _text(inputs: Properties) -> tuple[str, Properties]:
    """A string that has at least the wanted number of every class of characters."""
    given = inputs.get("overrideSpecial")
    classes = _CLASSES | ({"Special": given} if given else {})
    allowed = {name: chars for name, chars in classes.items() if inputs.get(name.lower(), True) is not False}
    least = {name: inputs.get(f"min{name}") or 0 for name in allowed}
    length = inputs["length"]
    if length < max(1, sum(least.values())):
        raise Refused(f"length {length} is less than 1 or the sum of the minima {sum(least.values())}", "length")
    if not allowed:
        raise Refused("at least one of upper, lower, numeric and special must be true", "upper")
    drawn = [secrets.choice(allowed[name]) for name, number in least.items() for _ in range(number)]
    drawn += [secrets.choice("".join(allowed.values())) for _ in range(length - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    flags = {name.lower(): name in allowed for name in _CLASSES} | {"number": "Numeric" in allowed}
    minima = {f"min{name}": inputs.get(f"min{name}") or 0 for name in _CLASSES}
    text = "".join(drawn)
    return text, flags | minima | {"result": text}


def _password(inputs: Properties) -> tuple[str, Properties]:
    import bcrypt

    text, outputs = _text(inputs)
    # bcrypt takes 72 bytes at most; cost 10 is what the provider hashes with.
    digest = bcrypt.hashpw(text.encode()[:72], bcrypt.gensalt(10)).decode()
    return "none", outputs | {"bcryptHash": digest}


def _forms(raw: bytes) -> Properties:
    return {"hex": raw.hex(), "base64": base64.b64encode(raw).decode()}


def _bytes(inputs: Properties) -> tuple[str, Properties]:
    forms = _forms(secrets.token_bytes(inputs["length"]))
    return hashlib.sha256(forms["hex"].encode()).hexdigest(), forms


def _id(inputs: Properties) -> tuple[str, Properties]:
    raw, prefix = secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix") or ""
    url = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    forms = {
        "hex": raw.hex(),
        "b64Std": base64.b64encode(raw).decode(),
        "b64Url": url,
        "dec": str(int.from_bytes(raw)),
    }
    return url, {name: prefix + form for name, form in forms.items()}


def _pet(inputs: Properties) -> tuple[str, Properties]:
    length, separator = inputs.get("length", 2), inputs.get("separator", "-")
    words = [secrets.choice(_ADVERBS) for _ in range(length - 2)]
    words += [secrets.choice(_ADJECTIVES)] * (length > 1) + [secrets.choice(_ANIMALS)]
    name = separator.join(filter(None, [inputs.get("prefix"), *words]))
    return name, {"length": length, "separator": separator}


def _integer(inputs: Properties) -> tuple[str, Properties]:
    low, high = inputs["min"], inputs["max"]
    if low > high:
        raise Refused(f"min {low} is greater than max {high}", "min")
    number = low + secrets.randbelow(high - low + 1)
    return str(number), {"result": number}


def _uuid(inputs: Properties) -> tuple[str, Properties]:
    drawn = str(uuid.uuid4())
    return drawn, {"result": drawn}


def _shuffle(inputs: Properties) -> tuple[str, Properties]:
    items = list(inputs["inputs"])
    secrets.SystemRandom().shuffle(items)
    return "-", {"results": items[: inputs.get("resultCount") or len(items)]}


_DRAW: Final[Mapping[str, Callable[[Properties], tuple[str, Properties]]]] = {
    "random:index/randomBytes:RandomBytes": _bytes,
    "random:index/randomId:RandomId": _id,
    "random:index/randomInteger:RandomInteger": _integer,
    "random:index/randomPassword:RandomPassword": _password,
    "random:index/randomPet:RandomPet": _pet,
    "random:index/randomShuffle:RandomShuffle": _shuffle,
    "random:index/randomString:RandomString": _text,
    "random:index/randomUuid:RandomUuid": _uuid,
}


class Random(Known):
    """Every change of an input draws anew, keepers included, as the provider does."""

    package: ClassVar[str] = "random"

    def check(self, r: Resource, olds: Properties, news: Properties) -> Properties:
        schema.of(r.type).check(news)
        return news

    def replaces(self, r: Resource, olds: Properties, news: Properties) -> list[str]:
        return sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))

    def preview(self, r: Resource, inputs: Properties) -> Properties:
        return dict.fromkeys(schema.of(r.type).outputs, UNKNOWN) | inputs

    def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
        draw = _DRAW.get(r.type)
        if draw is None:
            raise Refused(f"the sandbox does not have the resource type {r.type}")
        id, outputs = draw(inputs)
        return id, schema.of(r.type).complete(inputs | outputs)
