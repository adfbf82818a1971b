"""The whole of a stack file."""

from __future__ import annotations

from spec.alarms import Alarms
from spec.base import Host, Name, Section
from spec.bastion import Bastion
from spec.buckets import Bucket
from spec.cluster import Cluster, ExistingCluster, K3dCluster, KubeadmCluster
from spec.data import Data
from spec.edge import Edge
from spec.frontend import Frontend
from spec.gitops import Gitops
from spec.mesh import Mesh
from spec.network import Network
from spec.node_pools import NodePool
from spec.parts import Ingress, Observability
from spec.registry import Registry
from spec.security import Security
from spec.services import Service
from spec.storage import Longhorn


class Platform(Section):
    """A platform: each field is one `groundwork:` key of a stack file."""

    name: Name
    """What the platform is called; it prefixes names that have to be unique in an account."""
    domain: Host | None = None
    """Domain that the platform is reached under."""
    chart_mirror: str | None = None
    """Directory or URL with packaged charts (`<name>-<version>.tgz`) to take all third-party charts from."""
    protect: bool = False
    """Guards what holds data against deletion. To destroy on purpose: set it to false, `up`, then `destroy`."""
    cluster: Cluster
    network: Network | None = None
    node_pools: list[NodePool] = []
    data: Data = Data()
    services: list[Service] = []
    storage: Longhorn | None = None
    """Left out, volumes are what the cluster makes by itself."""
    ingress: Ingress = Ingress()
    mesh: Mesh | None = None
    edge: Edge | None = None
    buckets: list[Bucket] = []
    registry: Registry | None = None
    bastion: Bastion | None = None
    alarms: Alarms | None = None
    frontend: Frontend | None = None
    observability: Observability | None = None
    gitops: Gitops | None = None
    security: Security

    def most_nodes(self) -> int:
        """Return how many nodes there are when every pool is at its largest."""
        match self.cluster:
            case K3dCluster() as k3d:
                return k3d.servers + k3d.agents
            case ExistingCluster():
                return 1
            case KubeadmCluster() as kubeadm:
                own = kubeadm.control_plane.count
            case _:
                own = 0
        return own + sum(pool.size.max for pool in self.node_pools)

    def hosts(self) -> list[str]:
        """Return every host that the ingress answers for: the services' and the user interfaces'."""
        return sorted(
            {route.host for service in self.services for route in service.routes} | {*self.interfaces().values()}
        )

    def interfaces(self) -> dict[str, str]:
        """Return the hosts of the user interfaces, by what they are."""
        observability, gitops, data = self.observability, self.gitops, self.data.interfaces
        hosts = {
            "grafana": observability and observability.grafana.host,
            "explore": observability and observability.grafana.explore_host,
            "prometheus": observability and observability.prometheus_host,
            "argocd": gitops and gitops.host,
            "kafka-ui": data.kafka_ui and data.kafka_ui.host,
            "pgadmin": data.pgadmin and data.pgadmin.host,
        }
        return {name: host for name, host in hosts.items() if host}
