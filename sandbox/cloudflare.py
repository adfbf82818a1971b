"""pulumi-cloudflare: a table of the resources that front a site, kept as records with Cloudflare's kind of ids."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from sandbox import schema
from sandbox.emulator import UNKNOWN, Emulator, Properties, Refused, Resource


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _nothing(inputs: Properties) -> Properties:
    return {}


@dataclass(frozen=True)
class Kind:
    """One resource type. identity: inputs that no two share and that cannot be changed. id: the input that
    is its id too, for those that Cloudflare knows by name. outputs: what the cloud adds to the inputs."""

    identity: tuple[str, ...]
    id: str = ""
    outputs: Callable[[Properties], Properties] = _nothing


_KINDS: Final[Mapping[str, Kind]] = {
    "cloudflare:index/dnsRecord:DnsRecord": Kind(
        ("zoneId", "name", "type", "content"), outputs=lambda i: {"proxiable": i["type"] in ("A", "AAAA", "CNAME")}
    ),
    "cloudflare:index/pagesDomain:PagesDomain": Kind(
        ("accountId", "projectName", "name"), id="name", outputs=lambda i: {"status": "active"}
    ),
    "cloudflare:index/pagesProject:PagesProject": Kind(
        ("accountId", "name"),
        id="name",
        outputs=lambda i: {"subdomain": f"{i['name']}.pages.dev", "domains": [f"{i['name']}.pages.dev"]},
    ),
    "cloudflare:index/r2Bucket:R2Bucket": Kind(("accountId", "name"), id="name"),
    "cloudflare:index/r2CustomDomain:R2CustomDomain": Kind(("accountId", "bucketName", "domain"), id="domain"),
    "cloudflare:index/ruleset:Ruleset": Kind(
        ("zoneId", "accountId", "kind", "phase"), outputs=lambda i: {"version": "1"}
    ),
    "cloudflare:index/workersCustomDomain:WorkersCustomDomain": Kind(("accountId", "hostname")),
    "cloudflare:index/workersRoute:WorkersRoute": Kind(("zoneId", "pattern")),
    "cloudflare:index/workersScript:WorkersScript": Kind(("accountId", "scriptName"), id="scriptName"),
    "cloudflare:index/zone:Zone": Kind(
        ("name",),
        outputs=lambda i: {"status": "active", "nameServers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]},
    ),
    "cloudflare:index/zoneSetting:ZoneSetting": Kind(
        ("zoneId", "settingId"), id="settingId", outputs=lambda i: {"editable": True}
    ),
}
_CHANGEABLE: Final = {"cloudflare:index/dnsRecord:DnsRecord": {"name", "type", "content"}}
"""Inputs that tell two records apart and still can be changed in place."""


class Cloudflare(Emulator):
    """Records by type and identity. The account is taken to own every zone that is asked for."""

    package: ClassVar[str] = "cloudflare"

    def __init__(self) -> None:
        self._records: dict[tuple[str, ...], Properties] = {}

    def _identity(self, r: Resource, inputs: Properties) -> tuple[str, ...]:
        return r.type, *(str(inputs.get(key)) for key in _kind(r).identity)

    def check(self, r: Resource, olds: Properties, news: Properties) -> Properties:
        _kind(r)
        schema.of(r.type).check(news)
        return news

    def replaces(self, r: Resource, olds: Properties, news: Properties) -> list[str]:
        keys = set(_kind(r).identity) - _CHANGEABLE.get(r.type, set())
        return sorted(key for key in keys if olds.get(key) != news.get(key))

    def delete_before_replace(self, r: Resource, news: Properties) -> bool:
        return True

    def preview(self, r: Resource, inputs: Properties) -> Properties:
        return dict.fromkeys(schema.of(r.type).outputs, UNKNOWN) | inputs

    def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
        identity, kind = self._identity(r, inputs), _kind(r)
        if identity in self._records:
            raise Refused(f"An identical record already exists: {', '.join(identity[1:])} (81058)")
        dates = {"createdOn": _now(), "modifiedOn": _now()}
        known = schema.of(r.type).outputs
        outputs = inputs | {key: date for key, date in dates.items() if key in known} | kind.outputs(inputs)
        self._records[identity] = schema.of(r.type).complete(outputs)
        return inputs[kind.id] if kind.id else secrets.token_hex(16), self._records[identity]

    def read(
        self, r: Resource, id: str, inputs: Properties, outputs: Properties
    ) -> tuple[Properties, Properties] | None:
        found = self._records.get(self._identity(r, outputs))
        return None if found is None else (inputs, found)

    def update(self, r: Resource, id: str, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        self.delete(r, id, outputs)
        self._records[self._identity(r, news)] = changed = outputs | news
        return changed

    def delete(self, r: Resource, id: str, outputs: Properties) -> None:
        self._records.pop(self._identity(r, outputs), None)

    def invoke(self, token: str, args: Properties, provider: str) -> Properties:
        if token != "cloudflare:index/getZone:getZone":
            return super().invoke(token, args, provider)
        name = (args.get("filter") or {}).get("name")
        id = args.get("zoneId") or hashlib.md5(str(name).encode(), usedforsecurity=False).hexdigest()
        return {**args, "id": id, "zoneId": id, "name": name, "status": "active"}

    def holds(self) -> Mapping[str, int]:
        return Counter(type.rpartition(":")[2] for type, *_ in self._records)

    def snapshot(self) -> dict[tuple[str, ...], Properties]:
        return self._records

    def restore(self, snapshot: dict[tuple[str, ...], Properties]) -> None:
        self._records = snapshot


def _kind(r: Resource) -> Kind:
    if r.type not in _KINDS:
        raise Refused(f"the sandbox does not have the resource type {r.type}")
    return _KINDS[r.type]
