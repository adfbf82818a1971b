"""Creates, reads, changes and deletes what `sandbox.aws.rows` has a row for, through boto3."""

# botocore and moto have no types: what they cache, and what they answer, reads as something else.
# pyright: basic, reportIndexIssue=false, reportArgumentType=false, reportOperatorIssue=false
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportCallIssue=false

from __future__ import annotations

import json
import re
import secrets
import zlib
from collections.abc import Mapping
from typing import Any

import jmespath
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import StructureShape

from sandbox import schema
from sandbox.aws import functions, leftovers, missing
from sandbox.aws.account import Account
from sandbox.aws.rows import ROWS, TAGGING, Call, Row
from sandbox.aws.shapes import blank, inputs_of, match, members_of, merge, outputs_of, plain, to_api
from sandbox.emulator import UNKNOWN, Emulator, Properties, Refused, Resource

_GONE = re.compile(r"\(404\)|NotFound|NoSuch|Non[Ee]xist|DoesNotExist|not exist|UnknownEntity")
"""How the services say that there is no such thing."""
_REFERENCE = re.compile(
    rf"(?:(?P<subnet>subnet)|(?P<group>sg)|(?P<vpc>vpc))-[0-9a-f]{{8,17}}|arn:aws:iam::{missing.ACCOUNT}:role/(?P<role>[^*]+)"
)
_LOOK_UPS = {
    "subnet": ("ec2", "describe_subnets", "SubnetIds"),
    "group": ("ec2", "describe_security_groups", "GroupIds"),
    "vpc": ("ec2", "describe_vpcs", "VpcIds"),
    "role": ("iam", "get_role", "RoleName"),
}
"""What a reference names -> the call that fails if it is not there: moto takes many references on trust."""
_FLAGS = frozenset({"applyImmediately", "allowMajorVersionUpgrade"})
"""Properties that say how to change something else: no reason to call the API on their own."""
_VERSIONS = frozenset({"etag", "lockToken"})
"""Outputs that an update must give back as they are now."""
_MARKS = "__defaults", "tagsAll"
"""What the engine or the provider adds to inputs: no change of the program's."""


