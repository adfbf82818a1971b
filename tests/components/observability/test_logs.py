"""Every line of every container ends up in the one store, under labels that are the same whoever collected it."""

from __future__ import annotations

import json
import re
from inspect import unwrap
from typing import Any

import pytest
import yaml

from components.observability.log_collectors.contract import untemplated
from components.observability.log_collectors.levels import ACCESS_PATTERN, NAMES, PATTERNS, TEMPLATE
from components.observability.logs import Logs
from spec.logs import WRITES_TO
from spec.logs import Logs as Spec
from tests.components.around import POLICY, RELEASE, SECRET, AnyCloud, Around
from tests.recorder import Recorder, remembered, run

CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
USER = {"username": "platform", "password": "hunter2"}
STORES: dict[str, dict[str, Any]] = {
    "loki": {},
    "elasticsearch": {},
    "externalLoki": {"url": "https://logs.example.com/a", "tenant": "t", "credentials": USER, "caCertificate": CA},
    "externalElasticsearch": {"url": "https://es.example.com:9200", "credentials": USER, "caCertificate": CA},
    "cloudWatch": {},
}
COMBINATIONS = [(c, s) for c, stores in WRITES_TO.items() for s in STORES if s in stores]


@remembered
def build(
    collector: str = "alloy", kind: str = "loki", preview: bool = False, audit: bool = False, **store: Any
) -> Recorder:
    def program() -> None:
        around = Around("monitoring")
        described = {"kind": kind, **STORES[kind], **store}
        spec = Spec.model_validate({"collector": collector, "store": described, "apiServerAudit": audit})
        Logs("logs", spec, cluster=around.cluster, cloud=AnyCloud(), **around.common)

    return run(program, preview=preview)


def values(made: Recorder, name: str) -> dict[str, Any]:
    return made.one(RELEASE, name)["values"]


def configured(collector: str, kind: str, **store: Any) -> str:
    """Return the configuration file of a collector, as it is once Helm has expanded what it holds."""
    found = values(build(collector, kind, **store), collector)
    text = {
        "alloy": lambda: found["alloy"]["configMap"]["content"],
        "promtail": lambda: found["config"]["file"],
        "fluent-bit": lambda: found["config"]["extraFiles"]["fluent-bit.yaml"],
    }[collector]()
    return text.replace("{{ `{{` }}", "{{")


def data(collector: str, kind: str, **store: Any) -> dict[str, Any]:
    text = configured(collector, kind, **store)
    # As Promtail reads it once it has expanded variables.
    return yaml.safe_load(text.replace("\\\\", "\\") if collector == "promtail" else text)


def container(made: Recorder, collector: str) -> dict[str, Any]:
    """Return environment, volumes, mounts, security and where it runs, whatever the chart calls them."""
    found = values(made, collector)
    if collector == "alloy":
        alloy, controller = found["alloy"], found["controller"]
        return {
            "environment": alloy["extraEnv"],
            "mounts": alloy["mounts"]["extra"],
            "volumes": controller["volumes"]["extra"],
            "security": alloy["securityContext"],
            "resources": alloy["resources"],
            "tolerations": controller["tolerations"],
            "priority": controller["priorityClassName"],
        }
    prefix = {"promtail": "default", "fluent-bit": "daemonSet"}[collector]
    return {
        "environment": found["extraEnv" if collector == "promtail" else "env"],
        "mounts": found[f"{prefix}VolumeMounts"],
        "volumes": found[f"{prefix}Volumes"],
        "security": found["containerSecurityContext" if collector == "promtail" else "securityContext"],
        "resources": found["resources"],
        "tolerations": found["tolerations"],
        "priority": found["priorityClassName"],
    }


