"""The cluster: what kind it is, and what that kind alone needs to know."""

from __future__ import annotations

from posixpath import normpath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from spec.base import Cidr, Name, Port, Section
from spec.node_pools import LabelKey, LabelValue
from spec.services import Compute

Minor = Annotated[str, StringConstraints(pattern=r"^1\.\d{2}$"), Field(description="A Kubernetes minor, such as 1.35.")]
Patch = Annotated[
    str,
    StringConstraints(pattern=r"^1\.\d{2}\.\d{1,2}$"),
    Field(description="A Kubernetes patch release, such as 1.35.3."),
]
Principal = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+")]
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]


def _directory(path: str) -> str:
    # Docker takes what follows a colon for where a container is to have it.
    if not path.startswith("/") or ":" in path:
        raise ValueError("is not the absolute path of a directory; write it like /tmp/k3d-storage")
    if not normpath(path).strip("/"):
        raise ValueError("is the root of the machine; give the volumes a directory of their own, like /tmp/k3d-storage")
    return path


Directory = Annotated[str, AfterValidator(_directory), Field(json_schema_extra={"pattern": "^/[^:]*[^:/][^:]*$"})]


class K3dCluster(Section):
    """k3s in Docker on this machine, created and deleted by the program."""

    target: Literal["k3d"]
    name: Name = "groundwork"
    image: str = "docker.io/rancher/k3s:v1.35.3-k3s1"
    """The k3s image, and by it the Kubernetes version."""
    servers: Annotated[int, Field(ge=1, le=7)] = 1
    agents: Annotated[int, Field(ge=0, le=10)] = 0
    http_port: Port = 8080
    """Port on this machine that leads to the ingress controller's port 80."""
    https_port: Port = 8443
    service_lb: Annotated[bool, Field(alias="serviceLB")] = True
    """Whether k3s answers for Services of type LoadBalancer; false where something else is to."""
    storage_path: Directory = "/tmp/k3d-storage"
    """Directory on this machine that holds the volumes; it survives the cluster."""
    machine: Compute = Compute(cpu="4", memory="12Gi")
    """What Docker has of this machine, which all nodes share; everything has to fit into it."""


class ExistingCluster(Section):
    """A cluster that somebody else runs: kind, minikube, Docker Desktop, or anything with a kubeconfig."""

    target: Literal["existing"]
    kubeconfig: str = "~/.kube/config"
    """Path of the kubeconfig file."""
    context: str
    """Name of the context in it; named always, so that `up` never lands on whichever cluster was used last."""
    storage_class: str | None = None
    """Storage class for volumes; left out, the cluster's default class is used."""
    load_balancer: Literal["service", "nodePort"] = "service"
    """How the ingress controller is reached: a Service of type LoadBalancer, or fixed node ports."""
    capacity: Compute | None = None
    """What its nodes have for pods, together; left out, only quotas are reckoned with."""
    metrics_server: bool = False
    """True when the cluster has a metrics server already."""
    wait_for_operators: bool = False
    """Whether `up` waits until operators report that databases, brokers and users are ready. Left out, it waits for
    pods alone, so that a control plane will do on which no operator acts."""


class VolumeSnapshots(Section):
    """Snapshots of all volumes that pods keep data on, made once a day."""

    time: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "04:00"
    """When, in UTC; within the hour after."""
    keep: Annotated[int, Field(ge=1, le=1000)] = 7


class EksCluster(Section):
    """EKS: a control plane run by AWS."""

    target: Literal["eks"]
    kubernetes_version: Minor = "1.35"
    tier: Name = "app"
    """Network tier for the nodes and the control plane's network interfaces."""
    public_access_cidrs: list[Cidr] = []
    """Networks that may reach the public endpoint; without any, the API is reachable from inside the VPC only."""
    log_retention_days: Days = 90
    admin_role_arns: list[Principal] = []
    """IAM roles and users that get cluster-admin by an access entry; creating the cluster does not grant it."""
    view_role_arns: list[Principal] = []
    """IAM roles and users that may look at everything in the cluster, Secrets included, and change nothing."""
    volume_snapshots: VolumeSnapshots | None = VolumeSnapshots()
    addons: dict[str, str] = {
        "vpc-cni": "v1.21.1-eksbuild.1",
        "kube-proxy": "v1.35.0-eksbuild.2",
        "coredns": "v1.13.1-eksbuild.1",
        "aws-ebs-csi-driver": "v1.56.0-eksbuild.1",
    }
    """Managed add-ons and their versions."""


class KubeadmCluster(Section):
    """Kubernetes on plain EC2 instances that build themselves with cloud-init and kubeadm."""

    target: Literal["kubeadm"]
    kubernetes_version: Patch = "1.35.3"
    containerd_version: Annotated[str, StringConstraints(pattern=r"^[12]\.\d{1,2}$")] = "2.2"
    """The containerd line; machines take its newest patch."""
    control_plane: ControlPlane
    calico_version: Annotated[str, StringConstraints(pattern=r"^v3\.\d{1,2}\.\d{1,2}$")] | None = None
    """Another version of Calico than charts/versions.yaml has, such as v3.32.2; nodes are brought to it in place."""
    pod_cidr: Cidr = "192.168.0.0/16"
    service_cidr: Cidr = "10.96.0.0/12"
    api_access_cidrs: list[Cidr] = []
    """Networks outside the VPC that may reach the API server, by a load balancer of their own where there are any."""


class ControlPlane(Section):
    """The machines that run the API server and etcd."""

    instance_type: str = "t3.large"
    count: Literal[1, 3, 5] = 1
    """An odd number, so that etcd keeps a majority when one is lost."""
    disk_gib: Annotated[int, Field(ge=20, le=16384, alias="diskGiB")] = 50
    tier: Name = "public"
    """Network tier that the control plane lives in."""
    labels: dict[LabelKey, LabelValue] = {}
    """Of its nodes, beside what kubeadm gives them."""
    snapshot_retention_days: Annotated[int, Field(ge=1, le=365)] = 14
    """How long the hourly snapshots of etcd are kept in S3."""


Cluster = Annotated[
    K3dCluster | ExistingCluster | EksCluster | KubeadmCluster,
    Field(discriminator="target"),
]
