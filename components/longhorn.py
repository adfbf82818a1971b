"""Longhorn: volumes that are kept on several machines at a time."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.charts import Charts
from components.component import Component
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.traffic import ANYWHERE, allow, among, coming_from, from_api_server
from spec.storage import Longhorn as Spec

NAMESPACE = "longhorn-system"
"""The only one that it works in."""
STORAGE_CLASS = "longhorn"

_CONVERSION, _ADMISSION, _ISCSI, _METRICS = 9501, 9502, 3260, 9500
_MANAGER = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}
_SMALL = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}
# What Longhorn makes itself, and sizes by a setting.
_CSI = (
    "csi-attacher",
    "csi-provisioner",
    "csi-resizer",
    "csi-snapshotter",
    "longhorn-csi-plugin",
    "node-driver-registrar",
    "longhorn-liveness-probe",
)
# Percent of a machine's CPUs that is kept for each instance manager, through which all data goes.
_INSTANCE_MANAGER_PERCENT = "5"


class Longhorn(Component):
    """Longhorn and its storage class, which claims name: the cluster's default class stays what it is."""

    storage_class: pulumi.Output[str]
    """Known once Longhorn is installed: what has volumes of the class is made after it, and destroyed before it."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping | None = None,
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Longhorn on every machine; ``protect`` guards it, and with it every volume that it keeps."""
        super().__init__("storage:Longhorn", name, opts)
        # It mounts what pods on the machine see, which only `privileged` allows.
        namespace = namespaces.ensure(NAMESPACE, "privileged")
        allow(
            name,
            namespace=namespace,
            pods={},
            ingress=[
                among({}, direction="from"),
                # A machine mounts a volume by iSCSI, as itself.
                from_api_server(_CONVERSION, _ADMISSION, _ISCSI),
                *coming_from([scraping.scraper] if scraping else [], _METRICS),
            ],
            egress=[ANYWHERE],
            opts=self.child(),
        )
        release = charts.release(
            name,
            "longhorn",
            namespace=namespace,
            values=_values(spec, scraped=scraping is not None),
            # A pod after the other on every machine, each with an image of its own.
            timeout_seconds=900,
            opts=self.child(depends_on=[scraping.crds] if scraping else [], protect=protect),
        )
        self.storage_class = release.id.apply(lambda _: STORAGE_CLASS)
        self.register_outputs({"storageClass": self.storage_class})


def _values(spec: Spec, *, scraped: bool) -> dict[str, Any]:
    return {
        "persistence": {"defaultClass": False, "defaultClassReplicaCount": spec.replicas, "reclaimPolicy": "Delete"},
        "defaultSettings": {
            "defaultReplicaCount": str(spec.replicas),
            "guaranteedInstanceManagerCPU": _INSTANCE_MANAGER_PERCENT,
            "systemManagedCSIComponentsResourceLimits": json.dumps(dict.fromkeys(_CSI, _SMALL)),
            # Without it, the job by which Helm takes Longhorn away refuses to.
            "deletingConfirmationFlag": True,
            # Neither asks for newer versions nor tells how it is used.
            "upgradeChecker": False,
            "allowCollectingLonghornUsageMetrics": False,
        },
        "csi": {f"{part}ReplicaCount": 1 for part in ("attacher", "provisioner", "resizer", "snapshotter")},
        "longhornManager": {"resources": _MANAGER},
        # Nobody is led to it, and it knows no users.
        "longhornUI": {"replicas": 0, "resources": _SMALL},
        "metrics": {"serviceMonitor": {"enabled": scraped}},
    }
