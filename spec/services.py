"""Application services: an image, a port, and what it uses. Everything else follows or has a default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from spec.base import Host, Identifier, Name, Port, Quantity, Section
from spec.permissions import Permission
from spec.traffic import Traffic
from spec.way_in import NodePort

EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
UrlPath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/_.~-]*$")]


def _fixed(tag: str) -> str:
    if tag == "latest":
        raise ValueError("moves; name a version: what latest is tomorrow nobody can review today")
    return tag


class Image(Section):
    """A container image, always with a tag that stays what it is."""

    repository: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+$")]
    tag: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"),
        AfterValidator(_fixed),
    ]
    """A version that stays what it is; `latest` is refused."""
    command: list[str] | None = None
    args: list[str] | None = None


# Small, public, and answers on /healthz, /readyz and /metrics, so that a stack comes up before anybody has built
# an image: https://github.com/stefanprodan/podinfo
DEMO_IMAGE = Image(
    repository="ghcr.io/stefanprodan/podinfo",
    tag="6.9.2",
    command=["./podinfo"],
    args=["--port=$(PORT)"],
)


class Health(Section):
    """Paths that the probes ask on the service's port."""

    liveness: UrlPath = "/healthz"
    readiness: UrlPath = "/readyz"


class Replicas(Section):
    """How many pods; where `max` exceeds `min`, a HorizontalPodAutoscaler decides between them."""

    min: Annotated[int, Field(ge=0)] = 1
    max: Annotated[int, Field(ge=1)] = 3
    target_cpu: Annotated[int, Field(ge=10, le=100, alias="targetCPU")] = 70
    """CPU, in percent of the request, that the autoscaler holds."""


class Compute(Section):
    """CPU and memory, as Kubernetes quantities."""

    cpu: Quantity
    memory: Quantity


class Resources(Section):
    """What a pod asks for, and the most it may take."""

    requests: Compute = Compute(cpu="100m", memory="128Mi")
    limits: Compute = Compute(cpu="500m", memory="256Mi")


class Route(Section):
    """A host and a path at the ingress that lead to the service."""

    host: Host
    path: UrlPath = "/"


def _of_its_own(path: str) -> str:
    if path.rstrip("/") in ("", "/tmp"):
        raise ValueError("is there already; name a directory that is the volume's alone")
    return path


class Volume(Section):
    """A disk of the service's own: what a pod writes there its successor finds.

    One pod has it at a time, so the service runs as one, which is stopped before the next version starts.
    """

    path: Annotated[UrlPath, AfterValidator(_of_its_own)]
    """Directory of the container that it is mounted at."""
    size: Quantity


class Service(Section):
    """One application service."""

    name: Name
    namespace: Name
    kind: Literal["api", "worker"] = "api"
    """`api` answers on its port; `worker` consumes a queue: its port serves probes and metrics only."""
    image: Image = DEMO_IMAGE
    port: Port
    health: Health = Health()
    metrics: UrlPath | None = "/metrics"
    """Path that Prometheus scrapes on the service's port; null where there is none."""
    replicas: Replicas = Replicas()
    resources: Resources = Resources()
    env: dict[EnvName, str] = {}
    """Plain settings. Secrets never belong here: they follow from `uses`."""
    uses: list[str] = []
    """What it talks to: another service by its name, or the data tier as `postgres.writer`, `postgres.reader`,
    `redis.<store>`, `rabbitmq.publisher`, `rabbitmq.consumer`, `kafka`. The environment, the secret, the database role
    and the network policies follow from it."""
    database: Identifier | None = None
    """A database of PostgreSQL that is its own: it may do everything there and nothing elsewhere, and no other service
    gets in. Left out, it is `data.postgres.database`, which services share. On an external server, whose it is already,
    only a name."""
    connections: Annotated[int | None, Field(ge=1, le=5000)] = None
    """What all its pods may open together to PostgreSQL that AWS runs, to the writer and to the readers each; left out,
    each pod has as much as those of other services that leave it out, and a service's maximum changes their share."""
    permissions: list[Permission] = []
    """What it may do in AWS, by a role of its own; left out, it is nobody there."""
    routes: list[Route] = []
    """Where the ingress offers it; without any it is reachable inside the cluster only."""
    node_port: NodePort | None = None
    """Port of every machine, one of `edge.nodePorts`, by which the load balancer reaches it."""
    traffic: Traffic = Traffic()
    """How the ingress treats what comes by the routes."""
    volume: Volume | None = None
    """A disk of its own, such as for a database in a file; left out, what a pod writes is gone with it."""
    pool: Name | None = None
    """Node pool to run on; left out, the scheduler chooses."""
    interruptible: bool = True
    """Whether its pods may be moved at two minutes' notice, as on spot machines."""
    termination_grace_seconds: Annotated[int, Field(ge=1, le=600)] = 30
