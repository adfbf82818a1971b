"""Every pod of a stack, with its labels and ports.

Pods of what is rendered here stand in the objects. Pods of charts that are fetched, and those that operators make of
custom resources, stand in two tables; where GROUNDWORK_CHARTS names a directory of charts, a test compares the first
of them with what the charts render.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.reachability.policies import Pod
from tests.stack_objects import Made, Object, Release

NAME, INSTANCE, COMPONENT = (f"app.kubernetes.io/{key}" for key in ("name", "instance", "component"))

Labels = Mapping[str, str]
Ports = Mapping[str, int]
Row = tuple[str, Labels, Ports]

_INJECTED = "sidecar.istio.io/inject"
_OF_A_SIDECAR: Ports = {"metrics": 15020}
"""Where it hands out the metrics of its pod, with its own; no container declares that port."""

# By chart: the pods' name, the labels that a policy may select by, and the ports that matter to one. Pods in their
# node's own network are left out: no NetworkPolicy is about them. `{release}` is the release's name.
CHARTS: Mapping[str, tuple[Row, ...]] = {
    "argo-cd": tuple(
        (f"argocd-{part}", {NAME: f"argocd-{part}", INSTANCE: "{release}"}, ports)
        for part, ports in {
            "application-controller": {"metrics": 8082},
            "applicationset-controller": {"metrics": 8080, "webhook": 7000},
            "notifications-controller": {"metrics": 9001},
            "redis": {"redis": 6379},
            "repo-server": {"repo-server": 8081, "metrics": 8084},
            "server": {"server": 8080, "metrics": 8083},
        }.items()
    ),
    "alloy": (("alloy", {NAME: "alloy", INSTANCE: "{release}"}, {"http-metrics": 12345}),),
    "cert-manager": tuple(
        (name, {NAME: name, INSTANCE: "{release}"}, ports)
        for name, ports in {
            "cert-manager": {"http-metrics": 9402},
            "webhook": {"https": 10250, "http-metrics": 9402},
            "cainjector": {"http-metrics": 9402},
        }.items()
    ),
    "cloudnative-pg": (
        (
            "cloudnative-pg",
            {NAME: "cloudnative-pg", INSTANCE: "{release}"},
            {"webhook-server": 9443, "metrics": 8080},
        ),
    ),
    "flux2": tuple(
        (name, {NAME: name}, {"http-prom": 8080, **ports})
        for name, ports in {
            "source-controller": {"http": 9090},
            "kustomize-controller": {},
            "helm-controller": {},
            "notification-controller": {"http": 9090, "http-webhook": 9292},
        }.items()
    ),
    "external-secrets": tuple(
        (name, {NAME: name, INSTANCE: "{release}"}, ports)
        for name, ports in {
            "external-secrets": {"metrics": 8080},
            "external-secrets-webhook": {"metrics": 8080, "webhook": 10250},
            "external-secrets-cert-controller": {"metrics": 8080},
        }.items()
    ),
    "eck-operator": (("elastic-operator", {NAME: "elastic-operator", INSTANCE: "{release}"}, {"metrics": 9000}),),
    "longhorn": (("longhorn-manager", {"app": "longhorn-manager"}, {"manager (metrics)": 9500}),),
    "metallb": (
        (
            "metallb-controller",
            {NAME: "metallb", INSTANCE: "{release}", COMPONENT: "controller"},
            {"metricshttps": 9120, "webhook-server": 9443},
        ),
    ),
    "external-dns": (("external-dns", {NAME: "external-dns", INSTANCE: "{release}"}, {"http (metrics)": 7979}),),
    "oauth2-proxy": (
        ("oauth2-proxy", {NAME: "oauth2-proxy", INSTANCE: "{release}"}, {"http": 4180, "metrics": 44180}),
    ),
    "fluent-bit": (("fluent-bit", {NAME: "fluent-bit", INSTANCE: "{release}"}, {"http (metrics)": 2020}),),
    "kafka-ui": (("kafka-ui", {NAME: "kafka-ui", INSTANCE: "{release}"}, {"http": 8080}),),
    "gateway": (("ingress controller", {"istio": "ingress"}, {"http2": 80, "status-port": 15021, **_OF_A_SIDECAR}),),
    "cni": (("istio-cni", {"k8s-app": "istio-cni-node"}, {"metrics": 15014}),),
    "istiod": (("istiod", {"app": "istiod"}, {"https-dns": 15012, "https-webhook": 15017, "http-monitoring": 15014}),),
    "kube-prometheus-stack": (
        ("grafana", {NAME: "grafana", INSTANCE: "{release}"}, {"grafana": 3000}),
        (
            "kube-state-metrics",
            {NAME: "kube-state-metrics", INSTANCE: "{release}", COMPONENT: "metrics"},
            {"http (metrics)": 8080},
        ),
        (
            "prometheus-operator",
            {NAME: "kube-prometheus-stack-prometheus-operator", INSTANCE: "{release}"},
            {"http (metrics)": 8080},
        ),
    ),
    "loki": (("loki", {NAME: "loki", INSTANCE: "{release}"}, {"http-metrics": 3100, "memberlist": 7946}),),
    "nginx-ingress": (
        (
            "ingress controller",
            {NAME: "nginx-ingress", INSTANCE: "{release}"},
            {"http": 80, "https": 443, "prometheus": 9113},
        ),
    ),
    "opentelemetry-collector": (
        ("{release}", {INSTANCE: "{release}"}, {"otlp": 4317, "otlp-http": 4318, "metrics": 8888}),
    ),
    "strimzi-kafka-operator": (
        (
            "strimzi",
            {"name": "strimzi-cluster-operator", "strimzi.io/kind": "cluster-operator"},
            {"http (metrics)": 8080},
        ),
    ),
    "pgadmin4": (("pgadmin", {NAME: "pgadmin", INSTANCE: "{release}"}, {"http": 8080}),),
    "plugin-barman-cloud": (("barman-cloud", {NAME: "plugin-barman-cloud", INSTANCE: "{release}"}, {"grpc": 9090}),),
    "prometheus-postgres-exporter": (
        ("{release}", {NAME: "prometheus-postgres-exporter", INSTANCE: "{release}"}, {"http (metrics)": 9187}),
    ),
    "prometheus-redis-exporter": (
        ("{release}", {NAME: "prometheus-redis-exporter", INSTANCE: "{release}"}, {"exporter-port (metrics)": 9121}),
    ),
    "promtail": (("promtail", {NAME: "promtail", INSTANCE: "{release}"}, {"http-metrics": 3101}),),
    "rabbitmq-cluster-operator": (
        (
            "rabbitmq-cluster-operator",
            {NAME: "rabbitmq-cluster-operator", INSTANCE: "{release}", COMPONENT: "rabbitmq-operator"},
            {"http (metrics)": 9782, "health": 8081},
        ),
    ),
    "sealed-secrets": (
        ("sealed-secrets", {NAME: "sealed-secrets", INSTANCE: "{release}"}, {"http": 8080, "metrics": 8081}),
    ),
    "valkey": (("{release}", {NAME: "valkey", INSTANCE: "{release}"}, {"tcp": 6379, "metrics": 9121}),),
    # Nothing that a policy is about: definitions alone, pods of kube-system, which has no policies, or of their node's
    # network.
    "aws-ebs-csi-driver": (),
    "aws-load-balancer-controller": (),
    "base": (),
    "crd.projectcalico.org.v1": (),
    "cluster-autoscaler": (),
    "metrics-server": (),
    "prometheus-operator-crds": (),
    "service": (),
    "tigera-operator": (),
}


def _named(of: Object) -> str:
    return of["metadata"]["name"]


# By kind of custom resource: what its operator makes of it.
# https://cloudnative-pg.io/documentation/1.30/labels_annotations/
# https://github.com/rabbitmq/cluster-operator/blob/v2.22.3/internal/resource/statefulset.go
# https://github.com/prometheus-operator/prometheus-operator/blob/v0.93.1/pkg/prometheus/server/statefulset.go
# https://github.com/strimzi/strimzi-kafka-operator/tree/1.2.0/cluster-operator/src/main/java/io/strimzi/operator/cluster/model
CUSTOM: Mapping[str, Callable[[Object], Row]] = {
    "Cluster": lambda of: (
        f"{_named(of)} (instances)",
        {"cnpg.io/cluster": _named(of), "cnpg.io/podRole": "instance"},
        {"postgresql": 5432, "status": 8000, "metrics": 9187},
    ),
    "Pooler": lambda of: (
        _named(of),
        {
            "cnpg.io/cluster": of["spec"]["cluster"]["name"],
            "cnpg.io/podRole": "pooler",
            "cnpg.io/poolerName": _named(of),
        },
        {"pgbouncer": 5432, "metrics": 9127},
    ),
    "RabbitmqCluster": lambda of: (
        _named(of),
        {NAME: _named(of), COMPONENT: "rabbitmq"},
        {"epmd": 4369, "amqp": 5672, "management": 15672, "prometheus (metrics)": 15692, "cluster-rpc": 25672},
    ),
    "KafkaNodePool": lambda of: (
        f"kafka ({_named(of)})",
        {**of["metadata"]["labels"], "strimzi.io/name": "kafka-kafka", "strimzi.io/pool-name": _named(of)},
        {**_KAFKA_PORTS[of["spec"]["roles"][0]], "agent": 8443, "metrics": 9404},
    ),
}
_KAFKA_PORTS = {"broker": {"kafka": 9092, "replication": 9091}, "controller": {"quorum": 9090}}

# What Strimzi runs beside the servers, by the key of a Kafka that asks for it.
KAFKA_PARTS: Mapping[str, tuple[str, Ports]] = {
    "entityOperator": ("entity-operator", {"topics (metrics)": 8080, "users (metrics)": 8081}),
    "kafkaExporter": ("kafka-exporter", {"metrics": 9404}),
    "cruiseControl": ("cruise-control", {"api": 9090}),
    "zookeeper": ("zookeeper", {"clients": 2181, "election": 3888}),
}

# Prometheus and Alertmanager are custom resources of the chart itself, so its values say whether there are any.
OPERATED: Mapping[str, tuple[str, Ports]] = {
    "prometheus": ("prometheus", {"http-web": 9090, "reloader-web": 8080}),
    "alertmanager": ("alertmanager", {"http-web": 9093, "reloader-web": 8080}),
}

_TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def pods(stack: Made) -> list[Pod]:
    """Return the pods of a stack; those of a chart that the table does not have are not among them."""
    found = [*_rendered(stack), *_of_charts(stack), *_of_operators(stack)]
    unique = {(pod.namespace, pod.name): pod for pod in found}
    return [unique[key] for key in sorted(unique)]


def _of_charts(stack: Made) -> Iterator[Pod]:
    for release in stack.releases:
        yield from pods_of(release)
        if release.chart == "kube-prometheus-stack":
            yield from _operated(release)


def pods_of(release: Release) -> Iterator[Pod]:
    """Yield what the table has of a release; ports that its values close are left out."""
    given = release.values.get("ports")
    closed = (
        {name for name, port in given.items() if port.get("enabled") is False} if isinstance(given, dict) else set()
    )
    for name, labels, ports in CHARTS.get(release.chart, ()):
        yield Pod(
            name.replace("{release}", release.name),
            release.namespace,
            {key: value.replace("{release}", release.name) for key, value in labels.items()},
            {key: port for key, port in ports.items() if key not in closed},
        )


def _operated(release: Release) -> Iterator[Pod]:
    for part, (name, ports) in OPERATED.items():
        if (release.values.get(part) or {}).get("enabled", True):
            labels = {NAME: name, INSTANCE: f"{release.name}-{part}"}
            yield Pod(name, release.namespace, labels, ports)


def _of_operators(stack: Made) -> Iterator[Pod]:
    for each in stack.objects:
        if each["kind"] in CUSTOM:
            name, labels, ports = CUSTOM[each["kind"]](each)
            yield Pod(name, each["metadata"]["namespace"], labels, ports)
        if each["kind"] == "Kafka":
            for name, ports in (KAFKA_PARTS[key] for key in KAFKA_PARTS if key in each["spec"]):
                labels = {"strimzi.io/cluster": _named(each), "strimzi.io/name": f"{_named(each)}-{name}"}
                yield Pod(f"kafka ({name})", each["metadata"]["namespace"], labels, ports)


def _rendered(stack: Made) -> Iterator[Pod]:
    """Pods of objects that are the program's own; those of a chart at hand have rows of the table."""
    for each in stack.objects:
        if each["kind"] in _TEMPLATED and _chart(each) in ("", "service"):
            pod = template(each)
            if not pod["spec"].get("hostNetwork"):
                labels = pod["metadata"].get("labels") or {}
                merged = _OF_A_SIDECAR if labels.get(_INJECTED) == "true" else {}
                ports = {**ports_of(pod["spec"]), **merged}
                yield Pod(labels.get(NAME, _named(each)), each["metadata"]["namespace"], labels, ports)


def template(workload: Object) -> dict[str, Any]:
    """Return a workload's pod template."""
    spec = workload["spec"]
    return (spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec)["template"]


def ports_of(spec: Object) -> dict[str, int]:
    """Return the named ports of a pod's containers."""
    listening = [port for container in spec["containers"] for port in container.get("ports") or ()]
    return {port.get("name", str(port["containerPort"])): port["containerPort"] for port in listening}


def _chart(rendered: Object) -> str:
    """Return the chart that an object says it is from; empty for one of the program's own."""
    labels = rendered["metadata"].get("labels") or {}
    return labels.get("helm.sh/chart", labels.get("chart", "")).rpartition("-")[0]
