"""SQL run once for each change of it, by a job in the cluster: PostgreSQL has no API but SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.batch.v1 import JobSpecArgs
from pulumi_kubernetes.core.v1 import PodTemplateSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.component import Component
from components.data_tier.endpoint import Peer
from components.pod_security import RESTRICTED_CONTAINER, restricted_pod
from components.secrets.contract import IN_CLUSTER, Secrets
from components.traffic import DNS, allow, going_to

_POSTGRES_USER = 70  # of the alpine image: https://github.com/docker-library/postgres


class SqlJob(Component):
    """A run of psql over main.sql in one transaction, unless the SQL itself ends it.

    A run that fails stops the update with what psql said.
    """

    done: pulumi.Output[str]
    """Known once the run has ended well."""

    def __init__(
        self,
        kind: str,
        name: str,
        app: str,
        files: Mapping[str, str],
        environment: Mapping[str, pulumi.Input[str]],
        *,
        server: Peer,
        namespace: pulumi.Input[str],
        image: str,
        secrets: Secrets = IN_CLUSTER,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Run main.sql of ``files``, which may include the others, once for each content of files and environment.

        ``kind`` is the component's type, without its prefix. ``environment`` has libpq's variables, which say where the
        server is and whom psql signs in as, and what the SQL itself reads; all of it is kept in a Secret.
        Pods run ``image`` in ``namespace``, have the label `app.kubernetes.io/name: <app>`, and may reach ``server``
        alone.
        """
        super().__init__(kind, name, opts)
        labels = {"app.kubernetes.io/name": app}
        # Both are named by Pulumi and immutable: other contents are another object, and so another run of the job.
        secret = secrets.keep(name, environment, namespace=namespace, opts=self.child())
        scripts = kubernetes.core.v1.ConfigMap(
            name, metadata={"namespace": namespace}, immutable=True, data=dict(files), opts=self.child()
        )
        policy = allow(
            name,
            namespace=namespace,
            pods=labels,
            egress=[*going_to([server]), DNS],
            opts=self.child(),
        )
        job = kubernetes.batch.v1.Job(
            name,
            metadata={"namespace": namespace, "labels": labels},
            spec=JobSpecArgs(
                backoff_limit=5,
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(labels=labels),
                    spec=_pod(image, secret, scripts.metadata["name"]),
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
        "args": ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=/sql/main.sql"],
        "envFrom": [{"secretRef": {"name": secret}}],
        "volumeMounts": [{"name": "sql", "mountPath": "/sql", "readOnly": True}],
        "resources": {
            "requests": {"cpu": "50m", "memory": "32Mi"},
            "limits": {"cpu": "200m", "memory": "64Mi"},
        },
        "securityContext": RESTRICTED_CONTAINER,
        # What psql said last becomes the pod's message, which the engine shows when the job fails.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": restricted_pod(_POSTGRES_USER),
        "containers": [container],
        "volumes": [{"name": "sql", "configMap": {"name": scripts}}],
    }
