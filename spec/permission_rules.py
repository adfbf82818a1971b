"""Rules about what services may do in AWS."""

from __future__ import annotations

from collections.abc import Iterator

from spec.cluster import EksCluster, KubeadmCluster
from spec.mistakes import Mistake, Path, did_you_mean
from spec.platform import Platform
from spec.rules import rule


@rule
def permissions_are_for_somebody(platform: Platform) -> Iterator[Mistake]:
    """A pod is somebody to AWS where the cluster gives it an identity."""
    if isinstance(platform.cluster, EksCluster | KubeadmCluster):
        return
    for position, service in enumerate(platform.services):
        if service.permissions:
            problem = f"are for pods with an identity in AWS, which those of {platform.cluster.target} have not"
            remedy = "remove them, and give the service credentials of its own; or take eks or kubeadm"
            yield Mistake(("services", position, "permissions"), problem, remedy)


@rule
def buckets_of_permissions_are_declared(platform: Platform) -> Iterator[Mistake]:
    """A bucket that a service may use is one that the program makes."""
    buckets = {bucket.name for bucket in platform.buckets}
    for position, service in enumerate(platform.services):
        for number, permission in enumerate(service.permissions):
            here: Path = ("services", position, "permissions", number, "buckets")
            for place, bucket in enumerate(permission.buckets):
                if bucket not in buckets:
                    remedy = did_you_mean(bucket, buckets, "buckets")
                    yield Mistake((*here, place), "is not declared", remedy, bucket)
