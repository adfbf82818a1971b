"""Kafka UI, by Kafbat: https://ui.docs.kafbat.io."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.charts import Charts
from components.component import Component
from components.data_tier.kafka_client import KafkaEndpoint
from components.http_ingress import HttpIngress
from components.pod_security import RESTRICTED_CONTAINER, restricted_pod
from components.scheduling import in_chart
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import DNS, allow, coming_from, going_to
from components.user_interfaces.admin_login import admin_login
from spec.interfaces import KafkaUi as Spec
from spec.node_pools import NodePool

NAME = "kafka-ui"
"""Name of the release, of its user of Kafka and, as a label, of its pods."""
_PORT = 8080
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"

# Of the image, which gives its user by name: the kubelet takes only a number as proof that it is not root.
_USER = 1000


class KafkaUi(Component):
    """Kafka UI, signed in to one cluster, behind a login of its own."""

    password: pulumi.Output[str]
    """Secret; the password of the user ``admin``."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        kafka: KafkaEndpoint,
        *,
        namespace: pulumi.Input[str],
        charts: Charts,
        ingress: HttpIngress,
        pool: str | None = None,
        pools: Sequence[NodePool] = (),
        secrets: Secrets = IN_CLUSTER,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install Kafka UI in ``namespace``; it signs in to Kafka as the client that ``kafka`` is the endpoint of."""
        super().__init__("interfaces:KafkaUi", name, opts)
        login = admin_login(name, NAME, namespace=namespace, secrets=secrets, opts=self.child())
        self.password = login.password
        charts.release(
            name,
            "kafka-ui",
            namespace=namespace,
            values=_values(spec, kafka, login.secret, ingress, in_chart(pool, pools)),
            opts=self.child(depends_on=ingress.first),
        )
        allow(
            name,
            namespace=namespace,
            pods={"app.kubernetes.io/name": NAME},
            ingress=coming_from([ingress.peer], _PORT),
            egress=[DNS, *going_to([kafka.peer])],
            opts=self.child(),
        )
        self.register_outputs({})


def _values(
    spec: Spec,
    kafka: KafkaEndpoint,
    login: pulumi.Input[str],
    ingress: HttpIngress,
    placement: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "fullnameOverride": NAME,
        "yamlApplicationConfig": _configuration(kafka),
        "envs": {
            "secretMappings": {
                "UI_PASSWORD": {"name": login, "keyName": "password"},
                "BROKER_PASSWORD": {"name": kafka.secret, "keyName": "password"},
            }
        },
        # Half of the memory for the heap: Netty's buffers and the classes need the other.
        "env": [{"name": "JAVA_OPTS", "value": "-XX:MaxRAMPercentage=50"}],
        "resources": spec.resources.model_dump(),
        "podSecurityContext": restricted_pod(_USER),
        "securityContext": RESTRICTED_CONTAINER,
        # Compression codecs are unpacked there.
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}}],
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "ingress": {
            "enabled": True,
            "ingressClassName": ingress.class_name,
            "annotations": dict(ingress.annotations),
            "host": spec.host,
            **_tls(spec.host, ingress),
        },
        **placement,
    }


def _tls(host: str, ingress: HttpIngress) -> dict[str, Any]:
    """Return the certificate that the Ingress names, as the chart takes it: one, by its Secret."""
    named = ingress.tls(host)
    return {"tls": {"enabled": True, "secretName": named[0]["secretName"]}} if named else {}


def _configuration(kafka: KafkaEndpoint) -> dict[str, Any]:
    """Return Kafka UI's configuration file, as data; each ``${…}`` in it is a variable of the container."""
    signing_in = f'{_LOGIN} required username="{kafka.user}" password="${{BROKER_PASSWORD}}";'
    cluster = {
        "name": "kafka",
        "bootstrapServers": kafka.bootstrap,
        "properties": {
            "security.protocol": kafka.protocol,
            "sasl.mechanism": kafka.mechanism,
            "sasl.jaas.config": signing_in,
        },
    }
    return {
        "kafka": {"clusters": [cluster]},
        "auth": {"type": "LOGIN_FORM"},
        "spring": {"security": {"user": {"name": "admin", "password": "${UI_PASSWORD}"}}},
        "management": {"health": {"ldap": {"enabled": False}}},
    }
