"""Volumes of Elastic Block Store, as clusters on AWS offer them."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

STORAGE_CLASS = "gp3"


def default_storage_class(resource_name: str, opts: pulumi.ResourceOptions) -> kubernetes.storage.v1.StorageClass:
    """Make the class that a claim without one gets: encrypted gp3, which the EBS CSI driver provisions."""
    return kubernetes.storage.v1.StorageClass(
        resource_name,
        metadata={
            "name": STORAGE_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        provisioner="ebs.csi.aws.com",
        parameters={"type": "gp3", "encrypted": "true"},
        # A volume lives in one zone: it is made in that of the pod, once there is one.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=opts,
    )
