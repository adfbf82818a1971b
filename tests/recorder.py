"""Runs a program against mocks and keeps every registration, so that tests assert on what would be made.

Assertions belong after `run` has returned: by then everything has been registered, which is what makes it sound to
assert that something is absent. An assertion inside `apply` would pass in a preview without ever running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from google.protobuf import struct_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

from sandbox.mocks import run_under
from sandbox.wire import SECRET, SIGNATURE

ACCOUNT = "123456789012"

OPTIONS = (
    "protect",
    "retainOnDelete",
    "deletedWith",
    "deleteBeforeReplace",
    "ignoreChanges",
    "replaceOnChanges",
    "additionalSecretOutputs",
    "aliases",
)

Given = ParamSpec("Given")
Made = TypeVar("Made")
Properties = dict[str, Any]
Outputs = Callable[["Registered"], Properties]


@dataclass(frozen=True)
class Unknown:
    """Stands for a value that only creation reveals; equal to every other unknown."""


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Registered:
    """One registration. Inputs are camelCase with secrets unwrapped; `secrets` has the dotted paths of those."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: Properties
    secrets: frozenset[str]
    dependencies: frozenset[str]
    """URNs of what it waits for, whether by `depends_on` or through its inputs."""
    provider: str
    options: Properties = field(default_factory=dict)
    """Those of OPTIONS that are set, in camelCase: `protect`, `ignoreChanges`, …"""

    def __getitem__(self, path: str) -> Any:
        """Return the input at a dotted path, such as ``spec.ports.0.port``. Raises KeyError with the path."""
        value: Any = self.inputs
        for part in path.split("."):
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (KeyError, IndexError, ValueError, TypeError):
                raise KeyError(f"{path} of {self.type} {self.name}: {value!r}") from None
        return value


class Recorder:
    """What a program registered, in order. `preview` tells whether it ran with unknown outputs."""

    def __init__(self, preview: bool) -> None:
        self.preview = preview
        self.registered: list[Registered] = []
        self.invoked: list[tuple[str, Properties]] = []

    def __iter__(self) -> Iterator[Registered]:
        return iter(self.registered)

    def all(self, type: str, /, **inputs: Any) -> list[Registered]:
        """Return every registration of a type whose inputs have the given values."""
        return [
            found
            for found in self.registered
            if found.type == type and all(found.inputs.get(key) == value for key, value in inputs.items())
        ]

    def one(self, type: str, name: str | None = None) -> Registered:
        """Return the only registration of a type, or the one with a logical name; fails with those there are."""
        found = [r for r in self.all(type) if name is None or r.name == name]
        if len(found) != 1:
            there_are = sorted(r.name for r in self.all(type)) or sorted({r.type for r in self.registered})
            raise AssertionError(f"{len(found)} of {type} {name or ''}; there are {there_are}")
        return found[0]

    def urns(self) -> list[str]:
        """Return every URN, so that a test can see that none is there twice."""
        return [r.urn for r in self.registered]


def _plain(value: Any, path: str, secrets: set[str]) -> Any:
    """Return the wire's value as Python has it; note in `secrets` where something was marked secret."""
    if isinstance(value, struct_pb2.Struct):
        fields = dict(value.items())
        if fields.get(SIGNATURE) == SECRET:
            secrets.add(path)
            return _plain(fields.get("value"), path, secrets)
        return {key: _plain(item, f"{path}.{key}".lstrip("."), secrets) for key, item in fields.items()}
    if isinstance(value, struct_pb2.ListValue):
        return [_plain(item, f"{path}.{position}", secrets) for position, item in enumerate(value)]
    if value == rpc.UNKNOWN:
        return UNKNOWN
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Monitor(mocks.MockMonitor):
    def __init__(self, recorder: Recorder, outputs: Mapping[str, Outputs], functions: Mapping[str, Any]) -> None:
        super().__init__(_NoMocks())
        self._recorder, self._outputs, self._functions = recorder, outputs, functions

    def RegisterResource(self, request: Any) -> Any:
        if request.type == "pulumi:pulumi:Stack":
            return super().RegisterResource(request)
        secrets: set[str] = set()
        inputs = _plain(request.object, "", secrets)
        # As the engine does: an output is secret where it is declared so, or where the input of that name is.
        secret = {*request.additionalSecretOutputs, *(path.split(".")[0] for path in secrets)}
        registered = Registered(
            type=request.type,
            name=request.name,
            urn=self.make_urn(request.parent, request.type, request.name),
            parent=request.parent,
            inputs=inputs,
            secrets=frozenset(secrets),
            dependencies=frozenset(request.dependencies),
            provider=request.provider or dict(request.providers).get(request.type.split(":")[0], ""),
            options={
                key: value if isinstance(value, bool | str) else list(value)
                for key in OPTIONS
                if (value := getattr(request, key))
            },
        )
        self._recorder.registered.append(registered)
        id, state = self._answer(registered, custom=request.custom)
        state = {**state, **{key: _secret(value) for key, value in state.items() if key in secret}}
        self.resources[registered.urn] = mocks.MockMonitor.ResourceRegistration(registered.urn, id, state)
        return resource_pb2.RegisterResourceResponse(urn=registered.urn, id=id, object=_struct(state))

    def _answer(self, registered: Registered, custom: bool) -> tuple[str, Properties]:
        """Return the id and outputs; in a preview, as from a provider, only what was given is known."""
        if self._recorder.preview:
            return "", _named(registered) if custom else {}
        made = self._outputs.get(registered.type, _nothing)(registered)
        return (f"{registered.name}-id", {**_plausible(registered), **made}) if custom else ("", made)

    def Invoke(self, request: Any) -> Any:
        if request.tok == "pulumi:pulumi:getResource":
            return super().Invoke(request)
        arguments = _plain(request.args, "", set())
        self._recorder.invoked.append((request.tok, arguments))
        if request.tok not in self._functions:
            raise AssertionError(f"a look-up that the test does not expect: {request.tok} {arguments}")
        answer = self._functions[request.tok]
        result: Any = answer(arguments) if callable(answer) else answer
        given: Any = {"return": _struct(result)}  # A keyword of Python.
        return resource_pb2.ResourceInvokeResponse(**given)


