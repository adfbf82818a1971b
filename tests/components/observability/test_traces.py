"""Services are told where traces go and how many; the collector takes them from nobody else and hands them on."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.app_services import Surroundings, values
from components.data_tier.endpoint import Peer
from components.observability.traces import Traces
from components.observability.tracing import Tracing
from spec.traces import Sampling
from spec.traces import Traces as Spec
from tests.components.around import POLICY, RELEASE, AnyCloud, Around, service
from tests.recorder import Recorder, remembered, run


@remembered
def build(preview: bool = False, **fields: Any) -> Recorder:
    def program() -> None:
        around = Around("monitoring", "shop")
        spec = Spec.model_validate({"exporter": "xray", **fields})
        Traces("traces", spec, ["shop", "shop"], cluster=around.cluster, cloud=AnyCloud(), **around.common)

    return run(program, preview=preview)


def release(made: Recorder) -> dict[str, Any]:
    return made.one(RELEASE, "trace-collector")["values"]


@pytest.mark.parametrize("preview", [False, True])
def test_what_comes_in_by_otlp_goes_to_x_ray(preview: bool):
    configuration = release(build(preview))["alternateConfig"]
    pipelines = configuration["service"]["pipelines"]
    assert pipelines == {
        "traces": {"receivers": ["otlp"], "processors": ["memory_limiter", "batch"], "exporters": ["awsxray"]}
    }
    for part in ("receivers", "processors", "exporters"):
        assert set(pipelines["traces"][part]) == set(configuration[part])
    assert set(configuration["service"]["extensions"]) == set(configuration["extensions"]) == {"health_check"}
    assert configuration["exporters"]["awsxray"]["region"] == "us-east-1"


def test_services_are_looked_for_by_what_they_say_of_themselves():
    # The exporter puts this before the name of an attribute that is the resource's, not the span's:
    # https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/v0.158.0/exporter/awsxrayexporter/internal/translator/segment.go
    of_resource = "otel.resource."
    indexed = release(build())["alternateConfig"]["exporters"]["awsxray"]["indexed_attributes"]
    said = {each["name"]: each["value"] for each in told(True)["env"]}["OTEL_RESOURCE_ATTRIBUTES"]
    assert indexed == [f"{of_resource}{attribute.partition('=')[0]}" for attribute in said.split(",")]


def test_its_identity_may_write_segments_and_nothing_else():
    policy = json.loads(release(build())["serviceAccount"]["annotations"]["may"])
    (statement,) = policy["Statement"]
    assert statement["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def test_only_services_and_prometheus_reach_it():
    rules = build().one(POLICY, "traces")["spec"]["ingress"]
    reach = {
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]: {
            port["port"] for port in rule["ports"]
        }
        for rule in rules
        for peer in rule["from"]
    }
    assert reach == {"shop": {4317, 4318}, "monitoring": {8888}}


def test_only_the_ports_of_otlp_are_open_and_more_than_one_go_one_at_a_time():
    found = release(build(replicas=2))
    assert {port for port, given in found["ports"].items() if given["enabled"]} == {"otlp", "otlp-http", "metrics"}
    assert found["replicaCount"] == 2
    assert found["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}


def test_it_runs_restricted():
    found = release(build())
    assert found["podSecurityContext"]["runAsNonRoot"] is True
    assert found["podSecurityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert found["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(found["resources"]) == {"requests", "limits"}


def told(traced: bool, **fields: Any) -> dict[str, Any]:
    """Return the values of a service that is, or is not, told of traces."""
    found: dict[str, Any] = {}
    sampling = Sampling.model_validate({"ratio": 0.05, "rules": [{"service": "payment", "ratio": 1}]})

    def program() -> None:
        around = Around("shop")
        peer = Peer(ports=(4317, 4318), namespace="tracing", pod_labels={"a": "b"})
        tracing = Tracing("http://collector.tracing:4317", peer, sampling) if traced else None
        described = service(**fields)
        surroundings = Surroundings([described], around.ingress(), tracing=tracing)
        pulumi.Output.from_input(values(described, surroundings)).apply(found.update)

    run(program)
    return found


@pytest.mark.parametrize(("name", "ratio"), [("web", "0.05"), ("payment", "1.0")])
def test_a_service_is_instrumented_by_its_environment(name: str, ratio: str):
    environment = {each["name"]: each["value"] for each in told(True, name=name)["env"]}
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector.tracing:4317"
    assert environment["OTEL_SERVICE_NAME"] == name
    assert environment["OTEL_TRACES_SAMPLER"] == "parentbased_traceidratio"
    assert environment["OTEL_TRACES_SAMPLER_ARG"] == ratio


def test_a_service_s_own_settings_win():
    env = told(True, env={"OTEL_TRACES_SAMPLER": "always_on"})["env"]
    assert [each["value"] for each in env if each["name"] == "OTEL_TRACES_SAMPLER"] == ["always_on"]


def test_the_network_policy_lets_services_out_to_the_collector():
    assert 4317 in [port for rule in told(True)["networkPolicy"]["egress"] for port in rule["ports"]]


def test_without_traces_a_service_knows_nothing_of_them():
    found = told(False)
    assert not [each for each in found["env"] if each["name"].startswith("OTEL_")]
    assert found["networkPolicy"]["egress"] == []