@pytest.mark.parametrize(("collector", "kind"), COMBINATIONS)
@pytest.mark.parametrize("preview", [False, True])
def test_every_combination_collects_on_every_node_with_as_little_as_reading_takes(
    collector: str, kind: str, preview: bool
):
    found = container(build(collector, kind, preview), collector)
    assert found["tolerations"] == [{"operator": "Exists"}]
    assert found["priority"] == "system-node-critical"
    assert found["security"]["capabilities"] == {"drop": ["ALL"]}
    assert found["security"]["readOnlyRootFilesystem"] is True
    assert found["security"]["allowPrivilegeEscalation"] is False
    assert set(found["resources"]) == {"requests", "limits"}
    paths = {volume["name"]: volume["hostPath"]["path"] for volume in found["volumes"] if "hostPath" in volume}
    assert paths == {"pods": "/var/log/pods", "state": f"/var/lib/groundwork/{collector}"}
    assert next(mount for mount in found["mounts"] if mount["name"] == "pods")["readOnly"] is True


@pytest.mark.parametrize(("collector", "kind"), COMBINATIONS)
def test_a_password_is_in_secrets_alone(collector: str, kind: str):
    made = build(collector, kind)
    elsewhere = [each for each in made if each.type != SECRET]
    assert "hunter2" not in str([each.inputs for each in elsewhere])
    for secret in made.all(SECRET):
        if "hunter2" in str(secret.inputs):
            assert "stringData" in secret.secrets
            assert secret["metadata.namespace"] in ("log-collector", "monitoring")


@pytest.mark.parametrize("collector", ["alloy", "promtail", "fluent-bit"])
def test_credentials_tenant_and_authority_reach_the_collector(collector: str):
    made = build(collector, "externalLoki")
    found = container(made, collector)
    environment = {each["name"]: each for each in found["environment"]}
    assert environment["LOG_STORE_URL"]["value"] == "https://logs.example.com:443/a"
    reference = {"secretKeyRef": {"name": "log-store", "key": "password"}}
    assert environment["LOG_STORE_PASSWORD"]["valueFrom"] == reference
    assert {"name": "ca", "mountPath": "/etc/log-store", "readOnly": True} in found["mounts"]
    assert made.one(SECRET, "logs-ca")["stringData"] == {"ca.crt": CA}
    text = configured(collector, "externalLoki")
    for words in ("LOG_STORE_USERNAME", "LOG_STORE_PASSWORD", "/etc/log-store/ca.crt", "loki/api/v1/push"):
        assert words in text
    assert re.search(r"tenant_id\W+t\b", text)


def test_a_secret_of_somebody_else_is_referred_to_and_not_made():
    made = build("alloy", "externalLoki", credentials={"existingSecret": "theirs"})
    assert made.all(SECRET, metadata={"name": "log-store", "namespace": "log-collector"}) == []
    sources = [each["valueFrom"] for each in container(made, "alloy")["environment"] if "valueFrom" in each]
    assert [source["secretKeyRef"]["name"] for source in sources] == ["theirs", "theirs"]


def test_a_secret_that_somebody_makes_in_a_namespace_of_ours_is_not_waited_for():
    theirs = build("alloy", "externalLoki", credentials={"existingSecret": "theirs"})
    assert theirs.one(RELEASE, "alloy")["skipAwait"] is True
    assert "skipAwait" not in build("alloy", "externalLoki").one(RELEASE, "alloy").inputs


def test_collectors_never_give_up_on_a_store_that_is_away():
    assert "max_backoff_retries = 0" in configured("alloy", "loki")
    assert data("promtail", "loki")["clients"][0]["backoff_config"]["max_retries"] >= 1000
    fluent_bit = data("fluent-bit", "loki")
    (output,) = fluent_bit["pipeline"]["outputs"]
    assert output["retry_limit"] == "no_limits"
    assert output["storage.total_limit_size"]
    (tail,) = fluent_bit["pipeline"]["inputs"]
    assert tail["storage.type"] == "filesystem"
    assert fluent_bit["service"]["storage.path"].startswith("/var/lib/log-collector/")
    # Or a store that is away would make every collector unready, and `up` fail.
    assert values(build("fluent-bit"), "fluent-bit")["readinessProbe"]["httpGet"]["path"] == "/"


