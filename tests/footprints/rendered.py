"""The workloads that a stack really makes, in the terms that they are reckoned with.

Those of the program and of charts at hand are rendered; those of operators follow from the custom resources.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from charts.kubernetes_yaml import Yaml
from charts.pins import pins
from spec.capacity.workloads import Container, Workload
from tests.reachability.pods import NAME, template
from tests.stack_objects import Made, Object, Release
from tools import ensure

_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_STORE = "ObjectStore"
_GENERATED = re.compile(r"-[0-9a-f]{7,8}$")  # what Pulumi adds to a name

# What the Prometheus operator adds takes what its own arguments say.
# https://github.com/prometheus-operator/prometheus-operator/blob/v0.93.1/cmd/operator/main.go
_RELOADER = re.compile(r"--config-reloader-(cpu|memory)-(request|limit)=(.+)")


def workloads(stack: Made) -> Iterator[Workload]:
    """Yield what the objects of a stack say; those of charts are among them where the charts are at hand."""
    for each in [*stack.objects, *_hooks(stack)]:
        if each["kind"] in _KINDS:
            yield _workload(each)
        elif each["kind"] == "CronJob":
            yield _started_by_hand(each)
        elif each["kind"] in _OPERATED:
            yield _OPERATED[each["kind"]](each, stack)


def given(stack: Made) -> Iterator[tuple[str, Container]]:
    """Yield every request and limit that a component gives a chart or an operator, with whom it gives it to."""
    for release in stack.releases:
        for found in _resources(release.values):
            yield release.name, found
    for each in stack.objects:
        if each["kind"] in {*_OPERATED, _STORE}:
            for found in _resources(each["spec"]):
                yield each["metadata"]["name"], found


def archive(release: Release) -> Path | None:
    """Return the packaged chart of a release, if it is at hand."""
    folder = os.environ.get("GROUNDWORK_CHARTS")
    found = next((pin for pin in pins().values() if release.chart in (pin.chart, f"{pin.chart}-{pin.version}")), None)
    path = Path(folder) / found.archive if folder and found else None
    return path if path and path.exists() else None


def _resources(values: Any) -> Iterator[Container]:
    match values:
        case Mapping():
            asked = {key: values[key] for key in ("requests", "limits") if isinstance(values.get(key), Mapping)}
            if asked and not any("storage" in quantities for quantities in asked.values()):
                yield Container("", **asked)
            else:
                for each in values.values():
                    yield from _resources(each)
        case list():
            for each in values:
                yield from _resources(each)


def _container(of: Object, resources: Any = None) -> Container:
    asked = of.get("resources") or {} if resources is None else resources
    requests, limits = (
        # Charts may leave the quotes off a whole core.
        {kind: str(quantity) for kind, quantity in (asked.get(key) or {}).items()}
        for key in ("requests", "limits")
    )
    return Container(of["name"], requests, limits)


def _workload(of: Object) -> Workload:
    spec, pod = of["spec"], template(of)["spec"]
    claims = [each for each in pod.get("volumes") or () if "persistentVolumeClaim" in each]
    return Workload(
        _GENERATED.sub("", of["metadata"]["name"]) if of["kind"] == "Job" else of["metadata"]["name"],
        of["metadata"]["namespace"],
        [_container(each) for each in pod["containers"]],
        [_container(each) for each in pod.get("initContainers") or ()],
        replicas=spec.get("replicas") or 1,
        every_node=of["kind"] == "DaemonSet",
        pool=(pod.get("nodeSelector") or {}).get("groundwork/pool"),
        claims=len(claims) + len(spec.get("volumeClaimTemplates") or ()),
    )


def _started_by_hand(of: Object) -> Workload:
    """Jobs that people start, one of them at a time, are one workload: what their pods are called."""
    pod = template(of)
    (one,), name = pod["spec"]["containers"], pod["metadata"]["labels"][NAME]
    assert of["spec"]["suspend"], f"{of['metadata']['name']} starts by itself: reckon with it"
    return Workload(name, of["metadata"]["namespace"], [_container({**one, "name": name})])


def _reloader(stack: Made) -> Any:
    resources: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    for each in stack.of_kind("Deployment"):
        for argument in [text for one in template(each)["spec"]["containers"] for text in one.get("args") or ()]:
            if match := _RELOADER.fullmatch(str(argument)):
                resources[f"{match[2]}s"][match[1]] = match[3]
    return resources


def _instances(of: Object, stack: Made) -> Workload:
    spec, asked = of["spec"], of["spec"]["resources"]
    return _operated(
        of,
        spec["instances"],
        spec["affinity"].get("nodeSelector") or {},
        containers=[_container({"name": "postgres"}, asked), *_archivers(of, stack)],
        init=[_container({"name": "bootstrap-controller"}, asked)],
        claims=1,
    )


def _archivers(of: Object, stack: Made) -> Iterator[Container]:
    """Yield what a plugin puts beside each instance: it takes what the store says that the plugin is told of.

    https://cloudnative-pg.io/plugin-barman-cloud/docs/object_stores/
    """
    stores = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in stack.of_kind(_STORE)}
    for plugin in of["spec"].get("plugins") or ():
        store = stores[of["metadata"]["namespace"], plugin["parameters"]["barmanObjectName"]]
        yield _container({"name": "plugin-barman-cloud"}, store["spec"]["instanceSidecarConfiguration"]["resources"])


def _pooler(of: Object, _: Made) -> Workload:
    pod = of["spec"]["template"]["spec"]
    return _operated(
        of,
        of["spec"]["instances"],
        pod.get("nodeSelector") or {},
        containers=[_container(each) for each in pod["containers"]],
        init=[_container(each) for each in pod["initContainers"]],
    )


def _monitoring(of: Object, stack: Made) -> Workload:
    spec, reloader = of["spec"], _reloader(stack)
    return _operated(
        of,
        spec.get("replicas", 1),
        spec.get("nodeSelector") or {},
        containers=[
            _container({"name": of["kind"].lower()}, spec["resources"]),
            _container({"name": "config-reloader"}, reloader),
        ],
        init=[_container({"name": "init-config-reloader"}, reloader)],
        claims=int("storage" in spec),
    )


def _broker(of: Object, _: Made) -> Workload:
    spec = of["spec"]
    pod = spec["override"]["statefulSet"]["spec"]["template"]["spec"]
    return _operated(
        of,
        spec["replicas"],
        pod.get("nodeSelector") or {},
        containers=[_container({"name": "rabbitmq"}, spec["resources"])],
        init=[_container(each) for each in pod["initContainers"]],
        claims=1,
    )


def _servers(of: Object, _: Made) -> Workload:
    spec = of["spec"]
    affinity = ((spec.get("template") or {}).get("pod") or {}).get("affinity") or {}
    terms = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    chosen = [one for term in terms.get("nodeSelectorTerms") or () for one in term["matchExpressions"]]
    made = _operated(
        of,
        spec["replicas"],
        {one["key"]: one["values"][0] for one in chosen},
        containers=[_container({"name": "kafka"}, spec["resources"])],
        claims=1,
    )
    return replace(made, name=f"kafka-{made.name}")


def _operated(of: Object, replicas: int, selector: Mapping[str, str], **what: Any) -> Workload:
    about = of["metadata"]
    return Workload(about["name"], about["namespace"], replicas=replicas, pool=selector.get("groundwork/pool"), **what)


_OPERATED: Mapping[str, Callable[[Object, Made], Workload]] = {
    "Cluster": _instances,
    "Pooler": _pooler,
    "Prometheus": _monitoring,
    "Alertmanager": _monitoring,
    "RabbitmqCluster": _broker,
    "KafkaNodePool": _servers,
}


def _hooks(stack: Made) -> Iterator[Object]:
    """Yield the jobs that helm runs before or after it installs a chart; objects of a stack have none of them."""
    for release in stack.releases:
        if path := archive(release):
            where = ("--namespace", release.namespace, "--kube-version", "1.35.0", "--skip-schema-validation")
            done = subprocess.run(
                [str(ensure("helm")), "template", release.name, str(path), *where, "--values", "-"],
                input=json.dumps(release.values),
                capture_output=True,
                text=True,
                timeout=120,
                check=True,
            )
            for each in yaml.load_all(done.stdout, Yaml):
                when = ((each or {}).get("metadata", {}).get("annotations") or {}).get("helm.sh/hook", "")
                if each and each["kind"] == "Job" and when.startswith(("pre-install", "post-install")):
                    each["metadata"].setdefault("namespace", release.namespace)
                    yield each
