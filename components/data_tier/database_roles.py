"""A database role for each consumer, made by a job in the cluster: PostgreSQL has no API for it but SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.batch.v1 import JobSpecArgs
from pulumi_kubernetes.core.v1 import PodTemplateSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.component import Component
from components.data_tier.endpoint import Consumer, Peer
from components.traffic import DNS, allow, ports

_SQL = Path(__file__).with_name("sql")
_LABELS = {"app.kubernetes.io/name": "postgres-roles"}
_POSTGRES_USER = 70  # of the alpine image: https://github.com/docker-library/postgres


def script(consumers: Sequence[Consumer]) -> str:
    """Return the psql script that makes the consumers' roles; passwords come from the environment when it runs."""
    lines = [r"\ir begin.sql"]
    for consumer in consumers:
        lines += [
            rf"\set role {consumer.role}",
            rf"\set access {_access(consumer)}",
            rf"\getenv password {_variable(consumer)}",
            r"\ir role.sql",
        ]
    lines += [rf"\set roles '{','.join(consumer.role for consumer in consumers)}'", r"\ir end.sql"]
    return "\n".join(lines) + "\n"


def _access(consumer: Consumer) -> str:
    """Return the most that a consumer declares."""
    return next(access for access in ("writer", "reader", "monitor") if access in consumer.access)


def _variable(consumer: Consumer) -> str:
    return f"PASSWORD_{consumer.role.upper()}"


class DatabaseRoles(Component):
    """Roles that may do what their consumers declared, and nothing once they are consumers no longer."""

    done: pulumi.Output[str]
    """Known once the roles are there."""

    def __init__(
        self,
        name: str,
        consumers: Sequence[Consumer],
        passwords: Mapping[str, pulumi.Input[str]],
        *,
        connection: Mapping[str, pulumi.Input[str]],
        server: Peer,
        namespace: pulumi.Input[str],
        image: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the roles of ``consumers`` with the ``passwords`` by their names.

        ``connection`` is how to be the master user, as libpq's environment variables, PGPASSWORD among them;
        ``server`` is whom the job talks to, from ``namespace``.
        """
        super().__init__("data:DatabaseRoles", name, opts)
        # Immutable and named by Pulumi: whatever changes in them is a new object, and so a new run of the job.
        secret = kubernetes.core.v1.Secret(
            name,
            metadata={"namespace": namespace},
            immutable=True,
            string_data={**connection, **{_variable(c): passwords[c.name] for c in consumers}},
            opts=self.child(),
        )
        files = {path.name: path.read_text() for path in sorted(_SQL.glob("*.sql"))}
        scripts = kubernetes.core.v1.ConfigMap(
            name,
            metadata={"namespace": namespace},
            immutable=True,
            data={"main.sql": script(consumers), **files},
            opts=self.child(),
        )
        policy = allow(
            name,
            namespace=namespace,
            pods=_LABELS,
            egress=[{"to": server.selectors(), **ports(*server.ports)}, DNS],
            opts=self.child(),
        )
        job = kubernetes.batch.v1.Job(
            name,
            metadata={"namespace": namespace, "labels": _LABELS},
            spec=JobSpecArgs(
                backoff_limit=5,
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(labels=_LABELS),
                    spec=_pod(image, secret.metadata["name"], scripts.metadata["name"]),
                ),
            ),
            # The job can't connect before it may, and nothing in it names the policy.
            opts=self.child(depends_on=[policy]),
        )
        self.done = job.id
        self.register_outputs({"done": self.done})


def _pod(image: str, secret: pulumi.Input[str], scripts: pulumi.Input[str]) -> Any:
    container = {
        "name": "psql",
        "image": image,
        "command": ["psql"],
        # All or nothing: a run that fails leaves the roles as they were.
        "args": ["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=/sql/main.sql"],
        "envFrom": [{"secretRef": {"name": secret}}],
        "volumeMounts": [{"name": "sql", "mountPath": "/sql", "readOnly": True}],
        "resources": {
            "requests": {"cpu": "50m", "memory": "32Mi"},
            "limits": {"cpu": "200m", "memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _POSTGRES_USER,
            "runAsGroup": _POSTGRES_USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "sql", "configMap": {"name": scripts}}],
    }