LINES = {
    '{"level":"info","msg":"started"}': "info",
    '{"ts":1,"severity": "WARNING","message":"x"}': "warn",
    "time=2026-11-21T10:00:00Z level=error msg=failed": "error",
    "2026-11-21T10:00:00.123Z INFO listening": "info",
    "2026-11-21 10:00:00,123 ERROR [main] no": "error",
    "2026/11/21 10:00:00 [error] 29#29: *1 upstream": "error",
    "[WARN] low on disk": "warn",
    "panic: runtime error": "fatal",
    "E1121 10:00:00.000000       1 reflector.go:1] x": "error",
    "I1121 10:00:00.000000       1 main.go:1] x": "info",
    "INFO level=debug msg=x": "debug",
    "a line that tells nothing of errors": None,
    "information is free": None,
}


def level(patterns: list[str], line: str) -> str | None:
    """Return what a collector calls a line's level, by its patterns from the least certain to the most."""
    found = None
    for pattern in patterns:
        match = re.search(pattern.replace("(?<", "(?P<"), line)
        found = match["level"].lower() if match else found
    return next((name for name, words in NAMES.items() if found in words), found)


def patterns(collector: str) -> list[str]:
    if collector == "alloy":
        expressions = re.findall(r'expression = "(.*)"\n', configured("alloy", "loki"))
        return [json.loads(f'"{expression}"') for expression in expressions][:-1]
    if collector == "promtail":
        stages = data("promtail", "loki")["scrape_configs"][0]["pipeline_stages"]
        return [stage["regex"]["expression"] for stage in stages if "regex" in stage and "source" not in stage["regex"]]
    document = data("fluent-bit", "loki")
    parsers = {parser["name"]: parser["regex"] for parser in document["parsers"]}
    (tried,) = [f["parser"] for f in document["pipeline"]["filters"] if f.get("key_name") == "message"][:-1]
    return [parsers[name] for name in reversed(tried)]


@pytest.mark.parametrize("collector", ["alloy", "promtail", "fluent-bit"])
def test_levels_are_the_same_words_from_every_collector(collector: str):
    found = patterns(collector)
    assert len(found) == len(PATTERNS)
    assert {line: level(found, line) for line in LINES} == LINES


@pytest.mark.parametrize("collector", ["alloy", "promtail", "fluent-bit"])
def test_an_access_log_has_the_level_of_its_status(collector: str):
    as_written = {
        "alloy": json.dumps(ACCESS_PATTERN),
        "promtail": ACCESS_PATTERN.replace("\\", "\\\\"),
        "fluent-bit": ACCESS_PATTERN.replace("(?P<", "(?<"),
    }
    assert as_written[collector] in configured(collector, "loki")
    line = '10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] "GET /level HTTP/1.1" 502 157 "-" "curl"'
    assert level([*PATTERNS, ACCESS_PATTERN], line) == "error"


def test_alloy_and_promtail_name_levels_by_the_same_template():
    assert json.dumps(TEMPLATE) in configured("alloy", "loki")
    assert TEMPLATE in str(data("promtail", "loki"))


def test_labels_come_from_the_path_and_from_nothing_else():
    path = "/var/log/pods/shop_web-7d9f.x_0a1b-2c3d/app/0.log"
    expected = {"namespace": "shop", "pod": "web-7d9f.x", "container": "app"}
    stages = data("promtail", "loki")["scrape_configs"][0]["pipeline_stages"]
    expression = next(s["regex"]["expression"] for s in stages if s.get("regex", {}).get("source") == "filename")
    assert re.match(expression, path).groupdict() == expected  # type: ignore[union-attr]
    parsers = {parser["name"]: parser["regex"] for parser in data("fluent-bit", "loki")["parsers"]}
    assert re.match(parsers["path"].replace("(?<", "(?P<"), path).groupdict() == expected  # type: ignore[union-attr]
    alloy = configured("alloy", "loki")
    rules = re.findall(r'regex += "(.+)"\n\t\treplacement +=.*"\$(\d)"\n\t\ttarget_label +=.*"(\w+)"', alloy)
    assert {name: re.fullmatch(regex, path)[int(group)] for regex, group, name in rules} == expected  # type: ignore[index]
    for collector in ("alloy", "promtail", "fluent-bit"):
        made = values(build(collector), collector)
        assert made["rbac"] == {"create": False}
        assert made["serviceAccount"]["automountServiceAccountToken"] is False


