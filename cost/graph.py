"""A stack's resources, from wherever they are known: the reviewed graph, an exported state, or a preview's events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Resource:
    """What a price depends on. ``parent`` tells siblings: those of one component belong together."""

    name: str
    type: str
    inputs: Mapping[str, Any]
    parent: str = ""


@dataclass
class Graph:
    """The resources of a stack."""

    resources: list[Resource] = field(default_factory=list)

    @property
    def region(self) -> str | None:
        """The AWS region, by the provider or, where that is not in the graph, by a subnet's zone; None without AWS."""
        for each in self.resources:
            if each.type == "pulumi:providers:aws" and each.inputs.get("region"):
                return str(each.inputs["region"])
        for each in self.resources:
            zone = each.inputs.get("availabilityZone")
            if each.type == "aws:ec2/subnet:Subnet" and isinstance(zone, str):
                return zone[:-1]
        return None

    def sibling(self, resource: Resource, kind: str) -> Resource | None:
        """Return the resource of a type that has the same parent."""
        return next((each for each in self.resources if each.type == kind and each.parent == resource.parent), None)


def reviewed(document: Mapping[str, Mapping[str, Any]]) -> Graph:
    """Return the graph of a file of tests/golden."""
    return Graph(
        [
            Resource(key.partition("::")[2], node["type"], node.get("inputs", {}), node.get("parent") or "")
            for key, node in document.items()
        ]
    )


def exported(document: Mapping[str, Any]) -> Graph:
    """Return the graph of a state, as ``pulumi stack export`` writes it. Raises ValueError for anything else."""
    if not isinstance(document, Mapping) or "deployment" not in document:
        raise ValueError("there is no deployment in it")
    return Graph([_of_state(each) for each in document["deployment"].get("resources") or []])


def before_and_after(events: Iterable[Mapping[str, Any]]) -> tuple[Graph, Graph]:
    """Return the graphs on both sides of what a preview says, from its events (``pulumi preview --event-log``)."""
    before: dict[str, Resource] = {}
    after: dict[str, Resource] = {}
    for event in events:
        step = (event.get("resourcePreEvent") or {}).get("metadata")
        if step is None:
            continue
        old, new, urn = step.get("old"), step.get("new"), step["urn"]
        if old:
            before[urn] = _of_state(old)
        # A replacement has several steps: what is made counts, whatever is said of the old one.
        if new and step["op"] not in ("delete", "delete-replaced"):
            after[urn] = _of_state(new)
    return Graph(list(before.values())), Graph(list(after.values()))


def _of_state(state: Mapping[str, Any]) -> Resource:
    name = state["urn"].split("::", 3)[-1]
    return Resource(name, state["type"], state.get("inputs") or {}, state.get("parent") or "")


def lines(text: str) -> list[dict[str, Any]]:
    """Return the JSON of each line that holds some. Raises ValueError for a line that is broken."""
    return [json.loads(line) for line in text.splitlines() if line.lstrip().startswith("{")]
