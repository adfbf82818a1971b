"""Load tests of the data tier, as suspended CronJobs: `kubectl create job --from=cronjob/…` runs one.

Each uses the engine's own tool, through the same Service and under the same kind of account as an application, and
leaves nothing behind in the engine. What it measures is in its log.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob

from components.component import Component
from components.data_tier.endpoint import Endpoint
from components.pod_security import RESTRICTED_CONTAINER, restricted_pod
from components.traffic import DNS, allow, going_to
from spec.load_test import LoadTest as Spec

NAME = "load-test"
"""Name of the namespace, of the jobs' consumer of each engine and, as a label, of their pods."""
KAFKA, POSTGRES = "kafka", "postgres"
"""The CronJobs, each with the script of its name."""

_LABELS = {"app.kubernetes.io/name": NAME}
_TMP = "/tmp"
# Of the images: https://github.com/strimzi/strimzi-kafka-operator/blob/1.2.0/docker-images/kafka-based/kafka/Dockerfile
# and https://github.com/cloudnative-pg/postgres-containers
_KAFKA_USER, _POSTGRES_USER = 1001, 26
# What a run may take beyond its time: images, start, tables, reading back.
_GRACE_SECONDS = 300
_KEPT_SECONDS = 3600


class LoadTest(Component):
    """A job for each engine that there is."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        kafka: Endpoint | None,
        postgres: Endpoint | None,
        postgres_image: str,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make a job in ``namespace`` for each engine; ``kafka`` and ``postgres`` are the consumer NAME's endpoints."""
        super().__init__("app:LoadTest", name, opts)
        self._spec, self._namespace = spec, namespace
        if kafka:
            messages = spec.messages_per_second * spec.seconds
            settings = {
                "CLIENT": f"{_TMP}/client.properties",
                "TOPIC": NAME,
                "MESSAGES": messages,
                "BYTES": spec.message_bytes,
                "RATE": spec.messages_per_second,
                "LOG_DIR": _TMP,
                "KAFKA_HEAP_OPTS": "-Xmx256m",
            }
            self._job(name, KAFKA, spec.kafka_image, _KAFKA_USER, kafka, settings)
        if postgres:
            settings = {"CLIENTS": spec.clients, "SECONDS_OF_LOAD": spec.seconds, "HOME": _TMP}
            self._job(name, POSTGRES, postgres_image, _POSTGRES_USER, postgres, settings)
        allow(
            name,
            namespace=namespace,
            pods=_LABELS,
            egress=[DNS, *going_to([engine.peer for engine in (kafka, postgres) if engine])],
            opts=self.child(),
        )
        self.register_outputs({})

    def _job(self, name: str, tool: str, image: str, user: int, engine: Endpoint, settings: dict[str, Any]) -> None:
        environment = [{"name": key, "value": str(value)} for key, value in settings.items()] + engine.environment()
        template = {
            "metadata": {"labels": _LABELS},
            "spec": _pod(tool, image, user, environment, self._spec.resources.model_dump()),
        }
        spec: Any = {
            # 31 February never comes, and a job that is suspended would not run if it did.
            "schedule": "0 0 31 2 *",
            "suspend": True,
            "concurrency_policy": "Forbid",
            "job_template": {
                "metadata": {"labels": _LABELS},
                "spec": {
                    "backoff_limit": 0,
                    "active_deadline_seconds": self._spec.seconds + _GRACE_SECONDS,
                    "ttl_seconds_after_finished": _KEPT_SECONDS,
                    "template": template,
                },
            },
        }
        metadata: Any = {"name": tool, "namespace": self._namespace, "labels": _LABELS}
        CronJob(f"{name}-{tool}", metadata=metadata, spec=spec, opts=self.child())


def _pod(tool: str, image: str, user: int, environment: Sequence[Any], resources: dict[str, Any]) -> dict[str, Any]:
    container = {
        "name": tool,
        "image": image,
        "command": ["bash", "-c", Path(__file__).with_name(f"{tool}.sh").read_text()],
        "env": list(environment),
        "volumeMounts": [{"name": "tmp", "mountPath": _TMP}],
        "resources": resources,
        "securityContext": RESTRICTED_CONTAINER,
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": restricted_pod(user, owns_volumes=True),
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
    }
