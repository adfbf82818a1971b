"""Node pools: machines of one kind, what they are called, and what may run on them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Name, Section

LabelKey = Annotated[str, StringConstraints(pattern=r"^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
LabelValue = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$")]
InstanceType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]


class Taint(Section):
    """Keeps off the pool every pod that does not tolerate it."""

    key: LabelKey
    value: LabelValue = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"


class Size(Section):
    """How many machines a pool has, and may have."""

    min: Annotated[int, Field(ge=0)]
    max: Annotated[int, Field(ge=1)]


class NodePool(Section):
    """Machines of one kind. A service that names the pool runs on it alone, and tolerates its taints."""

    name: Name
    instance_types: Annotated[list[InstanceType], Field(min_length=1)]
    """The first is used for on-demand machines; spot takes whichever of them is to be had."""
    size: Size
    capacity: Literal["onDemand", "spot"] = "onDemand"
    disk_gib: Annotated[int, Field(ge=8, le=16384, alias="diskGiB")] = 50
    """Root volume, gp3, encrypted."""
    tier: Name = "app"
    """Network tier that the machines live in."""
    labels: dict[LabelKey, LabelValue] = {}
    """Of its nodes, and of the pods of services that name it."""
    taints: list[Taint] = []

    @property
    def keeps_off(self) -> bool:
        """Whether what does not name the pool stays off it."""
        return any(taint.effect != "PreferNoSchedule" for taint in self.taints)
