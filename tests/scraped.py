"""Where Prometheus goes for a pod that a monitor finds, as its operator and its discovery have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]

# What a pod in the mesh declares; 15020, where the merged metrics are, is not among it.
# https://github.com/istio/istio/blob/1.30.3/manifests/charts/istio-control/istio-discovery/files/injection-template.yaml
SIDECAR: Object = {
    "name": "istio-proxy",
    "restartPolicy": "Always",
    "ports": [{"name": "http-envoy-prom", "containerPort": 15090}],
}
ADDRESS = "10.1.2.3"


def addresses(endpoint: Object, containers: Sequence[Object], init_containers: Sequence[Object] = ()) -> list[str]:
    """Return the addresses that an endpoint of a PodMonitor has scraped in a pod with these containers."""
    found = (_relabelled(endpoint, target) for target in _discovered([*containers, *init_containers]))
    return [target["__address__"] for target in found if target]


def addresses_behind(service: Object, endpoint: Object, containers: Sequence[Object]) -> list[str]:
    """Return the addresses that an endpoint of a ServiceMonitor has scraped in a pod with these containers.

    Of what is discovered the operator keeps the Service's port that is asked for by name, and then relabels.
    https://prometheus.io/docs/prometheus/latest/configuration/configuration/#endpointslice
    """
    numbers = {port["name"]: port["containerPort"] for each in containers for port in each.get("ports") or ()}
    behind = {port["name"]: numbers[port["targetPort"]] for port in service["spec"]["ports"]}
    kept = [{"__address__": f"{ADDRESS}:{number}"} for name, number in behind.items() if name == endpoint["port"]]
    return [_rewritten(endpoint, target)["__address__"] for target in kept]


def job(monitor: Object, labels: Object) -> str:
    """Return what the targets of a monitor are called, by the labels of the Service or of the pods it selects."""
    about = monitor["metadata"]
    otherwise = about["name"] if monitor["kind"] == "ServiceMonitor" else f"{about['namespace']}/{about['name']}"
    return labels.get(monitor["spec"].get("jobLabel", ""), otherwise)


def _discovered(containers: Sequence[Object]) -> Iterator[dict[str, str]]:
    """One target for each declared port, those of init containers included.

    https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod
    """
    for container in containers:
        for port in container.get("ports") or [{}]:
            number = str(port.get("containerPort", ""))
            yield {
                "__address__": f"{ADDRESS}:{number}" if number else ADDRESS,
                "__meta_kubernetes_pod_ip": ADDRESS,
                "__meta_kubernetes_pod_container_name": container["name"],
                "__meta_kubernetes_pod_container_port_name": port.get("name", ""),
                "__meta_kubernetes_pod_container_port_number": number,
            }


def _relabelled(endpoint: Object, target: dict[str, str]) -> dict[str, str]:
    """The operator keeps the declared port that is asked for, by name or number, and then relabels.

    https://github.com/prometheus-operator/prometheus-operator/blob/v0.93.1/pkg/prometheus/promcfg.go
    """
    asked = {"port": "name", "portNumber": "number"}
    for key, by in asked.items():
        if key in endpoint and target[f"__meta_kubernetes_pod_container_port_{by}"] != str(endpoint[key]):
            return {}
    return _rewritten(endpoint, target)


def _rewritten(endpoint: Object, target: dict[str, str]) -> dict[str, str]:
    for rule in endpoint.get("relabelings") or ():
        value = ";".join(target[label] for label in rule["sourceLabels"])
        matched = re.fullmatch(rule.get("regex", "(.*)"), value)
        if matched:
            target |= {rule["targetLabel"]: matched.expand(rule["replacement"].replace("$", "\\"))}
    return target
