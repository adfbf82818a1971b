"""NetworkPolicies as Kubernetes reads them: whether one pod or address may open a connection to another.

https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Literal

Direction = Literal["Ingress", "Egress"]
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Pod:
    """Pods that are alike. `ports` are those they listen on, by the names their containers give them."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outside:
    """Something that is no pod: a client on the internet, a database of the cloud, the API server."""

    name: str
    address: str
    ports: Mapping[str, int] = field(default_factory=dict)


End = Pod | Outside


class Policies:
    """All NetworkPolicies of a cluster, and the labels of its namespaces."""

    def __init__(self, policies: Iterable[Object], namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self._policies = list(policies)
        self._namespaces = {
            name: {**labels, "kubernetes.io/metadata.name": name} for name, labels in namespaces.items()
        }

    def allow(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Return whether ``source`` may connect to ``port`` of ``target``: its own policies and the target's agree."""
        return self._passes("Egress", source, target, target, port, protocol) and self._passes(
            "Ingress", target, source, target, port, protocol
        )

    def isolate(self, pod: Pod, direction: Direction) -> bool:
        """Return whether any policy selects a pod in a direction: without one, everything is allowed."""
        return bool(self._selecting(pod, direction))

    def _selecting(self, pod: Pod, direction: Direction) -> list[Object]:
        return [
            policy
            for policy in self._policies
            if policy["metadata"]["namespace"] == pod.namespace
            and direction in _types(policy["spec"])
            and selects(policy["spec"].get("podSelector") or {}, pod.labels)
        ]

    def _passes(self, direction: Direction, mine: End, other: End, target: End, port: int, protocol: str) -> bool:
        if isinstance(mine, Outside):
            return True
        policies = self._selecting(mine, direction)
        rules, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
        return not policies or any(
            self._names(rule.get(peers), mine.namespace, other) and _covers(rule.get("ports"), target, port, protocol)
            for policy in policies
            for rule in policy["spec"].get(rules) or ()
        )

    def _names(self, peers: Any, namespace: str, other: End) -> bool:
        return not peers or any(self._is(peer, namespace, other) for peer in peers)

    def _is(self, peer: Object, namespace: str, other: End) -> bool:
        if isinstance(other, Outside):
            block = peer.get("ipBlock")
            return bool(block) and _within(block, other.address)
        if "ipBlock" in peer:
            return False
        if "namespaceSelector" in peer:
            inside = selects(peer["namespaceSelector"] or {}, self._namespaces.get(other.namespace, {}))
        else:
            inside = other.namespace == namespace
        return inside and selects(peer.get("podSelector") or {}, other.labels)


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Return whether a LabelSelector selects what has these labels; an empty one selects everything."""
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _meets(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def _meets(expression: Object, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    raise ValueError(f"no operator of a label selector: {expression['operator']}")


def _types(spec: Object) -> list[str]:
    """A policy that does not say is about ingress, and about egress where it has rules of it."""
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def _within(block: Object, address: str) -> bool:
    ip = IPv4Address(address)
    return ip in IPv4Network(block["cidr"]) and not any(ip in IPv4Network(cidr) for cidr in block.get("except") or ())


def _covers(ports: Any, target: End, port: int, protocol: str) -> bool:
    return not ports or any(_is_port(each, target, port, protocol) for each in ports)


def _is_port(rule: Object, target: End, port: int, protocol: str) -> bool:
    if rule.get("protocol", "TCP") != protocol:
        return False
    first = rule.get("port")
    if isinstance(first, str):
        return isinstance(target, Pod) and target.ports.get(first) == port
    return first is None or first <= port <= rule.get("endPort", first)
