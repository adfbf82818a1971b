"""What every platform is built from, whatever it stands on."""

from __future__ import annotations

from typing import Any

import pulumi

from components.app_services import AppServices
from components.charts import Charts
from components.data_tier.endpoint import Engine, consumers
from components.gitops import Gitops
from components.ingress import Ingress
from components.namespaces import Namespaces
from components.observability.metrics import Metrics
from spec.platform import Platform
from stacks.ground import ground_for


def build(spec: Platform) -> None:
    """Build the platform that ``spec`` describes, and export what came up."""
    ground = ground_for(spec)
