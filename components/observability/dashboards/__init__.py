"""Dashboards, as code: each belongs to a part of the platform, and is there where that part is."""

from __future__ import annotations

from collections.abc import Mapping

from components.observability.dashboards.argocd import ARGOCD
from components.observability.dashboards.cluster import CLUSTER
from components.observability.dashboards.database import DATABASE
from components.observability.dashboards.flux import FLUX
from components.observability.dashboards.ingress import INGRESS
from components.observability.dashboards.kafka import KAFKA
from components.observability.dashboards.kubernetes import KUBERNETES
from components.observability.dashboards.logs import LOGS
from components.observability.dashboards.mesh import MESH
from components.observability.dashboards.model import Dashboard
from components.observability.dashboards.postgres import POSTGRES
from components.observability.dashboards.rabbitmq import RABBITMQ
from components.observability.dashboards.redis import REDIS
from components.observability.dashboards.services import SERVICES
from components.observability.dashboards.ticketing import TICKETING

DASHBOARDS: Mapping[str, Dashboard] = {
    "nodes": CLUSTER,
    "kubernetes": KUBERNETES,
    "ingress": INGRESS,
    "services": SERVICES,
    "postgres": POSTGRES,
    "postgres-exporter": DATABASE,
    "kafka": KAFKA,
    "redis": REDIS,
    "rabbitmq": RABBITMQ,
    "logs": LOGS,
    "mesh": MESH,
    "argocd": ARGOCD,
    "flux": FLUX,
    "ticketing": TICKETING,
}
"""By the part of the platform that each is about."""
