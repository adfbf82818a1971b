"""What the program would install for each service, found out by running it with emulated providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi.output import Unknown
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.rpc import is_rpc_secret

from components.addresses import config_map
from components.charts import SERVICE_CHART
from sandbox.command import own_account
from sandbox.mocks import EmulatedMocks, run_under
from spec.platform import Platform
from stacks.platform import build

_RELEASE: Final = "kubernetes:helm.sh/v3:Release"
_NAMED = ("secretKeyRef", "configMapKeyRef")


class NotForGit(Exception):
    """A value that can't stand in a repository; the message has its path."""


@dataclass(frozen=True)
class Release:
    """One service as the program would install it."""

    name: str
    namespace: str
    values: Mapping[str, Any]
    """Of charts/service. What only a cloud could tell is a reference to the ConfigMap that the program keeps it in."""


def releases(platform: Platform) -> list[Release]:
    """Return what the program would install for the services of ``platform``, in its order.

    Raises NotForGit for a secret in clear, and for what is known only once the cloud has made it and has no place in
    the cluster to be read from.
    """
    # Without an engine of GitOps the program installs the services itself.
    alone = platform.model_copy(update={"gitops": None})
    previewed = _installed(alone, preview=True)
    if _has_unknown(previewed):
        created = _installed(alone, preview=False)
        previewed = {name: _settled(name, given, created[name]) for name, given in previewed.items()}
    return [Release(service.name, service.namespace, previewed[service.name]) for service in platform.services]


def _installed(platform: Platform, *, preview: bool) -> dict[str, Any]:
    """Return the values of every release of charts/service, by its name; Unknown where only the cloud could tell."""
    mocks = EmulatedMocks(preview)
    with own_account():
        run_under(MockMonitor(mocks), lambda: build(platform), preview=preview)
    return {
        each.name: _plain(each.inputs["values"], f"services.{each.name}")
        for each in mocks.registered
        if each.typ == _RELEASE and each.inputs["chart"] == SERVICE_CHART
    }


def _plain(value: Any, path: str) -> Any:
    if is_rpc_secret(value):
        raise NotForGit(f"{path} holds a secret; a repository may name the Secret that holds it, never what it is")
    match value:
        case dict():
            return {key: _plain(item, f"{path}.{key}") for key, item in value.items()}
        case list():
            return [_plain(item, f"{path}[{position}]") for position, item in enumerate(value)]
        case float() if value.is_integer():
            return int(value)
    return value


def _has_unknown(value: Any) -> bool:
    match value:
        case dict():
            return any(map(_has_unknown, value.values()))
        case list():
            return any(map(_has_unknown, value))
    return isinstance(value, Unknown)


def _settled(service: str, previewed: Mapping[str, Any], created: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in which nothing is unknown: addresses are read where the program keeps them."""
    settled = dict(previewed)
    settled["env"] = [
        _variable(service, variable, made) for variable, made in zip(previewed["env"], created["env"], strict=True)
    ]
    if "volumes" in created:
        # Of these only the class can be unknown, and only until whoever provides it is there.
        settled["volumes"] = created["volumes"]
    for key, value in settled.items():
        if _has_unknown(value):
            raise NotForGit(f"services.{service}.{key} is known only once the cloud has made it")
    return settled


def _variable(service: str, previewed: dict[str, Any], created: dict[str, Any]) -> dict[str, Any]:
    name = created["name"]
    if isinstance(previewed.get("value"), Unknown):
        return {"name": name, "valueFrom": {"configMapKeyRef": {"name": config_map(service), "key": name}}}
    source = previewed.get("valueFrom") or {}
    # The name of an object is the program's own; it is unknown only until what the object stands for is there.
    if any(isinstance((source.get(kind) or {}).get("name"), Unknown) for kind in _NAMED):
        return created
    return previewed
