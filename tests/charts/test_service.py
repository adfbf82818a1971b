"""What the chart of an application service renders, as helm renders it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts.kubernetes_yaml import Yaml
from sandbox.kubernetes.schema import published
from tests.scraped import ADDRESS, SIDECAR, addresses, addresses_behind, job
from tools import ensure

CHART = Path(__file__).parents[2] / "charts" / "service"
KUBERNETES = "1.35"
WEB = {"image": {"repository": "ghcr.io/example/web", "tag": "1.2.3"}, "probes": {"readiness": {"path": "/readyz"}}}
WORKER = WEB | {"service": {"enabled": False}, "port": 0, "probes": {}}

Values = dict[str, Any]


def _helm(*arguments: str, values: Values) -> subprocess.CompletedProcess[str]:
    command = [str(ensure("helm")), *arguments, "--kube-version", f"{KUBERNETES}.0", "--values", "-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, timeout=60)


def _text(values: Values, name: str = "web") -> str:
    done = _helm("template", name, str(CHART), "--namespace", "shop", values=values)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _objects(values: Values) -> list[dict[str, Any]]:
    return [obj for obj in yaml.load_all(_text(values), Yaml) if obj]


def render(values: Values) -> dict[str, Any]:
    """The objects of a release `web` in the namespace `shop`, by kind; each is valid Kubernetes."""
    objects = _objects(values)
    for obj in objects:
        if not obj["apiVersion"].startswith(("monitoring.coreos.com/", "k8s.nginx.org/", "security.istio.io/")):
            kind = published(obj["apiVersion"], obj["kind"])
            assert kind, obj["kind"]
            assert kind.validator
            kind.validator.validate(obj)
        assert obj["metadata"]["namespace"] == "shop"
    return {obj["kind"]: obj for obj in objects}


def refusal(values: Values) -> str:
    done = _helm("template", "web", str(CHART), values=values)
    assert done.returncode != 0, "it rendered"
    return done.stderr


def pod(objects: dict[str, Any]) -> dict[str, Any]:
    return objects["Deployment"]["spec"]["template"]["spec"]


def container(objects: dict[str, Any]) -> dict[str, Any]:
    return pod(objects)["containers"][0]


def test_every_object_has_the_releases_name_and_the_recommended_labels():
    objects = render(WEB | {"partOf": "shop", "labels": {"team": "a"}})
    assert {obj["metadata"]["name"] for obj in objects.values()} == {"web"}
    for obj in objects.values():
        assert (
            obj["metadata"]["labels"].items()
            >= {
                "app.kubernetes.io/name": "web",
                "app.kubernetes.io/instance": "web",
                "app.kubernetes.io/version": "1.2.3",
                "app.kubernetes.io/part-of": "shop",
                "app.kubernetes.io/managed-by": "Helm",
                "team": "a",
            }.items()
        )


def test_pods_are_confined_whatever_the_values_say():
    objects = render(WEB)
    security = pod(objects)["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"], security["runAsGroup"]) == (True, 1000, 1000)
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(objects)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod(objects)["automountServiceAccountToken"] is False
    assert objects["ServiceAccount"]["automountServiceAccountToken"] is False
    assert {"name": "tmp", "mountPath": "/tmp"} in container(objects)["volumeMounts"]
    assert "emptyDir" in pod(objects)["volumes"][0]
    assert "runAsUser" in refusal(WEB | {"securityContext": {"runAsUser": 0}})


def test_a_large_user_id_is_not_written_as_a_float():
    assert "runAsUser: 1000650000\n" in _text(WEB | {"securityContext": {"runAsUser": 1000650000}})


def test_a_fixed_number_of_replicas_is_set_and_needs_no_autoscaler():
    objects = render(WEB | {"replicas": {"min": 2, "max": 2}})
    assert objects["Deployment"]["spec"]["replicas"] == 2
    assert "HorizontalPodAutoscaler" not in objects


def test_a_range_of_replicas_is_the_autoscalers_alone():
    objects = render(WEB | {"replicas": {"min": 2, "max": 20}, "autoscaling": {"cpuPercent": 60, "memoryPercent": 80}})
    assert "replicas" not in objects["Deployment"]["spec"]
    scaler = objects["HorizontalPodAutoscaler"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 20)
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    targets = {each["resource"]["name"]: each["resource"]["target"]["averageUtilization"] for each in scaler["metrics"]}
    assert targets == {"cpu": 60, "memory": 80}
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_an_autoscaler_without_a_target_is_refused():
    assert "cpuPercent" in refusal(WEB | {"replicas": {"min": 1, "max": 2}, "autoscaling": {"cpuPercent": 0}})


def test_more_replicas_at_least_than_at_most_are_refused():
    assert "replicas.min" in refusal(WEB | {"replicas": {"min": 3, "max": 2}})


@pytest.mark.parametrize("replicas", [{"min": 1, "max": 1}, {"min": 3, "max": 9}])
def test_a_drain_always_gets_one_pod(replicas: dict[str, int]):
    budget = render(WEB | {"replicas": replicas})["PodDisruptionBudget"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert "minAvailable" not in budget
    assert budget["selector"] == render(WEB)["Deployment"]["spec"]["selector"]


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({"tag": "7"}, "ghcr.io/example/web:7"),
        ({"tag": "7", "digest": f"sha256:{'a' * 64}"}, f"ghcr.io/example/web:7@sha256:{'a' * 64}"),
        ({"digest": f"sha256:{'a' * 64}"}, f"ghcr.io/example/web@sha256:{'a' * 64}"),
    ],
)
def test_an_image_is_pinned_by_tag_and_digest(image: Values, reference: str):
    assert container(render({"image": {"repository": "ghcr.io/example/web"} | image}))["image"] == reference


@pytest.mark.parametrize("values", [{}, {"image": {"repository": "ghcr.io/example/web"}}, {"image": {"tag": "1"}}])
def test_an_image_that_is_not_pinned_is_refused(values: Values):
    assert "image" in refusal(values)


def test_probes_take_the_handler_they_are_given_and_nothing_else_is_probed():
    given = {"startup": {"tcp": True}, "liveness": {"command": ["/alive"]}, "readiness": {"path": "/readyz"}}
    web = container(render(WEB | {"probes": given}))
    assert web["startupProbe"]["tcpSocket"] == {"port": "http"}
    assert web["livenessProbe"]["exec"] == {"command": ["/alive"]}
    assert web["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert not [key for key in container(render(WORKER)) if key.endswith("Probe")]


def test_secrets_reach_the_container_by_reference():
    reference = {"name": "DATABASE_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    assert container(render(WEB | {"env": [reference]}))["env"] == [reference]
    assert "env" in refusal(WEB | {"env": [{"name": "PORT", "value": 80}]})


def test_a_node_port_is_fixed_where_it_is_given():
    port = render(WEB | {"service": {"type": "NodePort", "port": 8080, "nodePort": 30001}})["Service"]["spec"]["ports"][
        0
    ]
    assert (port["port"], port["nodePort"], port["targetPort"]) == (8080, 30001, "http")
    for chosen_by_the_cluster in ({}, {"service": {"type": "NodePort"}}):
        assert "nodePort" not in render(WEB | chosen_by_the_cluster)["Service"]["spec"]["ports"][0]
    assert "nodePort" in refusal(WEB | {"service": {"type": "NodePort", "nodePort": 80}})


def test_a_worker_has_neither_service_nor_port():
    objects = render(WORKER)
    assert "Service" not in objects
    assert "ports" not in container(objects)
    assert "service.enabled" in refusal(WORKER | {"ingress": {"enabled": True, "hosts": _HOSTS}})


def test_a_service_that_listens_on_no_port_is_refused():
    assert "port" in refusal(WEB | {"port": 0})


_HOSTS = [{"host": "app.local", "paths": [{"path": "/api", "pathType": "Prefix"}]}]


def test_an_ingress_routes_its_hosts_and_paths_to_the_service():
    tls = [{"secretName": "app-tls", "hosts": ["app.local"]}]
    ingress = {"enabled": True, "className": "nginx", "hosts": _HOSTS, "tls": tls, "annotations": {"a.b/c": "d"}}
    rendered = render(WEB | {"ingress": ingress})["Ingress"]
    assert rendered["spec"]["ingressClassName"] == "nginx"
    assert rendered["spec"]["tls"] == tls
    assert rendered["metadata"]["annotations"] == {"a.b/c": "d"}
    rule = rendered["spec"]["rules"][0]
    assert rule["host"] == "app.local"
    assert rule["http"]["paths"][0]["backend"] == {"service": {"name": "web", "port": {"name": "http"}}}
    assert "Ingress" not in render(WEB)


def test_a_node_port_is_fixed_and_a_node_may_answer_for_its_own_pods_alone():
    asked = {"type": "NodePort", "nodePort": 30001, "externalTrafficPolicy": "Local"}
    spec = render(WEB | {"service": asked})["Service"]["spec"]
    assert (spec["type"], spec["externalTrafficPolicy"], spec["ports"][0]["nodePort"]) == ("NodePort", "Local", 30001)
    assert "externalTrafficPolicy" not in render(WEB)["Service"]["spec"]


def test_what_is_asked_of_the_ingress_is_said_in_words_of_nginx():
    asked = {
        "rateLimit": {"perSecond": 20, "burst": 40},
        "websocket": True,
        "sticky": True,
        "maxBodySize": "8m",
        "readTimeoutSeconds": 3600,
        "cors": {"origins": ["https://a.io", "https://*.a.io"], "methods": ["GET"], "credentials": True},
    }
    rendered = render(WEB | {"ingress": {"enabled": True, "className": "nginx", "hosts": _HOSTS, **asked}})
    assert rendered["Ingress"]["metadata"]["annotations"] == {
        "nginx.org/limit-req-rate": "20r/s",
        "nginx.org/limit-req-key": "${binary_remote_addr}",
        "nginx.org/limit-req-scale": "true",
        "nginx.org/limit-req-reject-code": "429",
        "nginx.org/limit-req-burst": "40",
        "nginx.org/limit-req-no-delay": "true",
        "nginx.org/websocket-services": "web",
        "nginx.org/sticky-cookie-services": "serviceName=web web_pod path=/ httponly samesite=lax",
        "nginx.org/client-max-body-size": "8m",
        "nginx.org/proxy-read-timeout": "3600s",
        "nginx.org/policies": "web-cors",
    }
    policy = rendered["Policy"]
    assert (policy["metadata"]["name"], policy["spec"]["ingressClassName"]) == ("web-cors", "nginx")
    assert policy["spec"]["cors"] == {
        "allowOrigin": ["https://a.io", "https://*.a.io"],
        "allowMethods": ["GET"],
        "allowCredentials": True,
        "maxAge": 600,
    }


def test_what_is_not_asked_of_the_ingress_is_not_said():
    rendered = render(WEB | {"ingress": {"enabled": True, "hosts": _HOSTS}})
    assert "annotations" not in rendered["Ingress"]["metadata"]
    assert "Policy" not in rendered


def test_cookies_are_for_origins_that_are_named():
    cors = {"origins": ["*"], "credentials": True}
    assert "/ingress/cors/origins" in refusal(WEB | {"ingress": {"enabled": True, "hosts": _HOSTS, "cors": cors}})


def test_every_host_has_an_ingress_of_its_own():
    hosts = [{"host": host, "paths": [{"path": "/", "pathType": "Prefix"}]} for host in ("a.local", "b.local")]
    made = _objects(WEB | {"ingress": {"enabled": True, "hosts": hosts}})
    found = [obj for obj in made if obj["kind"] == "Ingress"]
    assert [[rule["host"] for rule in each["spec"]["rules"]] for each in found] == [["a.local"], ["b.local"]]
    assert [each["metadata"]["name"] for each in found] == ["web", "web-b.local"]


def test_every_ingress_names_the_certificates_of_its_own_host():
    hosts = [{"host": host, "paths": [{"path": "/", "pathType": "Prefix"}]} for host in ("a.local", "b.local")]
    tls = [{"secretName": f"{host}-tls", "hosts": [host]} for host in ("a.local", "b.local")]
    made = _objects(WEB | {"ingress": {"enabled": True, "hosts": hosts, "tls": tls}})
    found = [obj for obj in made if obj["kind"] == "Ingress"]
    assert [each["spec"]["tls"] for each in found] == [[each] for each in tls]


def test_the_network_policy_allows_what_is_listed_and_dns():
    peer = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "frontend"}}}
    database = {"to": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}], "ports": [5432]}
    policy = render(WEB | {"networkPolicy": {"enabled": True, "from": [peer], "egress": [database]}})["NetworkPolicy"][
        "spec"
    ]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [{"from": [peer], "ports": [{"port": "http", "protocol": "TCP"}]}]
    dns, rule = policy["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert rule == {"to": database["to"], "ports": [{"port": 5432, "protocol": "TCP"}]}


def test_a_network_policy_without_peers_denies_both_directions():
    policy = render(WEB | {"networkPolicy": {"enabled": True, "dns": False}})["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert "egress" not in policy


def test_egress_to_everywhere_has_to_be_said():
    assert "egress" in refusal(WEB | {"networkPolicy": {"enabled": True, "egress": [{"to": []}]}})


def test_a_service_is_scraped_through_its_service_and_a_worker_through_its_pods():
    web = render(WEB | {"metrics": {"enabled": True, "labels": {"release": "kps"}}})
    assert web["ServiceMonitor"]["spec"]["endpoints"][0]["port"] == "http"
    assert web["ServiceMonitor"]["metadata"]["labels"]["release"] == "kps"
    worker = render(WORKER | {"metrics": {"enabled": True, "port": 9090}})
    assert worker["PodMonitor"]["spec"]["podMetricsEndpoints"][0]["port"] == "metrics"
    assert container(worker)["ports"] == [{"name": "metrics", "containerPort": 9090}]
    assert not {"ServiceMonitor", "PodMonitor"} & render(WEB).keys()


def test_a_metrics_port_of_its_own_is_exposed_and_opened_to_the_scraper_alone():
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    objects = render(
        WEB | {"metrics": {"enabled": True, "port": 9090}, "networkPolicy": {"enabled": True, "metricsFrom": [peer]}}
    )
    assert {port["name"]: port["port"] for port in objects["Service"]["spec"]["ports"]} == {"http": 80, "metrics": 9090}
    ports = [{"port": "metrics", "protocol": "TCP"}]
    assert objects["NetworkPolicy"]["spec"]["ingress"] == [{"from": [peer], "ports": ports}]


def test_in_a_mesh_pods_have_a_sidecar_that_hands_out_their_metrics_to_the_scraper():
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    policy = {"enabled": True, "metricsFrom": [peer]}
    objects = render(WEB | {"mesh": {"enabled": True}, "metrics": {"enabled": True}, "networkPolicy": policy})
    template = objects["Deployment"]["spec"]["template"]["metadata"]
    assert template["labels"]["sidecar.istio.io/inject"] == "true"
    merged = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/metrics"}
    assert template["annotations"] == merged
    (endpoint,) = objects["ServiceMonitor"]["spec"]["endpoints"]
    assert addresses_behind(objects["Service"], endpoint, pod(objects)["containers"]) == [f"{ADDRESS}:15020"]
    assert endpoint["path"] == "/stats/prometheus"
    (admitted,) = objects["NetworkPolicy"]["spec"]["ingress"]
    assert admitted == {"from": [peer], "ports": [{"port": 15020, "protocol": "TCP"}]}


def test_in_a_mesh_a_worker_is_scraped_at_its_sidecar_too():
    objects = render(WORKER | {"mesh": {"enabled": True}, "metrics": {"enabled": True, "port": 9090}})
    (endpoint,) = objects["PodMonitor"]["spec"]["podMetricsEndpoints"]
    assert addresses(endpoint, pod(objects)["containers"], [SIDECAR]) == [f"{ADDRESS}:15020"]


@pytest.mark.parametrize("in_a_mesh", [False, True])
def test_dashboards_and_alerts_have_a_service_and_a_worker_by_their_names(in_a_mesh: bool):
    metrics = {"mesh": {"enabled": in_a_mesh}, "metrics": {"enabled": True, "port": 9090}}
    web, worker = render(WEB | metrics), render(WORKER | metrics)
    assert job(web["ServiceMonitor"], web["Service"]["metadata"]["labels"]) == "web"
    labels = worker["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert job(worker["PodMonitor"], labels) == "web"


def test_in_a_mesh_only_the_listed_identities_may_call():
    callers = ["cluster.local/ns/shop/sa/gateway"]
    policy = render(WEB | {"mesh": {"enabled": True, "principals": callers}})["AuthorizationPolicy"]["spec"]
    assert policy["selector"]["matchLabels"]["app.kubernetes.io/name"] == "web"
    assert policy["action"] == "ALLOW"
    (rule,) = policy["rules"]
    assert rule["from"] == [{"source": {"principals": callers}}]
    assert rule["to"] == [{"operation": {"ports": ["8080"]}}]
    assert "rules" not in render(WEB | {"mesh": {"enabled": True}})["AuthorizationPolicy"]["spec"]


def test_a_claim_of_its_own_makes_one_replica_that_is_stopped_before_the_next():
    claim = {"name": "data", "mountPath": "/data", "claim": {"size": "1Gi", "storageClass": "gp3"}}
    objects = render(WORKER | {"volumes": [claim]})
    assert objects["PersistentVolumeClaim"]["metadata"]["name"] == "web-data"
    assert objects["PersistentVolumeClaim"]["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}} in pod(objects)["volumes"]
    assert objects["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    assert "annotations" not in objects["PersistentVolumeClaim"]["metadata"]
    assert "ReadWriteOnce" in refusal(WORKER | {"volumes": [claim], "replicas": {"min": 1, "max": 2}})


def test_a_claim_that_is_kept_is_taken_away_by_nobody_who_delivers():
    claim = {"name": "data", "mountPath": "/data", "claim": {"size": "1Gi", "retain": True}}
    assert render(WORKER | {"volumes": [claim]})["PersistentVolumeClaim"]["metadata"]["annotations"] == {
        "helm.sh/resource-policy": "keep",
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
    }


def test_a_volume_has_exactly_one_source():
    both = {"name": "x", "mountPath": "/x", "secret": "a", "configMap": "b"}
    assert "volumes" in refusal(WEB | {"volumes": [both]})


def test_pods_leave_the_endpoints_before_they_are_stopped():
    objects = render(WEB | {"preStopSleepSeconds": 7, "terminationGracePeriodSeconds": 40})
    assert container(objects)["lifecycle"] == {"preStop": {"sleep": {"seconds": 7}}}
    assert pod(objects)["terminationGracePeriodSeconds"] == 40
    assert "lifecycle" not in container(render(WEB | {"preStopSleepSeconds": 0}))


def test_pods_are_scheduled_as_told_and_spread_by_their_own_labels():
    told: Values = {
        "nodeSelector": {"service": "scan"},
        "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
        "priorityClassName": "high",
        "affinity": {"podAntiAffinity": {}},
    }
    objects = render(WEB | told | {"imagePullSecrets": ["ghcr"]})
    assert {key: pod(objects)[key] for key in told} == told
    assert pod(objects)["imagePullSecrets"] == [{"name": "ghcr"}]
    selector = objects["Deployment"]["spec"]["selector"]
    assert all(each["labelSelector"] == selector for each in pod(objects)["topologySpreadConstraints"])


def test_a_role_is_given_to_the_service_account():
    annotations = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/web"}
    objects = render(WEB | {"serviceAccount": {"annotations": annotations}})
    assert objects["ServiceAccount"]["metadata"]["annotations"] == annotations
    assert pod(objects)["serviceAccountName"] == "web"


def test_an_account_that_is_there_already_is_not_the_releases():
    objects = render(WEB | {"serviceAccount": {"create": False}})
    assert "ServiceAccount" not in objects
    assert pod(objects)["serviceAccountName"] == "web"


def test_a_new_tag_changes_no_selector():
    old, new = (render(WEB | {"image": WEB["image"] | {"tag": tag}}) for tag in ("1", "2"))
    for selected in (
        lambda objects: objects["Deployment"]["spec"]["selector"],
        lambda objects: objects["Service"]["spec"],
    ):
        assert selected(old) == selected(new)


def test_two_renders_are_the_same_text():
    assert _text(WEB) == _text(WEB)


@pytest.mark.parametrize("values", [{"imag": {}}, {"replicas": {"minimum": 1}}, {"probes": {"ready": {}}}])
def test_a_key_that_the_chart_does_not_have_is_refused(values: Values):
    assert "additional properties" in refusal(WEB | values)


def test_the_schema_describes_every_value_of_the_chart():
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert schema["properties"].keys() - {"global"} == values.keys()
    assert all(field.get("description") for field in schema["properties"].values())


def test_helm_finds_nothing_to_complain_of():
    done = _helm("lint", "--strict", str(CHART), values={})
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout
