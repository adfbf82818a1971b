"""What pods each part of a platform makes, and what each of their containers asks for.

One function for each part returns its workloads as Kubernetes will have them: those of charts with the values that the
part's component gives them, and those that operators make of custom resources. Tests hold them against what the
components register and, where charts are at hand, against what those render.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spec.capacity.footprints import cluster, data, delivery, ingress, mesh, observability, secrets, services
from spec.capacity.workloads import Workload
from spec.platform import Platform

Footprint = Callable[[Platform], Iterator[Workload]]

FOOTPRINTS: tuple[Footprint, ...] = (
    services.application_services,
    data.postgres,
    data.database_roles,
    data.exporters,
    data.kafka,
    data.interfaces,
    data.load_test,
    data.redis,
    data.rabbitmq,
    ingress.controller,
    mesh.istio,
    ingress.cert_manager,
    ingress.load_balancer_controller,
    ingress.external_dns,
    ingress.sign_in,
    ingress.metallb,
    cluster.longhorn,
    observability.metrics,
    observability.logs,
    observability.log_store,
    observability.traces,
    observability.audit_log,
    delivery.argo_cd,
    delivery.flux,
    secrets.external_secrets,
    secrets.sealed_secrets,
    cluster.k3s,
    cluster.eks,
    cluster.kubeadm,
    cluster.autoscaler,
    cluster.metrics_server,
)


def workloads(platform: Platform) -> Iterator[Workload]:
    """Yield everything that runs in a platform's cluster."""
    for footprint in FOOTPRINTS:
        yield from footprint(platform)