def test_loki_labels_are_few():
    (output,) = data("fluent-bit", "loki")["pipeline"]["outputs"]
    assert output["labels"] == "namespace=$namespace, pod=$pod, container=$container, level=$level"
    assert output["drop_single_key"] == "raw"


def test_cloudwatch_gets_what_the_collector_s_identity_allows_in_a_group_of_ours():
    made = build("fluent-bit", "cloudWatch", retentionDays=14)
    found = values(made, "fluent-bit")
    assert {"name": "LOG_STORE_GROUP", "value": "/groundwork/pods/14"} in found["env"]
    policy = json.loads(found["serviceAccount"]["annotations"]["may"])
    (statement,) = policy["Statement"]
    assert "logs:PutLogEvents" in statement["Action"]
    assert all(resource.startswith("arn:aws:logs:::/groundwork/pods/14") for resource in statement["Resource"])
    (output,) = data("fluent-bit", "cloudWatch")["pipeline"]["outputs"]
    assert output["auto_create_group"] == "off"
    assert made.all(SECRET, metadata={"name": "datasource-logs"}) == []
    (egress,) = [
        rule for rule in policy_of(made, "logs-collector")["egress"] if "ipBlock" in str(rule) and "169" in str(rule)
    ]
    assert egress["ports"] == [{"protocol": "TCP", "port": 80}]


def policy_of(made: Recorder, name: str) -> dict[str, Any]:
    return made.one(POLICY, name)["spec"]


