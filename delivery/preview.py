"""What a preview, a refresh or an update says it changes, from either JSON that Pulumi prints.

``pulumi preview --json`` prints one document. With ``PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true``, and for ``refresh``
and ``up`` always, it prints an event a line, which is the form that also has the results of policies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from delivery.errors import Refused

Kind = Literal["replace", "delete", "update", "create", "import"]

_KINDS: dict[str, Kind] = {
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import-replacement": "replace",
    "delete": "delete",
    "update": "update",
    "create": "create",
    "import": "import",
}

# Types whose replacement or deletion takes data or something else along that no `up` brings back, and what it is.
_HOLD_DATA = {
    "aws:rds/cluster:Cluster": "a database",
    "aws:rds/instance:Instance": "a database",
    "aws:rds/clusterInstance:ClusterInstance": "an instance of a database",
    "aws:dynamodb/table:Table": "a table",
    "aws:elasticache/cluster:Cluster": "a cache",
    "aws:elasticache/replicationGroup:ReplicationGroup": "a cache",
    "aws:elasticache/serverlessCache:ServerlessCache": "a cache",
    "aws:cognito/userPool:UserPool": "people who sign in, with their passwords",
    "aws:s3/bucket:Bucket": "a bucket",
    "aws:s3/bucketV2:BucketV2": "a bucket",
    "aws:ebs/volume:Volume": "a volume",
    "aws:efs/fileSystem:FileSystem": "a file system",
    "aws:ecr/repository:Repository": "images",
    "aws:kms/key:Key": "a key, without which what it encrypted is lost",
    "aws:route53/zone:Zone": "a zone: new ones have other name servers",
    "aws:secretsmanager/secret:Secret": "a secret",
    "aws:cloudwatch/logGroup:LogGroup": "logs",
    "aws:eks/cluster:Cluster": "a cluster, with the volumes in it",
    "cloudflare:index/pagesProject:PagesProject": "pages that were uploaded",
    "command:local:Command": "what a command made; on a laptop that is the cluster",
    "kubernetes:core/v1:Namespace": "a namespace, with all that is in it",
    "kubernetes:core/v1:PersistentVolume": "a volume",
    "kubernetes:core/v1:PersistentVolumeClaim": "a volume",
    "kubernetes:apps/v1:StatefulSet": "a stateful set",
    "kubernetes:elasticsearch.k8s.elastic.co/*:Elasticsearch": "logs",
    "kubernetes:kafka.strimzi.io/*:Kafka": "Kafka",
    "kubernetes:kafka.strimzi.io/*:KafkaNodePool": "Kafka",
    "kubernetes:kafka.strimzi.io/*:KafkaTopic": "messages",
    "kubernetes:postgresql.cnpg.io/*:Cluster": "a database",
    "kubernetes:rabbitmq.com/*:RabbitmqCluster": "a broker",
    "random:index/*": "a generated secret: what was encrypted or signed up with it has to follow",
    "tls:index/privateKey:PrivateKey": "a key: who trusts it has to be told",
}

# Of a type that may hold nothing, such as a release without a volume or a machine without a disk that counts.
_PROTECTED = "what the stack protects"

_SECRET = "[secret]"
# The engine blinds what is marked secret; what nobody marked is not shown under a name like these either.
_PRIVATE = re.compile(r"passw|secret|token|credential|private|passphrase|kubeconfig|userdata|stringdata", re.IGNORECASE)
_LONGEST = 60


@dataclass(frozen=True)
class Difference:
    """One property; a value that is long, structured, unknown or private is empty."""

    path: str
    before: str
    after: str
    private: bool = False


@dataclass
class Change:
    """One resource that is not left as it is."""

    urn: str
    kind: Kind
    protected: bool = False
    because: list[str] = field(default_factory=list)
    """Properties that force a replacement."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def type(self) -> str:
        """The resource's own type, without those of its parents."""
        return self.urn.split("::")[2].rsplit("$", 1)[-1]

    @property
    def name(self) -> str:
        """The resource's name, as the program gives it."""
        return self.urn.split("::", 3)[-1]

    @property
    def holds(self) -> str:
        """What is lost when the resource goes; empty where it is made again without loss."""
        for pattern, what in _HOLD_DATA.items():
            if fnmatchcase(self.type, pattern):
                return what
        return _PROTECTED if self.protected else ""


@dataclass(frozen=True)
class Violation:
    """A policy that a resource breaks."""

    policy: str
    level: str
    """advisory or mandatory."""
    message: str
    urn: str


