"""The parts around the services: ingress, observability."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spec.alerts import Alert
from spec.base import Cidr, Duration, Host, Name, Quantity, Section
from spec.load_balancer import MetalLb
from spec.logs import Logs
from spec.notifications import Notifications
from spec.services import Compute, Resources
from spec.sign_in import SignIn
from spec.tls import TlsIssuer
from spec.traces import Traces


class Ingress(Section):
    """The ingress controller: F5 NGINX, the maintained one since kubernetes/ingress-nginx was retired in March 2026."""

    replicas: Annotated[int, Field(ge=1, le=20)] = 1
    tls: TlsIssuer | None = None
    """Who certifies the hosts; left out, TLS ends before the controller: at the edge's load balancer, or nowhere."""
    load_balancer: MetalLb | None = None
    """Who gives the controller an address outside the cluster; left out, the cluster does."""
    sign_in: SignIn | None = None
    """Who gets through to the user interfaces; left out, each has nothing but users of its own to keep people out."""
    trusted_proxies: list[Cidr] = []
    """Networks of proxies before the platform, such as a CDN's, whose word on who the client is is taken; the edge's
    own load balancer is among them in any case."""
    pool: Name | None = None


class Grafana(Section):
    """Grafana, behind the ingress where it has a host."""

    host: Host | None = None
    explore_host: Host | None = None
    """Another host of it, which opens Explore, where logs are."""
    storage: Quantity = "2Gi"


class Alertmanager(Section):
    """Alertmanager."""

    storage: Quantity = "1Gi"
    notify: Notifications | None = None
    """Left out, alerts are in its and in Grafana's user interface alone."""


class Observability(Section):
    """Prometheus, Grafana and Alertmanager, by kube-prometheus-stack."""

    namespace: Name = "monitoring"
    retention: Duration
    """How long metrics are kept; required, since disk and hindsight are a trade only the platform's owner can make."""
    scrape_interval: Duration = "30s"
    storage: Quantity = "10Gi"
    resources: Resources = Resources(requests=Compute(cpu="250m", memory="1Gi"), limits=Compute(cpu="1", memory="2Gi"))
    """What Prometheus itself may take; its memory grows with the number of series, and so with pods."""
    grafana: Grafana = Grafana()
    prometheus_host: Host | None = None
    """Where the ingress offers Prometheus' own user interface, to people who have signed in."""
    alertmanager: Alertmanager | None = Alertmanager()
    alerts: dict[str, Alert] = {}
    """What is different here about an alert, by its name: `NodeCPUHigh: {threshold: 85}`."""
    business: list[Literal["ticketing"]] = []
    """What the services are about, where they export metrics of it: brings that business' alerts."""
    logs: Logs | None = None
    """Left out, nobody collects them: `kubectl logs` has what the nodes still hold."""
    traces: Traces | None = None
    """Left out, services are told nothing of traces."""
    pool: Name | None = None