class Aws(Emulator):
    """AWS with one account. See `rows` for its resource types and `functions` for its functions."""

    package = "aws"

    def __init__(self) -> None:
        self.account = Account()
        self._config: dict[str, Properties] = {}

    def configure(self, provider: str, config: Properties) -> None:
        # A provider's own configuration travels as strings: what is not one is JSON.
        self._config[provider] = {
            key: json.loads(value) if isinstance(value, str) and value.startswith(("{", "[")) else value
            for key, value in config.items()
        }

    def region(self, provider: str, given: Mapping[str, Any] = {}) -> str:
        """The region of a resource (since version 7 an input of its own), else that of its provider."""
        region = given.get("region") or self._config.get(provider, {}).get("region")
        return region if isinstance(region, str) else "us-east-1"

    def check(self, r: Resource, olds: Properties, news: Properties) -> Properties:
        row = _row(r.type)
        inputs, auto = {**row.defaults, **news}, row.auto
        if auto in inputs_of(r.type) and not inputs.get(auto) and not inputs.get(f"{auto}Prefix"):
            inputs[auto] = olds.get(auto) or _automatic(row, r.name)
        schema.of(r.type).check(inputs)
        return inputs

    def replaces(self, r: Resource, olds: Properties, news: Properties) -> list[str]:
        changed = _changed(olds, news)
        return sorted(k for k in changed if not self._in_place(_row(r.type), k, news))

    def _in_place(self, row: Row, key: str, news: Properties) -> bool:
        """Whether an operation that changes the thing takes the property, or AWS never sees it."""
        if key in row.replaced or key == "region":
            return False
        if key in row.replaced_if:
            return not news.get(row.replaced_if[key])
        updatable = any(self._calls_for(row, call, key) for call in row.update)
        return key == "tags" or key in row.in_place or updatable or not self._member(row, row.create, key)

    def preview(self, r: Resource, inputs: Properties) -> Properties:
        outputs = dict.fromkeys(outputs_of(r.type), UNKNOWN) | inputs | self._known(r, inputs)
        for whole, _, part in (path.partition(".") for path in _row(r.type).later):
            if isinstance(outputs[whole], Mapping):
                outputs[whole] = {part: UNKNOWN} | outputs[whole]
        return outputs

    def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
        row, given = _row(r.type), {k: v for k, v in inputs.items() if v is not None}
        if (prefix := inputs.get(f"{row.auto}Prefix")) and row.auto not in given:
            given[row.auto] = prefix + secrets.token_hex(13)
        known = given | self._known(r, inputs)
        self._refuse_dangling(given, known["region"])
        tags = {"tags": known["tagsAll"] or None} if "tagsAll" in outputs_of(r.type) else {}
        answer = self._call(row, row.create, given | tags, known)
        id = _fill(row.id, known) if "{" in row.id else jmespath.search(row.id, answer)
        if not isinstance(id, str):
            raise Refused(f"{row.create.op} answered without {row.id}")
        id = id.removeprefix("/hostedzone/")
        known["id"] = id
        fitted = {k for call in row.update for k in call.takes if row.create.fit}
        late = given.keys() - fitted - {"tags"} - {k for k in given if self._member(row, row.create, k)}
        self._change(row, {k: given[k] for k in given if k in late}, known)
        if row.made:
            row.made(self.account.client, {}, known)
        if known["tagsAll"] and not self._member(row, row.create, "tags"):
            self._tag(row, known | self._outputs(r, given, known, answer), {}, known["tagsAll"])
        return id, self._note(r, inputs, given, known, answer)

    def read(
        self, r: Resource, id: str, inputs: Properties, outputs: Properties
    ) -> tuple[Properties, Properties] | None:
        noted = self.account.noted.get(f"{r.type} {id}")
        if noted is None and not _row(r.type).delete:
            return None
        given, then, answer = noted or (inputs, {}, None)
        known = {**outputs, **given, **self._known(r, given), "id": id}
        seen = self._seen(r, known, answer)
        if seen is None:
            return None
        types = inputs_of(r.type)
        given = given | {k: v for k, v in seen.items() if k in types and v != then.get(k, None if noted else v)}
        return given, self._outputs(r, given, known | given, answer)

    def update(self, r: Resource, id: str, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        row, changed = _row(r.type), {k: news.get(k) for k in _changed(olds, news)}
        known = {**outputs, **news, **self._known(r, news), "id": id}
        self._refuse_dangling(changed, known["region"])
        known |= {k: v for k, v in (self._seen(r, known, {}) or {}).items() if k in _VERSIONS}
        self._change(row, {k: v for k, v in changed.items() if k != "tags"}, known)
        if row.made:
            row.made(self.account.client, olds, known)
        if (tags := outputs.get("tagsAll") or {}) != known["tagsAll"]:
            self._tag(row, known, tags, known["tagsAll"])
        answer = self.account.noted.get(f"{r.type} {id}", (0, 0, {}))[2]
        return self._note(r, news, news, known, answer)

    def delete(self, r: Resource, id: str, outputs: Properties) -> None:
        row = _row(r.type)
        known = {**outputs, **self._known(r, outputs), "id": id}
        seen = self._seen(r, known, {})
        if seen is not None:
            known |= seen
            known |= (row.unmade(self.account.client, known) if row.unmade else None) or {}
            for call in row.delete:
                self._call(row, call, {}, known)
        self.account.noted.pop(f"{r.type} {id}", None)

    def invoke(self, token: str, args: Properties, provider: str) -> Properties:
        return functions.call(token, args, self.region(provider, args), self.account)

    def holds(self) -> Mapping[str, int]:
        return leftovers.leftovers(self.account)

    def snapshot(self) -> bytes:
        return self.account.dump()

    def restore(self, snapshot: bytes) -> None:
        self.account.load(snapshot)

    def _known(self, r: Resource, inputs: Properties) -> Properties:
        """What the provider adds to the inputs, for outputs and for the templates of a row."""
        defaults = self._config.get(r.provider, {}).get("defaultTags") or {}
        own = inputs.get("tags")
        tags = {**(defaults.get("tags") or {}), **(own if isinstance(own, Mapping) else {})}
        place = {"region": self.region(r.provider, inputs), "tagsAll": tags if "tagsAll" in outputs_of(r.type) else {}}
        unique = zlib.crc32(repr(sorted((k, v) for k, v in inputs.items() if k != "tags")).encode())
        return {**place, "account": missing.ACCOUNT, "hash": unique}

    def _shape(self, row: Row, call: Call) -> StructureShape:
        client = self.account.client(row.service, "us-east-1")
        api = client.meta.method_to_api_mapping[call.op.format(type="ingress")]
        return client.meta.service_model.operation_model(api).input_shape

    def _member(self, row: Row, call: Call, key: str) -> tuple[str, ...]:
        """Where among the parameters of an operation a property goes; empty if nowhere."""
        members, names = self._shape(row, call).members, {**row.names, **call.names}
        if row.nest in members and (inner := match(key, members[row.nest].members, names, row.noun)):
            return row.nest, inner
        if outer := match(key, members, names, row.noun):
            return (outer,)
        return ("TagSpecifications",) if key == "tags" and "TagSpecifications" in members else ()

    def _calls_for(self, row: Row, call: Call, key: str) -> bool:
        """Whether the change of a property calls for an operation that updates."""
        if call.takes:
            return key in call.takes
        member = self._member(row, call, key)
        return bool(member) and member[-1] not in {*row.key, *call.key}

    def _call(self, row: Row, call: Call, given: Properties, known: Properties) -> Any:
        """Call an operation with the properties it takes and the parameters of the row. Raises Refused."""
        members, parameters = self._shape(row, call).members, _Tree(call.fixed)
        for parameter, template in {**row.key, **call.key}.items():
            value = known.get("id") if template == "id" else _fill(template, known)
            if value and (target := match(parameter, members)):
                parameters[target] = [value] if members[target].type_name == "list" else value
        for key, value in (call.fit({**known, **given}) if call.fit else given).items():
            place = self._member(row, call, key)
            if value is None or not place or (place[-1] in parameters and not call.fixed):
                continue
            shape = members[place[0]] if len(place) == 1 else members[place[0]].members[place[1]]
            if place[0] == "TagSpecifications" and key == "tags":
                value = [{"ResourceType": _tagged_as(shape, row.noun), "Tags": value}] if value else None
            if value is not None:
                parameters.put(place, to_api(value, shape, row.inner))
        return self.ask(row.service, _fill(call.op, known), known["region"], **parameters)

    def ask(self, service: str, operation: str, region: str, **parameters: Any) -> Any:
        """An API call; a refusal of AWS, or of botocore on its behalf, becomes Refused."""
        try:
            return getattr(self.account.client(service, region), operation)(**parameters)
        except (ClientError, BotoCoreError) as error:
            raise Refused(f"{service} {operation}: {error}") from error

    def _refuse_dangling(self, inputs: Properties, region: str) -> None:
        """Refuse references to subnets, groups, VPCs and roles that the account does not have."""
        for text in _texts(inputs):
            if (found := _REFERENCE.fullmatch(text)) and (kind := found.lastgroup):
                service, operation, parameter = _LOOK_UPS[kind]
                value = found["role"].rpartition("/")[2] if kind == "role" else [text]
                self.ask(service, operation, region, **{parameter: value})

    def _change(self, row: Row, changed: Properties, known: Properties) -> None:
        """Make the calls that take what is to be changed."""
        for call in row.update:
            taken = {k: v for k, v in changed.items() if self._calls_for(row, call, k)}
            if not taken.keys() <= _FLAGS:
                given = known | {"tags": None} if call.whole else taken
                for part in [{k: v} for k, v in given.items()] if call.each else [given]:
                    self._call(row, call, part, known)

    def _tag(self, row: Row, known: Properties, old: Properties, new: Properties) -> None:
        """Set and remove tags by the service's own operations."""
        if not (tagging := TAGGING.get(row.service)):
            return
        added, removed = {k: v for k, v in new.items() if old.get(k) != v}, old.keys() - new.keys()
        target = _fill(row.tagged or tagging.value, known)
        for operation, tags in ((tagging.add, added), (tagging.remove, dict.fromkeys(removed, ""))):
            if tags:
                call = Call(operation.format(row.create.op.partition("_")[2]))
                members = self._shape(row, call).members
                place = (
                    {tagging.key: target}
                    if tagging.key
                    else {k: known["id"] if v == "id" else _fill(v, known) for k, v in row.key.items()}
                )
                place |= {k: v.format(noun=row.noun) for k, v in tagging.fixed.items()}
                parameters: Properties = {k: [v] if members[k].type_name == "list" else v for k, v in place.items()}
                keys = next((m for m in members if m.lower() in ("tagkeys", "tagkeylist", "removetagkeys")), None)
                holder = next((m for m in members if m.lower() in ("tags", "addtags")), "")
                removing = bool(keys) and tags is not added
                parameters[keys if removing else holder] = to_api(
                    list(tags) if removing else tags, members[keys if removing else holder]
                )
                self.ask(row.service, call.op, known["region"], **parameters)

    def _seen(self, r: Resource, known: Properties, answer: Any) -> Properties | None:
        """What AWS says of the thing now, as properties; None if it is gone."""
        row = _row(r.type)
        if row.find:
            try:
                found = self._call(row, row.find, {}, known)
            except Refused as refusal:
                if _GONE.search(refusal.reason):
                    return None
                raise
            thing = jmespath.search(_fill(row.at, known), found)
            if not thing:
                return None
        elif answer is None:
            return None
        else:
            thing = jmespath.search(row.at, answer) if row.at else answer
        thing = thing if isinstance(thing, Mapping) else {}
        nested = thing.get(row.nest)
        flat = {**thing, **nested} if isinstance(nested, Mapping) else thing
        return members_of(flat, outputs_of(r.type), row.names, row.noun)

    def _outputs(self, r: Resource, given: Properties, known: Properties, answer: Any) -> Properties:
        """Every output: what AWS says, what was given, what the row makes of it."""
        row, types = _row(r.type), outputs_of(r.type)
        seen = self._seen(r, known, answer) or {}
        given_only = inputs_of(r.type)
        outputs = {k: None if k in given_only else blank(t) for k, t in types.items()} | merge(
            seen, {k: v for k, v in given.items() if k in types}
        )
        outputs["tags"], outputs["region"] = given.get("tags"), known["region"]
        if "tagsAll" in types:
            outputs["tagsAll"] = known["tagsAll"]
        known = {**known, **{k: v for k, v in outputs.items() if v is not None}}
        for key, template in row.out.items():
            if given.get(key) is not None:
                continue
            outputs[key] = known[key] = _fill(template, known) if isinstance(template, str) else template
        if row.more:
            outputs |= row.more(self.account.client, known)
        return {k: v for k, v in outputs.items() if k in types}

    def _note(self, r: Resource, inputs: Properties, given: Properties, known: Properties, answer: Any) -> Properties:
        """Remember what the thing is like now, so that `read` can tell what somebody else changed."""
        outputs = self._outputs(r, given, known, answer)
        self.account.noted[f"{r.type} {known['id']}"] = inputs, self._seen(r, known, answer) or {}, answer
        return outputs


class _Known(dict[str, Any]):
    """What the templates of a row see: what is not known is empty."""

    def __missing__(self, key: str) -> str:
        return ""


class _Tree(dict[str, Any]):
    """Parameters of an operation."""

    def put(self, place: tuple[str, ...], value: Any) -> None:
        if len(place) == 1:
            self[place[0]] = value
        else:
            self[place[0]] = {**self.get(place[0], {}), place[1]: value}


def _tagged_as(shape: Any, noun: str) -> str:
    """What EC2 calls a kind of thing when it is tagged on creation."""
    return next(e for e in shape.member.members["ResourceType"].enum if plain(e.replace("-", "")) == plain(noun))


def _fill(template: str, known: Properties) -> str:
    """A template of a row with what is known; what is not known is empty."""
    return template.format_map(_Known({k: v for k, v in known.items() if v is not None}))


def _row(type: str) -> Row:
    if type not in ROWS:
        raise Refused(f"the sandbox does not have the resource type {type}: it takes a row in sandbox/aws/rows.py")
    return ROWS[type]


def _automatic(row: Row, name: str) -> str:
    """Return the name that the provider makes of a resource's own. Raises Refused, as it does, for one that is too long."""
    random = secrets.token_hex(4)[:7]
    if len(f"{name}-{random}") > row.limit:
        raise Refused(f"name '{name}-' plus {len(random)} random chars is longer than maximum length {row.limit}")
    return row.named.format(f"{name}-{random}".lower() if row.lower else f"{name}-{random}")


def _changed(olds: Properties, news: Properties) -> set[str]:
    return {k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k) and k not in _MARKS}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for v in values for text in _texts(v)]
