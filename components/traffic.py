"""NetworkPolicies of the platform's own parts, written with the peers that components offer each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.data_tier.endpoint import Peer

Rule = Mapping[str, Any]

ANYWHERE: Rule = {}
DNS: Rule = {
    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
    "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
}
# The API server has an address outside the pod network, which no selector names: the ports of its Service and
# of itself.
API_SERVER: Rule = {"ports": [{"protocol": "TCP", "port": port} for port in (443, 6443)]}

# Nor does a selector name it where it comes from: a node or a network interface of the control plane. Those have
# private addresses (https://www.rfc-editor.org/rfc/rfc1918, https://www.rfc-editor.org/rfc/rfc6598).
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")


def ports(*numbers: int) -> dict[str, Any]:
    """Return the part of a rule that names TCP ports."""
    return {"ports": [{"protocol": "TCP", "port": number} for number in numbers]}


def coming_from(peers: Iterable[Peer], *numbers: int) -> list[Rule]:
    """Return ingress rules that let ``peers`` reach TCP ports; none without a peer, as it would admit everybody."""
    selectors = [selector for peer in peers for selector in peer.selectors()]
    return [{"from": selectors, **ports(*numbers)}] if selectors else []


def going_to(peers: Iterable[Peer]) -> list[Rule]:
    """Return egress rules that let pods reach ``peers`` at the ports that those name."""
    return [{"to": peer.selectors(), **ports(*peer.ports)} for peer in peers]


def from_api_server(*numbers: int) -> Rule:
    """Return the rule that lets the API server call webhooks and aggregated APIs on TCP ports."""
    return {"from": [{"ipBlock": {"cidr": cidr}} for cidr in PRIVATE_NETWORKS], **ports(*numbers)}


def among(labels: Mapping[str, str], *numbers: int, direction: str) -> Rule:
    """Return the rule, ``from`` or ``to``, for pods of the policy's own namespace; all ports without numbers."""
    return {direction: [{"podSelector": {"matchLabels": dict(labels)}}], **(ports(*numbers) if numbers else {})}


def allow(
    name: str,
    *,
    namespace: pulumi.Input[str],
    pods: Mapping[str, str],
    ingress: Sequence[Rule] = (),
    egress: Sequence[Rule] | None = None,
    opts: pulumi.ResourceOptions,
) -> NetworkPolicy:
    """Return a policy that lets the pods with these labels be reached and, where ``egress`` is given, reach others.

    Policies add up: one that says nothing of egress leaves to others what may go out.
    """
    spec: Any = {"podSelector": {"matchLabels": dict(pods)}, "policyTypes": ["Ingress"], "ingress": list(ingress)}
    if egress is not None:
        spec |= {"policyTypes": ["Ingress", "Egress"], "egress": list(egress)}
    return NetworkPolicy(name, metadata={"name": name, "namespace": namespace}, spec=spec, opts=opts)
