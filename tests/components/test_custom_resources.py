"""Custom resources meet the schemas of the CRDs that their operators bring.

The CRDs are not part of the project: GROUNDWORK_CRDS names a directory with YAML files of them, and without it
these tests are skipped.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from charts.kubernetes_yaml import Yaml
from components.cluster.contract import LoadBalancing
from components.data_tier.endpoint import consumers
from components.data_tier.kafka import InClusterKafka
from components.data_tier.postgres import InClusterPostgres
from components.data_tier.rabbitmq import RabbitMq
from components.flux import Flux
from components.gitops import Gitops
from components.http_ingress import Backend
from components.sign_in import SignIn
from spec.gitops import ArgoCd
from spec.gitops import Flux as FluxSpec
from spec.kafka import InClusterKafka as KafkaSpec
from spec.postgres import InClusterPostgres as PostgresSpec
from spec.rabbitmq import RabbitMq as RabbitMqSpec
from spec.sign_in import Cognito
from tests.components.around import AnyCloud, Around, service
from tests.recorder import Registered, run

CRDS = os.environ.get("GROUNDWORK_CRDS")
TOPIC = {"name": "events", "retention": "7d", "config": {"cleanup.policy": "compact"}}
pytestmark = pytest.mark.skipif(not CRDS, reason="GROUNDWORK_CRDS names no directory of CRDs")


@cache
def _schemas() -> dict[str, dict[str, Any]]:
    documents = [crd for path in Path(CRDS or "").glob("*.yaml") for crd in yaml.load_all(path.read_text(), Yaml)]
    return {
        f"kubernetes:{crd['spec']['group']}/{version['name']}:{crd['spec']['names']['kind']}": version["schema"][
            "openAPIV3Schema"
        ]
        for crd in documents
        if crd and crd["kind"] == "CustomResourceDefinition"
        for version in crd["spec"]["versions"]
    }


def _closed(schema: Any) -> Any:
    """Return a schema in which what is not described is refused, as the API server would drop it in silence."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    closed = {key: _closed(value) for key, value in schema.items()}
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not is_open:
        closed["additionalProperties"] = False
    return closed


def _made() -> list[Registered]:
    def program() -> None:
        around = Around("shop", "infra", load_balancing=LoadBalancing.TARGET_GROUP)
        services = [service(uses=["postgres.writer", "postgres.reader", "rabbitmq.publisher"])]
        owner = service("owner", uses=["postgres.writer"], database="own")
        users = consumers([*services, owner], "postgres", around.namespaces.ensure)
        postgres = PostgresSpec.model_validate(
            {"engine": "inCluster", "instances": 3, "backups": {"serverName": "b"}, "recovery": {"serverName": "a"}}
        )
        InClusterPostgres("db", postgres, users, cluster=around.cluster, cloud=AnyCloud(), **around.common)
        publishers = consumers(services, "rabbitmq", around.namespaces.ensure)
        RabbitMq("mq", RabbitMqSpec(nodes=3), publishers, cluster=around.cluster, **around.common)
        kafka = KafkaSpec.model_validate({"engine": "inCluster", "brokers": 3, "controllers": 3, "topics": [TOPIC]})
        clients = consumers([service("other", uses=["kafka"])], "kafka", around.namespaces.ensure)
        InClusterKafka("kafka", kafka, clients, cluster=around.cluster, **around.common)
        around.certificates({"issuer": "localAuthority"})
        for name, zone in (("http", None), ("dns", "Z0123456789")):
            around.certificates({"issuer": "acme", "email": "a@example.com", "hostedZone": zone}, name)
        ingress = around.ingress(target_groups={"ingress": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/1"})
        around.gateway(
            around.mesh("shop"), target_groups={"ingress": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/b/1"}
        )
        for layout in ("applicationSet", "appOfApps"):
            repository = {"url": "https://git.example.com/a", "layout": layout}
            given = {"engine": "argocd", "namespace": layout.lower(), "repository": repository}
            Gitops(f"argocd-{layout.lower()}", ArgoCd.model_validate(given), services, ingress=ingress, **around.common)
        slack, credentials = {"channel": "#a", "existingSecret": "slack"}, {"existingSecret": "git"}
        repository = {"url": "https://git.example.com/a", "credentials": credentials}
        flux = {"engine": "flux", "notifications": {"slack": slack}, "repository": repository}
        Flux("flux", FluxSpec.model_validate(flux), services, **around.common)
        signing_in: Any = {"provider": "cognito"}
        client = AnyCloud().user_pool("sign-in", [], around.common["opts"], mfa=True)
        asked = Cognito.model_validate(signing_in)
        SignIn("sign-in", asked, client, ingress=ingress, hosts=[], **around.common)

    def meshed() -> None:
        around = Around("shop")
        tls = {"issuer": "localAuthority", "redirect": True}
        starts = {"logs.example.com": "/explore"}
        gateway = around.gateway(around.mesh("shop"), tls=tls, hosts=["logs.example.com"], starts=starts)
        client = AnyCloud().user_pool("sign-in", [], around.common["opts"], mfa=True)
        asked = Cognito.model_validate({"provider": "cognito"})
        way_in = SignIn("sign-in", asked, client, ingress=gateway, hosts=["logs.example.com"], **around.common).ingress
        way_in.offer("explore", "logs.example.com", Backend("shop", "grafana", 80), around.cluster)

    schemas = _schemas()
    return [each for made in (program, meshed) for each in run(made) if each.type in schemas]


def test_every_custom_resource_fits_its_crd():
    made = _made()
    kinds = {each.type.rpartition(":")[2] for each in made}
    assert kinds == {
        "Alert",
        "AppProject",
        "Application",
        "ApplicationSet",
        "AuthorizationPolicy",
        "Certificate",
        "Cluster",
        "ClusterIssuer",
        "Database",
        "DatabaseRole",
        "Gateway",
        "GitRepository",
        "Kafka",
        "KafkaNodePool",
        "KafkaTopic",
        "KafkaUser",
        "Kustomization",
        "Policy",
        "PeerAuthentication",
        "Pooler",
        "PodMonitor",
        "PrometheusRule",
        "Provider",
        "RabbitmqCluster",
        "ObjectStore",
        "ScheduledBackup",
        "ServiceMonitor",
        "TargetGroupBinding",
        "VirtualService",
    }
    mistakes = [
        f"{each.type} {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for each in made
        for error in Draft7Validator(_closed(_schemas()[each.type]["properties"]["spec"])).iter_errors(each["spec"])
    ]
    assert mistakes == []
