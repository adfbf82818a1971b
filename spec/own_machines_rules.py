"""Rules about what machines of one's own do instead of a cloud: volumes, ports and addresses."""

from __future__ import annotations

from collections.abc import Iterator

from spec.cluster import ExistingCluster, K3dCluster
from spec.machine_rules import more_than_nodes
from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.rules import rule

_STORAGE: Path = ("storage",)
_BALANCER: Path = ("ingress", "loadBalancer")
# k3s' own image has neither open-iscsi nor a package manager to get it: https://hub.docker.com/r/rancher/k3s
_PLAIN_K3S = ("docker.io/rancher/k3s:", "rancher/k3s:")


@rule
def longhorn_finds_disks_and_what_it_mounts_them_with(platform: Platform) -> Iterator[Mistake]:
    """Copies of a volume are on different machines, which reach it by iSCSI."""
    storage, cluster = platform.storage, platform.cluster
    if storage is None:
        return
    if not isinstance(cluster, K3dCluster | ExistingCluster):
        problem = f"has no meaning on {cluster.target}"
        yield Mistake(_STORAGE, problem, "remove it: volumes are EBS', which outlive every machine")
        return
    if isinstance(cluster, ExistingCluster):
        return
    yield from more_than_nodes(platform, (*_STORAGE, "replicas"), storage.replicas)
    if cluster.image.startswith(_PLAIN_K3S):
        remedy = "take an image of k3s that has it: see Distributed storage in docs/operations.md"
        yield Mistake(("cluster", "image"), "has no open-iscsi, which Longhorn mounts with", remedy, cluster.image)


@rule
def ports_of_this_machine_lead_to_one_place(platform: Platform) -> Iterator[Mistake]:
    """Docker gives a port of the machine away once."""
    cluster = platform.cluster
    if isinstance(cluster, K3dCluster) and cluster.https_port == cluster.http_port:
        path: Path = ("cluster", "httpsPort")
        yield Mistake(path, "is httpPort's already", "take another port for one of the two", cluster.https_port)


@rule
def one_balancer_answers_for_services(platform: Platform) -> Iterator[Mistake]:
    """MetalLB gives addresses to Services of type LoadBalancer, which nobody else then does."""
    balancer, cluster = platform.ingress.load_balancer, platform.cluster
    own = isinstance(cluster, K3dCluster) and cluster.service_lb
    if balancer is None:
        if isinstance(cluster, K3dCluster) and not own:
            remedy = "set it to true, or add ingress.loadBalancer"
            yield Mistake(("cluster", "serviceLB"), "leaves nobody to answer for the ingress controller", remedy, False)
        return
    if own:
        remedy = "set it to false, or remove ingress.loadBalancer"
        yield Mistake(("cluster", "serviceLB"), "would answer beside MetalLB", remedy, True)
    elif not isinstance(cluster, K3dCluster | ExistingCluster):
        yield Mistake(_BALANCER, f"has no meaning on {cluster.target}", "remove it: the edge's load balancer answers")
    elif isinstance(cluster, ExistingCluster) and cluster.load_balancer == "nodePort":
        remedy = "set cluster.loadBalancer to service, or remove it"
        yield Mistake(_BALANCER, "has no Service to answer for, as there are node ports", remedy)
