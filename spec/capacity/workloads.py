"""Pods, as far as counting them goes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spec.capacity.amounts import KINDS, Amount
from spec.mistakes import Path
from spec.security import LimitRange
from spec.services import Resources


@dataclass(frozen=True)
class Container:
    """A container's requests and limits, as Kubernetes has them; what is left out, a LimitRange may fill in."""

    name: str
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)

    def asks(self, kind: str, defaults: LimitRange | None) -> Amount:
        """Return its ``requests`` or ``limits`` once the API server has filled in what is left out.

        A limit alone is a request, too: https://kubernetes.io/docs/concepts/policy/limit-range/
        """
        limits = {**(defaults.default.model_dump() if defaults else {}), **self.limits}
        if kind == "limits":
            return Amount.of(limits)
        requests = defaults.default_request.model_dump() if defaults else {}
        return Amount.of({**requests, **self.limits, **self.requests})


def container(name: str, requests: str = "", limits: str = "") -> Container:
    """Return a container by quantities such as ``100m/128Mi``; ``/256Mi`` leaves CPU out."""
    return Container(name, _parsed(requests), _parsed(limits))


def _parsed(text: str) -> dict[str, str]:
    return {kind: given for kind, given in zip(KINDS, text.split("/"), strict=False) if given}


def sized(name: str, resources: Resources) -> Container:
    """Return a container that takes what a section of the stack file says."""
    return Container(name, resources.requests.model_dump(), resources.limits.model_dump())


@dataclass(frozen=True)
class Workload:
    """A Deployment, a StatefulSet, a DaemonSet or a Job, by the name that Kubernetes has of it."""

    name: str
    namespace: str
    containers: Sequence[Container]
    init: Sequence[Container] = ()
    """Run before the others, one after the other: the pod takes the most that any of them does."""
    replicas: int = 1
    """The most there can be, where an autoscaler decides."""
    surge: int = 0
    """How many pods more there are while a new version comes."""
    every_node: bool = False
    pool: str | None = None
    claims: int = 0
    """Volumes of each replica."""
    apart: Path = ()
    """What in the stack file says how many replicas there are, no two of them on one node; empty where two may be."""
    path: Path = ()
    """What in the stack file decides about it; empty where nothing does."""

    def pod(self, kind: str, defaults: LimitRange | None = None) -> Amount:
        """Return what one of its pods takes of ``requests`` or ``limits``."""
        together = sum((each.asks(kind, defaults) for each in self.containers), Amount())
        for each in self.init:
            together |= each.asks(kind, defaults)
        return together

    @property
    def most(self) -> int:
        """How many pods there are at most at a time."""
        return self.replicas + self.surge


def rolling(replicas: int) -> int:
    """Return how many pods more a Deployment has in an update that says nothing else: a quarter, rounded up.

    https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/#DeploymentSpec
    """
    return math.ceil(replicas / 4)