@dataclass
class Preview:
    """What was found, in the order in which it was said."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    violations: list[Violation] = field(default_factory=list)
    packs: list[str] = field(default_factory=list)
    """Policy packs that ran."""
    errors: list[str] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)

    def of(self, kind: Kind) -> list[Change]:
        """The changes of one kind."""
        return [change for change in self.changes if change.kind == kind]


def read(text: str) -> Preview:
    """Return what either form says. Raises Refused for a text that is neither."""
    try:
        lines = [json.loads(text)]
    except ValueError:
        lines = _lines(text)
    if not lines or not any(isinstance(line, dict) for line in lines):
        raise Refused("this is not what `pulumi preview --json` prints: there is nothing in it")
    if len(lines) == 1 and not _event(lines[0]):
        return _from_document(lines[0])
    return _from_events(lines)


def _lines(text: str) -> list[Any]:
    """Return the events of a text that has one a line. A run that was killed may have left half of its last one."""
    events = [line for line in text.splitlines() if line.lstrip().startswith("{")]
    found: list[Any] = []
    for line in events:
        try:
            found.append(json.loads(line))
        except ValueError as error:
            if found and len(found) == len(events) - 1:
                break
            raise Refused(f"this is not what `pulumi preview --json` prints: {error}") from None
    return found


def _event(line: Mapping[str, Any]) -> bool:
    return "sequence" in line or any(key.endswith("Event") for key in line)


def _from_document(document: Mapping[str, Any]) -> Preview:
    preview = Preview(config=dict(document.get("config") or {}))
    preview.unchanged = (document.get("changeSummary") or {}).get("same", 0)
    for step in document.get("steps") or []:
        _take(preview, step["op"], step["urn"], step.get("oldState"), step.get("newState"), step, "replaceReasons")
    for each in document.get("diagnostics") or []:
        if each.get("severity") == "error":
            preview.errors.append(each["message"].strip())
    return preview


def _from_events(events: Iterable[Mapping[str, Any]]) -> Preview:
    preview, refreshed = Preview(), set()
    for event in events:
        if prelude := event.get("preludeEvent"):
            preview.config = dict(prelude.get("config") or {})
        elif before := event.get("resourcePreEvent"):
            step = before["metadata"]
            if step["op"] == "refresh":
                refreshed.add(step["urn"])
            else:
                _take(preview, step["op"], step["urn"], step.get("old"), step.get("new"), step, "keys")
        elif after := event.get("resOutputsEvent"):
            # What a refresh found is known only when it has looked.
            step = after["metadata"]
            if step["urn"] in refreshed and step["op"] in ("update", "delete"):
                _take(preview, step["op"], step["urn"], step.get("old"), step.get("new"), step, "keys", "outputs")
        elif policy := event.get("policyEvent"):
            preview.violations.append(
                Violation(
                    f"{policy['policyPackName']}: {policy['policyName']}",
                    policy["enforcementLevel"],
                    _plain(policy["message"]).strip(),
                    policy.get("resourceUrn", ""),
                )
            )
        elif (said := event.get("diagnosticEvent")) and said["severity"] == "error":
            preview.errors.append(_plain(said["message"]).strip())
        elif summary := event.get("summaryEvent"):
            preview.unchanged = (summary.get("resourceChanges") or {}).get("same", 0)
            preview.packs = [f"{name} {version}" for name, version in (summary.get("PolicyPacks") or {}).items()]
    return preview


def _plain(text: str) -> str:
    """Without Pulumi's marks of colour, and without terminals' own."""
    return re.sub(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m", "", text)


def _take(
    preview: Preview, op: str, urn: str, old: Any, new: Any, step: Mapping[str, Any], because: str, part: str = "inputs"
) -> None:
    """Add a step to the changes; the several steps of a replacement are one change."""
    kind = _KINDS.get(op)
    if kind is None or urn.split("::")[2].rsplit("$", 1)[-1] == "pulumi:pulumi:Stack":
        return
    change = next((each for each in preview.changes if each.urn == urn), None)
    if change is None:
        change = Change(urn, kind)
        preview.changes.append(change)
    elif kind == "replace":
        change.kind = "replace"
    change.protected |= bool((old or {}).get("protect"))
    change.because = change.because or list(step.get(because) or [])
    if not change.differences and kind in ("replace", "update"):
        change.differences = list(_differences((old or {}).get(part) or {}, (new or {}).get(part) or {}, step))


def _differences(old: Any, new: Any, step: Mapping[str, Any]) -> Iterator[Difference]:
    paths = list(step.get("detailedDiff") or step.get("diffReasons") or step.get("diffs") or [])
    for path in sorted(paths):
        yield difference(path, _at(old, path), _at(new, path))


def difference(path: str, before: Any, after: Any) -> Difference:
    """Return the difference of a property, with values only where they are short, known and nobody's secret."""
    if _SECRET in (before, after) or _PRIVATE.search(path):
        return Difference(path, "", "", private=True)
    return Difference(path, _shown(before), _shown(after))


def _at(value: Any, path: str) -> Any:
    """The value at a property path such as ``spec.containers[0]["a.b"]``."""
    for quoted, index, name in re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)', path):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(quoted or name) if isinstance(value, dict) else None
    return value


def _shown(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    # What is not known before it was made has this identifier in its place:
    # https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
    if text == "04da6b54-80e4-46f7-96ec-b56ff0331ba9":
        return ""
    return text if len(text) <= _LONGEST and "\n" not in text else ""
