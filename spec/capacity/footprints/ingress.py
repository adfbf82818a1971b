"""The way in: the ingress controller, and what gives it certificates and addresses."""

from __future__ import annotations

from collections.abc import Iterator

from spec.capacity.workloads import Workload, container, rolling
from spec.cluster import EksCluster
from spec.platform import Platform


def controller(platform: Platform) -> Iterator[Workload]:
    """F5 NGINX, or the mesh's gateway; they are as large as each other."""
    size = "100m/128Mi", "1/512Mi"
    yield Workload(
        "ingress" if platform.mesh else "ingress-controller",
        "ingress",
        [container("istio-proxy" if platform.mesh else "nginx-ingress", *size)],
        init=[] if platform.mesh else [container("init-nginx-ingress", *size)],
        replicas=platform.ingress.replicas,
        surge=rolling(platform.ingress.replicas),
        pool=platform.ingress.pool,
        path=("ingress", "replicas"),
    )


def cert_manager(platform: Platform) -> Iterator[Workload]:
    """cert-manager, and the job that waits until its webhook answers."""
    if platform.ingress.tls is None:
        return
    small = "10m/32Mi", "100m/96Mi"
    for name, one in {
        "cert-manager": container("cert-manager-controller", "25m/64Mi", "250m/192Mi"),
        "cert-manager-cainjector": container("cert-manager-cainjector", "10m/96Mi", "250m/256Mi"),
        "cert-manager-webhook": container("cert-manager-webhook", *small),
    }.items():
        yield Workload(name, "cert-manager", [one], surge=rolling(1))
    yield Workload("cert-manager-startupapicheck", "cert-manager", [container("cert-manager-startupapicheck", *small)])


def load_balancer_controller(platform: Platform) -> Iterator[Workload]:
    """AWS Load Balancer Controller, where the load balancer reaches pods, or machines by ports of their own."""
    if platform.edge is None:
        return
    replicas = 2 if isinstance(platform.cluster, EksCluster) else 1 if platform.edge.node_ports else 0
    if replicas == 0:
        return
    yield Workload(
        "aws-load-balancer-controller",
        "kube-system",
        [container("aws-load-balancer-controller", "50m/128Mi", "200m/256Mi")],
        replicas=replicas,
        surge=rolling(replicas),
    )


def external_dns(platform: Platform) -> Iterator[Workload]:
    """One pod, which makes room for the next."""
    dns = platform.edge and platform.edge.dns
    if dns:
        one = container("external-dns", "10m/48Mi", "100m/96Mi")
        yield Workload("external-dns", "external-dns", [one], pool=dns.pool, path=("edge", "dns", "pool"))


def sign_in(platform: Platform) -> Iterator[Workload]:
    """oauth2-proxy."""
    asked = platform.ingress.sign_in
    if asked:
        yield Workload(
            "sign-in",
            "sign-in",
            [container("oauth2-proxy", "10m/32Mi", "200m/128Mi")],
            replicas=asked.replicas,
            surge=rolling(asked.replicas),
            pool=asked.pool,
            path=("ingress", "signIn", "replicas"),
        )


def metallb(platform: Platform) -> Iterator[Workload]:
    """A controller, and who answers on every machine."""
    if platform.ingress.load_balancer:
        small = "10m/32Mi", "100m/96Mi"
        yield Workload("metallb-controller", "metallb-system", [container("controller", *small)], surge=rolling(1))
        yield Workload("metallb-speaker", "metallb-system", [container("speaker", *small)], every_node=True)
