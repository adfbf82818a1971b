"""Volumes: which class they are of."""

from __future__ import annotations

import pulumi


def of_class(storage_class: pulumi.Input[str] | None, key: str = "storageClassName") -> dict[str, pulumi.Input[str]]:
    """Return ``storage_class`` under ``key``, or nothing: the cluster's default class is the one that nobody names.

    A null in its place would be something else: Helm takes it for the order to forget what the chart itself says.
    """
    return {} if storage_class is None else {key: storage_class}