def _plausible(registered: Registered) -> Properties:
    """Return the outputs that nearly everything has: its inputs, an ARN, and a physical name."""
    package, module, _ = registered.type.split(":")
    arn = {"arn": f"arn:aws:{module.split('/')[0]}:us-east-1:{ACCOUNT}:{registered.name}"} if package == "aws" else {}
    return {**arn, "name": registered.name, **_named(registered)}


def _named(registered: Registered) -> Properties:
    """Return the inputs; a Kubernetes object has its name in a preview too, given or made from the logical one."""
    metadata = registered.inputs.get("metadata")
    if not registered.type.startswith("kubernetes:") or not isinstance(metadata, dict):
        return registered.inputs
    return {**registered.inputs, "metadata": {"name": f"{registered.name}-1a2b3c4d", **metadata}}


def _secret(value: Any) -> Properties:
    return {SIGNATURE: SECRET, "value": value}


def _struct(properties: Properties) -> struct_pb2.Struct:
    """Return properties as the wire has them."""

    def on_the_wire(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: on_the_wire(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [on_the_wire(item) for item in value]
        return rpc.UNKNOWN if value == UNKNOWN else value

    struct = struct_pb2.Struct()
    struct.update(on_the_wire(properties))
    return struct


def run(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    outputs: Mapping[str, Outputs] | None = None,
    functions: Mapping[str, Any] | None = None,
) -> Recorder:
    """Run a function that makes resources, wait until all are registered, and return what they were.

    `preview` leaves the id and everything computed unknown. `outputs` adds to what a type answers: by token, a
    function from the registration to more outputs (RandomPassword's `result` is there already). `functions` are the
    answers to look-ups by token, or functions from their arguments; a look-up that is not among them fails the run.
    Whatever the program raises is raised here.
    """
    recorder = Recorder(preview)
    monitor = _Monitor(recorder, {**_OUTPUTS, **(outputs or {})}, {**_FUNCTIONS, **(functions or {})})
    run_under(monitor, program, preview=preview)
    return recorder


def remembered(build: Callable[Given, Made]) -> Callable[Given, Made]:
    """Have a function that runs a program do so once for the same arguments, as tests only read what was made.

    What counts as the same is how the arguments print. `build.__wrapped__` runs the program in any case.
    """
    # The arguments are kept: the address by which a function prints is given away again once nobody holds it.
    made: dict[str, tuple[Any, Made]] = {}

    @wraps(build)
    def once(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        key = repr((args, kwargs))
        if key not in made:
            made[key] = (args, kwargs), build(*args, **kwargs)
        return made[key][1]

    return once


def _nothing(_: Registered) -> Properties:
    return {}


_OUTPUTS: Mapping[str, Outputs] = {
    "random:index/randomPassword:RandomPassword": lambda r: {"result": f"generated-{r.name}"},
    "aws:eks/nodeGroup:NodeGroup": lambda r: {
        "nodeGroupName": f"{r.name}-1a2b3c4",
        "resources": [{"autoscalingGroups": [{"name": f"eks-{r.name}"}]}],
    },
    "aws:lb/loadBalancer:LoadBalancer": lambda r: {
        "dnsName": f"{r.name}.elb.amazonaws.com",
        "zoneId": "Z35SXDOTRQ7X7K",
    },
    "aws:rds/cluster:Cluster": lambda r: {
        "endpoint": f"{r.name}.cluster-abc.us-east-1.rds.amazonaws.com",
        "readerEndpoint": f"{r.name}.cluster-ro-abc.us-east-1.rds.amazonaws.com",
    },
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda r: {
        "configurationEndpointAddress": f"clustercfg.{r.name}.abc.use1.cache.amazonaws.com",
    },
    "aws:route53/record:Record": lambda r: {"fqdn": r["name"]},
    "aws:route53/zone:Zone": lambda r: {"nameServers": ["ns-1.awsdns-01.org"], "zoneId": "Z1"},
    "random:index/randomId:RandomId": lambda r: {"hex": "0a1b2c3d"},
    "aws:acm/certificate:Certificate": lambda r: {
        "domainValidationOptions": [
            {
                "domainName": name,
                "resourceRecordName": f"_proof.{name.removeprefix('*.')}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_proof.acm-validations.aws.",
            }
            for name in (r["domainName"], *r.inputs.get("subjectAlternativeNames", ()))
        ]
    },
    "aws:eks/cluster:Cluster": lambda r: {
        "endpoint": "https://example.eks.amazonaws.com",
        "certificateAuthority": {"data": "Q0E="},
        "identities": [{"oidcs": [{"issuer": "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"}]}],
        "vpcConfig": {**r["vpcConfig"], "clusterSecurityGroupId": "sg-cluster"},
    },
}
_FUNCTIONS: Mapping[str, Any] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "id": ACCOUNT,
        "accountId": ACCOUNT,
        "userId": "AROAEXAMPLE:session",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/session",
    },
    "aws:ssm/getParameter:getParameter": {"id": "parameter", "value": "ami-0123456789abcdef0"},
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": {
        "id": "pl-1",
        "entries": [{"cidr": "198.51.100.0/24"}, {"cidr": "192.0.2.0/24"}],
    },
}


class _NoMocks(mocks.Mocks):
    """The monitor answers by itself."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise NotImplementedError
