"""Elasticsearch in the cluster, run by Elastic's operator (ECK)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pulumi
import pulumi_random as random
import pulumi_tls as tls
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.data_tier.endpoint import Peer
from components.namespaces import Namespaces
from components.observability.log_stores.contract import ElasticsearchApi, HttpAddress, LogStore, User
from components.observability.log_stores.external import elasticsearch_datasource
from components.observability.scraping import Scraping
from components.pod_security import CONFINED, RESTRICTED_CONTAINER, restricted_pod
from components.scheduling import on_pool
from components.traffic import API_SERVER, DNS, allow, among, coming_from, going_to
from components.volumes import of_class
from spec.base import quantity
from spec.logs import Elasticsearch as Spec
from spec.node_pools import NodePool

NAME = "logs"
PORT = 9200
DATA_STREAM = "logs-pods-default"
OPERATOR_NAMESPACE = "elastic-system"
IMAGE = "docker.elastic.co/elasticsearch/elasticsearch"

_TRANSPORT, _OPERATOR_METRICS = 9300, 9000
# https://www.elastic.co/docs/deploy-manage/deploy/cloud-on-k8s/services
_SERVICE = f"{NAME}-es-http"
_PODS = {"elasticsearch.k8s.elastic.co/cluster-name": NAME}
_OPERATOR = {"app.kubernetes.io/name": "elastic-operator"}
_SETUP = {"app.kubernetes.io/name": "log-store-setup"}
_USER = 1000  # of Elasticsearch's image
_AUTHORITY_HOURS = 10 * 365 * 24
_SCRIPT = Path(__file__).with_name("set_up_elasticsearch.sh")

_POD_SECURITY = restricted_pod(_USER, owns_volumes=True)
_INIT = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}}

# Collectors add documents and Grafana reads them; who sets up may say what documents look like, and read none.
_ROLES = {
    "platform-logs": {
        "cluster": ["monitor"],
        "indices": [
            {
                "names": ["logs-pods-*"],
                "privileges": ["create_doc", "auto_configure", "read", "view_index_metadata"],
            }
        ],
    },
    "platform-logs-setup": {
        "cluster": ["monitor", "manage_index_templates"],
        "indices": [
            {
                "names": ["logs-pods-*"],
                "privileges": ["manage_data_stream_lifecycle", "view_index_metadata"],
            }
        ],
    },
}


class _Account(NamedTuple):
    """A user of the file realm, which needs no Elasticsearch to be made."""

    name: str
    password: pulumi.Output[str]
    secret: Secret


class Elasticsearch(Component):
    """The operator, the nodes, two users, and the data stream that collectors write to."""

    store: LogStore

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping,
        clients: Sequence[Peer],
        pools: Sequence[NodePool] = (),
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Elasticsearch beside Prometheus, and let ``clients`` write and read; ``protect`` guards the logs."""
        super().__init__("observability:Elasticsearch", name, opts)
        self._name, self._scraping = name, scraping
        operator_namespace = namespaces.ensure(OPERATOR_NAMESPACE)
        operator = self._operator(charts, operator_namespace)
        authority, certificate = self._certificate()
        platform = self._account("platform", "platform-logs")
        setup = self._account("setup", "platform-logs-setup")
        roles = Secret(
            f"{name}-roles",
            metadata=self._metadata("elasticsearch-roles"),
            # JSON is YAML.
            string_data={"roles.yml": json.dumps(_ROLES)},
            opts=self.child(),
        )
        self._policies(clients, operator_namespace)
        nodes = CustomResource(
            name,
            api_version="elasticsearch.k8s.elastic.co/v1",
            kind="Elasticsearch",
            metadata=self._metadata(NAME),
            spec={
                "version": spec.version,
                "auth": {
                    "fileRealm": [{"secretName": each.secret.metadata["name"]} for each in (platform, setup)],
                    "roles": [{"secretName": roles.metadata["name"]}],
                },
                "http": {"tls": {"certificate": {"secretName": certificate.metadata["name"]}}},
                "nodeSets": [_node_set(spec, cluster.storage_class, on_pool(spec.pool, pools))],
            },
            # Its finalizer is the operator's to take off.
            opts=self.child(depends_on=[operator], protect=protect),
        )
        ready = self._set_up(spec, setup, authority, nodes)
        self.store = LogStore(
            api=ElasticsearchApi(self._address, DATA_STREAM),
            peer=Peer(ports=(PORT,), namespace=scraping.namespace, pod_labels=_PODS),
            account=User(platform.name, platform.password),
            ca_certificate=authority,
            datasource=elasticsearch_datasource(DATA_STREAM),
            depends_on=[ready],
        )
        self.register_outputs({"address": self._address.url})

    @property
    def _address(self) -> HttpAddress:
        return HttpAddress(pulumi.Output.concat(_SERVICE, ".", self._scraping.namespace, ".svc"), PORT, tls=True)

    def _metadata(self, name: str) -> Any:
        return {"name": name, "namespace": self._scraping.namespace}

    def _operator(self, charts: Charts, namespace: pulumi.Input[str]) -> pulumi.Resource:
        allow(
            f"{self._name}-operator",
            namespace=namespace,
            pods=_OPERATOR,
            ingress=coming_from([self._scraping.scraper], _OPERATOR_METRICS),
            egress=[
                DNS,
                API_SERVER,
                *going_to([Peer(ports=(PORT,), namespace=self._scraping.namespace, pod_labels=_PODS)]),
            ],
            opts=self.child(),
        )
        return charts.release(
            f"{self._name}-operator",
            "eck-operator",
            namespace=namespace,
            values={
                "managedNamespaces": [self._scraping.namespace],
                # It would check what the program has checked already, and need a way in for the API server.
                "webhook": {"enabled": False},
                "telemetry": {"disabled": True},
                "config": {"metrics": {"port": str(_OPERATOR_METRICS)}},
                "podMonitor": {"enabled": True, "interval": "60s"},
                "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": CONFINED},
                "resources": {
                    "requests": {"cpu": "50m", "memory": "150Mi"},
                    "limits": {"cpu": "500m", "memory": "512Mi"},
                },
            },
            opts=self.child(depends_on=[self._scraping.crds]),
        )

    def _certificate(self) -> tuple[pulumi.Output[str], Secret]:
        """Return an authority's certificate, and the Secret with one for the Service that it has signed."""
        name = self._name
        authority_key = tls.PrivateKey(f"{name}-ca", algorithm="ECDSA", ecdsa_curve="P256", opts=self.child())
        authority = tls.SelfSignedCert(
            f"{name}-ca",
            private_key_pem=authority_key.private_key_pem,
            subject={"common_name": "log store"},
            is_ca_certificate=True,
            set_subject_key_id=True,
            allowed_uses=["digital_signature", "cert_signing"],
            validity_period_hours=_AUTHORITY_HOURS,
            opts=self.child(),
        )
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=self.child())
        request = tls.CertRequest(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": _SERVICE},
            dns_names=[_SERVICE, self._address.host],
            opts=self.child(),
        )
        signed = tls.LocallySignedCert(
            name,
            cert_request_pem=request.cert_request_pem,
            ca_cert_pem=authority.cert_pem,
            ca_private_key_pem=authority_key.private_key_pem,
            allowed_uses=["digital_signature", "key_encipherment", "server_auth"],
            validity_period_hours=_AUTHORITY_HOURS,
            opts=self.child(),
        )
        secret = Secret(
            f"{name}-certificate",
            metadata=self._metadata("elasticsearch-certificate"),
            string_data={"tls.crt": signed.cert_pem, "tls.key": key.private_key_pem, "ca.crt": authority.cert_pem},
            opts=self.child(),
        )
        return authority.cert_pem, secret

    def _account(self, user: str, role: str) -> _Account:
        password = random.RandomPassword(f"{self._name}-{user}", length=32, special=False, opts=self.child()).result
        secret = Secret(
            f"{self._name}-{user}",
            metadata=self._metadata(f"elasticsearch-user-{user}"),
            type="kubernetes.io/basic-auth",
            string_data={"username": user, "password": password, "roles": role},
            opts=self.child(),
        )
        return _Account(user, password, secret)

    def _policies(self, clients: Sequence[Peer], operator_namespace: pulumi.Input[str]) -> None:
        namespace = self._scraping.namespace
        operator = Peer(ports=(), namespace=operator_namespace, pod_labels=_OPERATOR)
        setup = Peer(ports=(), namespace=namespace, pod_labels=_SETUP)
        allow(
            self._name,
            namespace=namespace,
            pods=_PODS,
            ingress=[
                *coming_from([*clients, operator, setup], PORT),
                among(_PODS, PORT, _TRANSPORT, direction="from"),
            ],
            egress=[DNS, among(_PODS, PORT, _TRANSPORT, direction="to")],
            opts=self.child(),
        )
        allow(
            f"{self._name}-setup",
            namespace=namespace,
            pods=_SETUP,
            egress=[DNS, among(_PODS, PORT, direction="to")],
            opts=self.child(),
        )

    def _set_up(
        self, spec: Spec, setup: _Account, authority: pulumi.Output[str], nodes: pulumi.Resource
    ) -> pulumi.Resource:
        """Return the job that creates the index template and the retention; it runs again whenever one changes."""
        namespace: Any = {"namespace": self._scraping.namespace}
        # Immutable and named by Pulumi: another content is another object, and so another job.
        files = ConfigMap(
            f"{self._name}-setup",
            metadata=namespace,
            immutable=True,
            data={"set-up.sh": _SCRIPT.read_text(), "template.json": json.dumps(_template(spec)), "ca.crt": authority},
            opts=self.child(),
        )
        environment = {
            "ADDRESS": self._address.url,
            "DATA_STREAM": DATA_STREAM,
            "RETENTION": _days(spec.retention),
        }
        password = {"secretKeyRef": {"name": setup.secret.metadata["name"], "key": "password"}}
        container = {
            "name": "set-up",
            "image": f"{IMAGE}:{spec.version}",
            "command": ["bash", "/setup/set-up.sh"],
            "env": [
                *({"name": key, "value": value} for key, value in environment.items()),
                {"name": "USERNAME", "value": setup.name},
                {"name": "PASSWORD", "valueFrom": password},
            ],
            "volumeMounts": [{"name": "setup", "mountPath": "/setup", "readOnly": True}],
            "resources": {
                "requests": {"cpu": "50m", "memory": "32Mi"},
                "limits": {"cpu": "200m", "memory": "64Mi"},
            },
            "securityContext": RESTRICTED_CONTAINER,
        }
        pod: Any = {
            "restartPolicy": "OnFailure",
            "automountServiceAccountToken": False,
            "securityContext": _POD_SECURITY,
            "containers": [container],
            "volumes": [{"name": "setup", "configMap": {"name": files.metadata["name"]}}],
        }
        return Job(
            f"{self._name}-setup",
            metadata=namespace | {"labels": _SETUP},
            spec={"backoff_limit": 5, "template": {"metadata": {"labels": _SETUP}, "spec": pod}},
            opts=self.child(depends_on=[nodes]),
        )


