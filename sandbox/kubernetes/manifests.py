"""Everything in the clusters as documents to read, compare or apply."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.emulator import Properties
from sandbox.kubernetes.cluster import Cluster

MASK: Final = "(sensitive value)"
_SENSITIVE = re.compile(r"(?i)(password|passwd|token|secretkey|api_?key|private_?key|webhook_?url)$")


def manifests(snapshot: Mapping[str, Cluster] | None) -> Iterator[Properties]:
    """Every object as it was applied, and every release, in an order that is always the same.

    snapshot: as `Kubernetes.snapshot` gives it. Values of Secrets are masked, and those of a release whose
    key says that they are sensitive.
    """
    for _, cluster in sorted((snapshot or {}).items()):
        for id in sorted(cluster.releases):
            yield _masked(cluster.releases[id].document)
        for key in sorted(cluster.entries, key=lambda key: (key.namespace, key.kind, key.group, key.name)):
            applied = copy.deepcopy(cluster.entries[key].applied)
            if key.kind == "Secret" and not key.group:
                for field in applied.keys() & {"data", "stringData"}:
                    applied[field] = dict.fromkeys(applied[field] or (), MASK)
            if applied:
                yield applied


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: MASK if isinstance(item, str) and item and _SENSITIVE.search(key) else _masked(item)
            for key, item in value.items()
        }
    return [_masked(item) for item in value] if isinstance(value, list) else value
