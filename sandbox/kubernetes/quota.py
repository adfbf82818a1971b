"""What objects take of a namespace's quota, with the defaults of its limit ranges filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import combinations
from typing import Any, Final

from sandbox.emulator import Refused

Object = Mapping[str, Any]
Demand = dict[str, Decimal]
"""Amounts by the resource names of a ResourceQuota."""

_UNITS: Final = (
    {"": Decimal(1), "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3")}
    | {
        prefix + binary: Decimal((1024 if binary else 1000) ** power)
        for power, prefix in enumerate("kMGTPE", start=1)
        for binary in ("", "i")
    }
    | {"Ki": Decimal(1024)}
)
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?")

# Where a kind keeps its pods' template, and how many pods there are of it.
_PODS: Final = {
    "Deployment": (("spec", "template"), "replicas"),
    "StatefulSet": (("spec", "template"), "replicas"),
    "ReplicaSet": (("spec", "template"), "replicas"),
    "DaemonSet": (("spec", "template"), None),
    "Job": (("spec", "template"), "parallelism"),
    "Pod": ((), None),
}


def quantity(value: Any) -> Decimal:
    """`250m`, `1.5Gi`, 2 as a number. Raises Refused."""
    found = _QUANTITY.fullmatch(str(value))
    if not found:
        raise Refused(f"quantities must match the regular expression, {value!r} does not")
    return Decimal(found[1]) * _UNITS[found[2] or ""]


# What of a LimitRange may not exceed whatever comes after it, and what the API server calls that:
# https://github.com/kubernetes/kubernetes/blob/v1.35.3/pkg/apis/core/validation/validation.go (ValidateLimitRange)
_ORDERED: Final = {"min": "min", "defaultRequest": "default request", "default": "default limit", "max": "max"}


def refuse_limits(limit_range: Object) -> None:
    """Raise Refused for a LimitRange whose defaults and bounds contradict each other."""
    of = f'LimitRange "{limit_range["metadata"]["name"]}" is invalid'
    for position, item in enumerate(limit_range["spec"].get("limits") or ()):
        for low, high in combinations(_ORDERED, 2):
            least: Object = item.get(low) or {}
            most: Object = item.get(high) or {}
            for kind in set(least) & set(most):
                if quantity(least[kind]) > quantity(most[kind]):
                    path = f"spec.limits[{position}].{low}[{kind}]"
                    above = f"{_ORDERED[low]} value {least[kind]} is greater than {_ORDERED[high]} value {most[kind]}"
                    raise Refused(f'{of}: {path}: Invalid value: "{least[kind]}": {above}', path)


def demand(obj: Object, limit_ranges: Iterable[Object]) -> Demand:
    """What an object takes, by the resource names of a ResourceQuota. Raises Refused as LimitRanger would."""
    kind, spec = obj["kind"], obj.get("spec") or {}
    if kind in _PODS:
        path, counted = _PODS[kind]
        template = obj
        for step in path:
            template = template.get(step) or {}
        number = Decimal(spec.get(counted, 1)) if counted else Decimal(1)
        pod = _pod(template.get("spec") or {}, list(limit_ranges)) | {"pods": Decimal(1)}
        claims = _claims(spec.get("volumeClaimTemplates") or ())
        return {name: amount * number for name, amount in (pod | claims).items()}
    if kind == "PersistentVolumeClaim":
        return _claims([obj])
    if kind == "Service":
        type, ports = spec.get("type"), len(spec.get("ports") or ())
        return {
            "services": Decimal(1),
            "services.nodeports": Decimal(ports if type in ("NodePort", "LoadBalancer") else 0),
            "services.loadbalancers": Decimal(type == "LoadBalancer"),
        }
    return {f"{kind.lower()}s": Decimal(1)} if kind in ("ConfigMap", "Secret") else {}


def check(obj: Object, wanted: Demand, used: Demand, quotas: Iterable[Object]) -> None:
    """Raise Refused if an object that takes `wanted` does not fit what the quotas leave beside `used`."""
    name = obj["metadata"]["name"]
    for quota in quotas:
        hard = {_canonical(key): quantity(value) for key, value in (quota["spec"].get("hard") or {}).items()}
        of = f'{obj["kind"].lower()}s "{name}" is forbidden: '
        unset = [key for key in hard if key.startswith(("requests.", "limits.")) and _unset(key, obj, wanted)]
        if unset:
            containers = f"failed quota: {quota['metadata']['name']}: must specify {','.join(unset)}"
            raise Refused(of + containers)
        over = [key for key in hard if wanted.get(key) and used.get(key, 0) + wanted[key] > hard[key]]
        if over:
            said = [
                f"{word}: " + ",".join(f"{key}={_plain(values.get(key, Decimal(0)))}" for key in over)
                for word, values in (("requested", wanted), ("used", used), ("limited", hard))
            ]
            raise Refused(f"{of}exceeded quota: {quota['metadata']['name']}, {', '.join(said)}")


def _pod(spec: Object, limit_ranges: list[Object]) -> Demand:
    """The sum of what runs together, or the most that an init container takes; without what one leaves open."""
    together = [_container(each, limit_ranges) for each in spec.get("containers") or ()]
    before: list[Demand] = []
    for each in spec.get("initContainers") or ():
        (together if each.get("restartPolicy") == "Always" else before).append(_container(each, limit_ranges))
    said = set[str]().union(*together).intersection(*together, *before)
    return {
        key: max(sum((each[key] for each in together), Decimal(0)), *(each[key] for each in before), Decimal(0))
        for key in said
    }


def _container(container: Object, limit_ranges: list[Object]) -> Demand:
    resources = container.get("resources") or {}
    limits, requests = dict(resources.get("limits") or {}), dict(resources.get("requests") or {})
    requests = {**limits, **requests}
    for item in (item for each in limit_ranges for item in each["spec"].get("limits", ())):
        if item.get("type") == "Container":
            limits = {**(item.get("default") or {}), **limits}
            requests = {**(item.get("defaultRequest") or item.get("default") or {}), **requests}
            for key, most in (item.get("max") or {}).items():
                if key not in limits or quantity(limits[key]) > quantity(most):
                    given = limits.get(key, "none")
                    raise Refused(f"maximum {key} usage per Container is {most}, but limit is {given}")
    for key in requests.keys() & limits.keys():
        if quantity(requests[key]) > quantity(limits[key]):
            where = f"container {container.get('name')}: resources.requests.{key}"
            raise Refused(f"{where}: {requests[key]} must be less than or equal to {key} limit of {limits[key]}")
    return {f"requests.{key}": quantity(value) for key, value in requests.items()} | {
        f"limits.{key}": quantity(value) for key, value in limits.items()
    }


def _claims(claims: Iterable[Object]) -> Demand:
    sizes = [
        quantity((((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}).get("storage", 0))
        for claim in claims
    ]
    return {"persistentvolumeclaims": Decimal(len(sizes)), "requests.storage": sum(sizes, Decimal(0))}


def _canonical(key: str) -> str:
    return f"requests.{key}" if key in ("cpu", "memory", "ephemeral-storage") else key


def _unset(key: str, obj: Object, wanted: Demand) -> bool:
    return obj["kind"] in _PODS and key != "requests.storage" and key not in wanted


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