def test_loki_is_reached_by_the_collector_grafana_and_prometheus_alone():
    made = build()
    rules = policy_of(made, "logs-loki")["ingress"]
    assert [port["port"] for port in rules[0]["ports"]] == [3100]
    peers = [
        (
            peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"],
            peer["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name"),
        )
        for peer in rules[0]["from"]
    ]
    assert peers == [
        ("log-collector", None),
        ("audit-log", None),
        ("monitoring", "grafana"),
        ("monitoring", "prometheus"),
    ]
    assert {port["port"] for port in rules[1]["ports"]} == {7946, 9095}
    assert rules[1]["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "loki"}}}]
    collector = policy_of(made, "logs-collector")
    assert collector["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for rule in collector["ingress"] for port in rule["ports"]] == [12345]
    assert [port["port"] for rule in collector["egress"][1:] for port in rule["ports"]] == [3100]


def test_only_the_collector_lives_in_a_privileged_namespace():
    namespaces = build().all("kubernetes:core/v1:Namespace")
    standards = {n["metadata.name"]: n["metadata.labels"]["pod-security.kubernetes.io/enforce"] for n in namespaces}
    assert {name for name, standard in standards.items() if standard == "privileged"} == {"log-collector"}


def test_loki_forgets_what_is_older_than_its_retention_and_leaves_no_volume_behind():
    found = values(build(retention="30d", size="20Gi"), "loki")
    loki = found["loki"]
    assert loki["limits_config"]["retention_period"] == "30d"
    assert loki["compactor"] == {"retention_enabled": True, "delete_request_store": "filesystem"}
    persistence = found["singleBinary"]["persistence"]
    assert (persistence["size"], persistence["storageClass"]) == ("20Gi", "fast")
    assert (persistence["enableStatefulSetAutoDeletePVC"], persistence["whenDeleted"]) == (True, "Delete")


def test_loki_is_one_pod_without_company():
    found = values(build(), "loki")
    assert found["singleBinary"]["replicas"] == 1
    assert [found[way]["replicas"] for way in ("read", "write", "backend")] == [0, 0, 0]
    for part in ("gateway", "lokiCanary", "test", "chunksCache", "resultsCache", "ruler"):
        assert found[part] == {"enabled": False}


def test_loki_on_a_bucket_may_use_that_bucket_and_no_other():
    made = build(chunks="bucket")
    found = values(made, "loki")
    storage = found["loki"]["storage"]
    assert (storage["type"], storage["bucketNames"]["chunks"]) == ("s3", "logs")
    assert storage["s3"] == {"region": "us-east-1"}
    assert found["loki"]["schemaConfig"]["configs"][0]["object_store"] == "s3"
    assert found["loki"]["compactor"]["delete_request_store"] == "s3"
    policy = json.loads(found["serviceAccount"]["annotations"]["may"])
    resources = [resource for statement in policy["Statement"] for resource in statement["Resource"]]
    assert resources == ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]
    egress = policy_of(made, "logs-loki")["egress"]
    assert {port["port"] for rule in egress[2:] for port in rule["ports"]} == {443, 80}


def datasource(made: Recorder) -> dict[str, Any]:
    secret = made.one(SECRET, "logs-datasource")
    assert secret["metadata.labels"] == {"grafana_datasource": "1"}
    assert secret["metadata.namespace"] == "monitoring"
    (source,) = json.loads(secret["stringData"]["logs.yaml"])["datasources"]
    return source


def test_grafana_finds_the_store():
    source = datasource(build())
    assert (source["type"], source["url"]) == ("loki", "http://loki.monitoring.svc.cluster.local:3100")
    assert "basicAuth" not in source


def test_grafana_is_to_a_store_outside_who_the_collector_is():
    source = datasource(build("alloy", "externalLoki"))
    assert source["url"] == "https://logs.example.com:443/a"
    assert source["basicAuthUser"] == "$LOG_STORE_USERNAME"
    assert source["secureJsonData"]["basicAuthPassword"] == "$LOG_STORE_PASSWORD"
    assert source["secureJsonData"]["tlsCACert"] == CA
    assert source["jsonData"]["httpHeaderName1"] == "X-Scope-OrgID"
    assert source["secureJsonData"]["httpHeaderValue1"] == "t"


def test_elasticsearch_gets_a_data_stream_over_tls():
    (output,) = data("fluent-bit", "externalElasticsearch")["pipeline"]["outputs"]
    assert (output["index"], output["write_operation"]) == ("logs-pods-default", "create")
    assert (output["tls"], output["tls.verify"], output["tls.ca_file"]) == ("on", "on", "/etc/log-store/ca.crt")
    assert output["port"] == 9200
    source = datasource(build("fluent-bit", "externalElasticsearch"))
    assert source["jsonData"]["logLevelField"] == "level"


def test_helm_leaves_templates_in_a_configuration_file_alone():
    assert untemplated("{{ a }} {{ b }}") == "{{ `{{` }} a }} {{ `{{` }} b }}"


def test_who_chooses_promtail_is_told_that_it_has_ended(monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", lambda text, *_: told.append(text))
    unwrap(build)("promtail")
    assert "no fixes since" in told[0]
    told.clear()
    unwrap(build)("alloy")
    assert told == []


def test_the_api_server_s_audit_log_is_read_into_loki_under_the_labels_of_pods():
    made = build(audit=True)
    configuration = values(made, "audit-log")["alternateConfig"]
    groups = configuration["receivers"]["awscloudwatch"]["logs"]["groups"]["autodiscover"]
    assert (groups["prefix"], groups["streams"]) == ("/audit", {"prefixes": ["kube-apiserver-audit"]})
    assert configuration["exporters"]["otlp_http"]["endpoint"] == "http://loki.monitoring.svc.cluster.local:3100/otlp"
    (pipeline,) = configuration["service"]["pipelines"].values()
    for part in ("receivers", "processors", "exporters"):
        assert set(pipeline[part]) == set(configuration[part])
    labels = {each["key"] for each in configuration["processors"]["resource"]["attributes"]}
    (indexed,) = values(made, "loki")["loki"]["limits_config"]["otlp_config"]["resource_attributes"][
        "attributes_config"
    ]
    assert labels == set(indexed["attributes"]) == {"namespace", "pod", "container"}


def test_the_audit_log_has_one_reader_that_may_read_that_log_alone():
    made = build(audit=True)
    found = values(made, "audit-log")
    assert found["replicaCount"] == 1
    assert found["rollout"] == {"strategy": "Recreate"}
    describe, read = json.loads(found["serviceAccount"]["annotations"]["may"])["Statement"]
    assert describe["Action"] == ["logs:DescribeLogGroups"]
    assert read["Resource"] == ["arn:aws:logs:::/audit", "arn:aws:logs:::/audit:*"]
    ports = [[port["port"] for port in rule["ports"]] for rule in policy_of(made, "logs-audit")["egress"][1:]]
    assert ports == [[3100], [443], [80]]


NODES = "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"


def test_elasticsearch_in_the_cluster_is_reached_over_tls_by_an_authority_of_its_own():
    made = build("fluent-bit", "elasticsearch")
    (output,) = data("fluent-bit", "elasticsearch")["pipeline"]["outputs"]
    assert (output["tls"], output["tls.ca_file"]) == ("on", "/etc/log-store/ca.crt")
    certificate = made.one("tls:index/certRequest:CertRequest")
    assert "logs-es-http.monitoring.svc" in certificate["dnsNames"]
    secret = made.one(SECRET, "logs-elasticsearch-certificate")
    assert made.one(NODES)["spec.http.tls.certificate.secretName"] == secret["metadata.name"]


def test_who_collects_can_neither_delete_nor_say_what_logs_are():
    roles = yaml.safe_load(
        build("fluent-bit", "elasticsearch").one(SECRET, "logs-elasticsearch-roles")["stringData"]["roles.yml"]
    )
    privileges = roles["platform-logs"]["indices"][0]["privileges"]
    assert not {"all", "delete", "delete_index", "manage", "write"} & set(privileges)
    assert roles["platform-logs"]["cluster"] == ["monitor"]


@pytest.mark.parametrize(("retention", "days"), [("7d", "7d"), ("2w", "14d")])
def test_elasticsearch_forgets_after_the_retention(retention: str, days: str):
    made = build("fluent-bit", "elasticsearch", retention=retention)
    template = json.loads(made.one("kubernetes:core/v1:ConfigMap", "logs-elasticsearch-setup")["data"]["template.json"])
    assert template["template"]["lifecycle"] == {"data_retention": days}
    assert set(template["template"]["mappings"]["properties"]) >= {"namespace", "pod", "container", "level", "message"}


@pytest.mark.parametrize(("nodes", "copies"), [(1, 0), (3, 1)])
def test_a_copy_of_each_log_is_on_another_node_where_there_is_one(nodes: int, copies: int):
    made = build("fluent-bit", "elasticsearch", nodes=nodes)
    template = json.loads(made.one("kubernetes:core/v1:ConfigMap", "logs-elasticsearch-setup")["data"]["template.json"])
    assert template["template"]["settings"] == {"number_of_replicas": copies}
    assert made.one(NODES)["spec.nodeSets.0.count"] == nodes


def test_every_container_of_elasticsearch_has_requests_and_limits_and_no_privileges():
    made = build("fluent-bit", "elasticsearch")
    pod = made.one(NODES)["spec.nodeSets.0.podTemplate.spec"]
    for one in (*pod["initContainers"], *pod["containers"]):
        assert {*one["resources"]} == {"requests", "limits"}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert made.one(NODES)["spec.nodeSets.0.config"] == {"node.store.allow_mmap": False}


def test_collectors_wait_until_there_is_something_to_write_to():
    made = build("fluent-bit", "elasticsearch")
    job = made.one("kubernetes:batch/v1:Job", "logs-elasticsearch-setup")
    assert made.one(NODES).urn in job.dependencies
    assert job.urn in made.one(RELEASE, "fluent-bit").dependencies
