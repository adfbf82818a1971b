"""What the components of a cluster are given, for tests: a cluster with any facts, charts, namespaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.cert_manager import CertManager
from components.certificates import Certificates
from components.charts import Charts
from components.cloud.contract import Bucket, CloudSecret, LogGroup, OidcClient
from components.cluster.contract import Cluster, Facts, Identity, LoadBalancing
from components.data_tier.endpoint import Peer
from components.http_ingress import Authorizer
from components.ingress import Ingress
from components.mesh.gateway import Gateway
from components.mesh.istio import Istio
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from spec.mesh import Mesh as MeshSpec
from spec.parts import Ingress as IngressSpec
from spec.parts import Observability
from spec.security import Security
from spec.services import Service

RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SECRET = "kubernetes:core/v1:Secret"


class AnyCluster(Cluster):
    """A cluster with the given facts; nothing makes it."""

    def __init__(
        self,
        load_balancing: LoadBalancing = LoadBalancing.SERVICE,
        managed_control_plane: bool = True,
        storage_class: str | None = "fast",
    ) -> None:
        super().__init__("cluster:AnyCluster", "any", None)
        self.provider = kubernetes.Provider("any", kubeconfig="{}", cluster_identifier="any")
        self.kubeconfig = pulumi.Output.secret("{}")
        self.storage_class = storage_class
        audit = LogGroup(pulumi.Output.from_input("/audit"), pulumi.Output.from_input("arn:aws:logs:::/audit"))
        self.facts = Facts(managed_control_plane, load_balancing, metrics_server=True, audit_log=audit)

    def identity_for(self, name: str, namespace: Any, service_account: str, policy: Any, opts: Any) -> Identity:
        """Return an annotation with the policy in it: who gets it may do what it says."""
        return Identity({"may": policy}, peers=[Peer(ports=(80,), cidrs=("169.254.169.254/32",))])


def reached_at(host: str) -> str:
    """Return the address of a host, as a ground has it: of a way in that is not where everybody looks first."""
    return f"http://{host}:8080"


class AnyCloud:
    """A cloud of names."""

    region = "us-east-1"

    def bucket(self, name: str, opts: pulumi.ResourceOptions) -> Bucket:
        return Bucket(pulumi.Output.from_input(name), pulumi.Output.from_input(f"arn:aws:s3:::{name}"))

    def log_group(self, name: str, retention_days: int, opts: pulumi.ResourceOptions) -> LogGroup:
        named = f"/groundwork/{name}/{retention_days}"
        return LogGroup(pulumi.Output.from_input(named), pulumi.Output.from_input(f"arn:aws:logs:::{named}"))

    secrets_arn = "arn:aws:secretsmanager:us-east-1:*:secret:any/*"

    def secret_name(self, path: str) -> str:
        return f"any/{path}"

    def secret(self, name: str, path: Any, content: Any, opts: pulumi.ResourceOptions) -> CloudSecret:
        held = pulumi.Output.secret(content).apply(lambda _: "1")
        return CloudSecret(pulumi.Output.concat("any/", path), held)

    def user_pool(self, name: str, callbacks: Any, opts: pulumi.ResourceOptions, *, mfa: bool) -> OidcClient:
        return OidcClient("https://pool.example.com", "client", pulumi.Output.secret("hush"))


def security(*namespaces: str) -> Security:
    """Return a section with these namespaces, at its defaults otherwise."""
    return Security.model_validate({"namespaces": [{"name": name} for name in namespaces or ("shop",)]})


class Around:
    """The objects that every component of a cluster depends on."""

    def __init__(
        self, *namespaces: str, scraped: bool = True, observability: Observability | None = None, **cluster: Any
    ) -> None:
        self.cluster = AnyCluster(**cluster)
        inside = pulumi.ResourceOptions(providers=[self.cluster.provider])
        self.namespaces = Namespaces("namespaces", security(*namespaces), inside)
        self.common: dict[str, Any] = {"charts": Charts(), "namespaces": self.namespaces, "opts": inside}
        spec = observability or Observability(retention="7d")
        self.scraping = Scraping("scraping", spec, **self.common) if scraped else None
        self.common["scraping"] = self.scraping

    def ingress(self, *, tls: Any = None, **given: Any) -> Ingress:
        """Return an ingress controller on this cluster; ``tls`` is that section of a stack file."""
        spec = IngressSpec.model_validate({"tls": tls})
        return Ingress("ingress", spec, cluster=self.cluster, **self.common, **given)

    def mesh(self, *services_in: str, authorizers: Sequence[Authorizer] = (), **spec: Any) -> Istio:
        """Return Istio on this cluster; ``spec`` is that section of a stack file."""
        given = MeshSpec.model_validate({"engine": "istio", **spec})
        return Istio(
            "istio", given, services_in=services_in, authorizers=authorizers, cluster=self.cluster, **self.common
        )

    def gateway(self, mesh: Istio, *, replicas: int = 1, tls: Any = None, **given: Any) -> Gateway:
        """Return the mesh's gateway; ``tls`` is that section of a stack file."""
        spec = IngressSpec.model_validate({"replicas": replicas, "tls": tls})
        if tls:
            given["certificates"] = self.certificates(tls)
        return Gateway("ingress", spec, mesh=mesh, cluster=self.cluster, **self.common, **given)

    def certificates(self, tls: Any, name: str = "certificates") -> Certificates:
        """Return an issuer of certificates with cert-manager under it; ``tls`` is that section of a stack file."""
        spec: Any = IngressSpec.model_validate({"tls": tls}).tls
        prefix = "" if name == "certificates" else f"{name}-"
        cert_manager = CertManager(f"{prefix}cert-manager", cluster=self.cluster, **self.common)
        return Certificates(name, spec, cert_manager=cert_manager, opts=self.common["opts"])


def service(name: str = "web", **fields: Any) -> Service:
    """Return a service as a stack file would describe it, with camelCase keys."""
    return Service.model_validate({"name": name, "namespace": "shop", "port": 8080, **fields})