def _node_set(spec: Spec, storage_class: pulumi.Input[str] | None, placement: dict[str, Any]) -> dict[str, Any]:
    # A node needs a core while it starts, and little afterwards: with less its probe would give it up.
    cpu_limit = spec.cpu if quantity(spec.cpu) > 1 else "1"
    resources = {
        "requests": {"cpu": spec.cpu, "memory": spec.memory},
        "limits": {"cpu": cpu_limit, "memory": spec.memory},
    }
    claim: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": spec.size}},
        **of_class(storage_class),
    }
    return {
        "name": "default",
        "count": spec.nodes,
        # With it, the machine's vm.max_map_count would have to be raised by somebody privileged:
        # https://www.elastic.co/docs/deploy-manage/deploy/cloud-on-k8s/virtual-memory
        "config": {"node.store.allow_mmap": False},
        "podTemplate": {
            "spec": {
                "automountServiceAccountToken": False,
                "securityContext": _POD_SECURITY,
                "initContainers": [
                    {"name": f"elastic-internal-{part}", "resources": _INIT} for part in ("init-filesystem", "suspend")
                ],
                "containers": [{"name": "elasticsearch", "resources": resources}],
                **placement,
            }
        },
        "volumeClaimTemplates": [{"metadata": {"name": "elasticsearch-data"}, "spec": claim}],
    }


def _template(spec: Spec) -> dict[str, Any]:
    """Return the index template of the data stream: its fields, its replicas and for how long it keeps a document.

    https://www.elastic.co/docs/manage-data/lifecycle/data-stream/tutorial-create-data-stream-with-lifecycle
    """
    keyword = {"type": "keyword"}
    fields = {
        "@timestamp": {"type": "date"},
        "message": {"type": "text"},
        **dict.fromkeys(("namespace", "pod", "container", "stream", "level"), keyword),
    }
    return {
        "index_patterns": ["logs-pods-*"],
        # Before Elasticsearch's own for `logs-*-*`, which never deletes.
        "priority": 500,
        "data_stream": {},
        "template": {
            "settings": {"number_of_replicas": min(1, spec.nodes - 1)},
            "lifecycle": {"data_retention": _days(spec.retention)},
            "mappings": {"properties": fields},
        },
    }


def _days(retention: str) -> str:
    """Return ``retention``, such as `2w`, in days: Elasticsearch has no unit for weeks."""
    return f"{int(retention[:-1]) * (7 if retention.endswith('w') else 1)}d"
