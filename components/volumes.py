"""Volumes: which class they are of."""

from __future__ import annotations

import pulumi


def of_class(storage_class: pulumi.Input[str] | None, key: str = "storageClassName") -> dict[str, pulumi.Input[str]]:
    """Return ``storage_class`` under ``key``, or nothing for the cluster's default class.

    A null would not do: to Helm it says that the chart's own default is to be dropped.
    """
    return {} if storage_class is None else {key: storage_class}
