"""The base of every component."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi


class Component(pulumi.ComponentResource):
    """A component resource whose type token is ``groundwork:<area>:<Name>``; everything it makes is its child."""

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"groundwork:{kind}", name, None, opts)

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Return options for a child; ``options`` are those of ResourceOptions, such as ``depends_on``.

        What is protected says so itself. A component never is, nor has it an attribute ``_protect``: that is where
        Pulumi looks for what all children inherit.
        """
        return pulumi.ResourceOptions(parent=self, **options)


def name_of(made: Any) -> pulumi.Output[str]:
    """Return the name of a Kubernetes object: whoever uses it waits for the object.

    Taken by its key, a preview knows it, although other metadata are yet to come.
    """
    return made.metadata["name"]


def known_after(value: pulumi.Input[str], *others: pulumi.Input[Any]) -> pulumi.Output[str]:
    """Return ``value``, known no earlier than ``others``: whoever uses it depends on them, too."""
    return pulumi.Output.all(value, *others).apply(lambda known: known[0])


def object_metadata(
    namespace: pulumi.Input[str],
    name: str | None,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
) -> Any:
    """Return an object's metadata, without what is empty.

    An API server does not keep an empty map, and a custom resource with one would be changed at every `up`.
    """
    given = {"name": name, "labels": labels, "annotations": annotations}
    return {"namespace": namespace, **{key: value for key, value in given.items() if value}}
