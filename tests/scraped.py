"""Where Prometheus goes for a pod that a PodMonitor selects, as its operator and its discovery have it."""

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
    for rule in endpoint.get("relabelings") or ():
        value = ";".join(target[label] for label in rule["sourceLabels"])
        matched = re.fullmatch(rule.get("regex", "(.*)"), value)
        if matched:
            target |= {rule["targetLabel"]: matched.expand(rule["replacement"].replace("$", "\\"))}
    return target
