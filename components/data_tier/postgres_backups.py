"""Backups of PostgreSQL in the cluster: base backups and every segment of its log, by Barman Cloud to a bucket.

CloudNativePG's plugin for it takes the place of what the operator had built in, which goes in 1.31:
https://cloudnative-pg.io/plugin-barman-cloud/docs/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_tls as tls
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret

from components.charts import WITHOUT_ISSUERS, Charts
from components.cloud.contract import Bucket, Cloud
from components.cluster.contract import Cluster
from components.component import Component
from components.data_tier.endpoint import Peer
from components.policy import documents, statement
from components.traffic import API_SERVER, DNS, allow, coming_from
from spec.postgres import Backups, Recovery

PLUGIN = "barman-cloud.cloudnative-pg.io"
PORT = 9090
_STORE = "postgres-backups"
_ORIGIN = "origin"
_SERVICE = "barman-cloud"
PODS = {"app.kubernetes.io/name": "plugin-barman-cloud"}

_RESOURCES = {"requests": {"cpu": "25m", "memory": "64Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}
# Beside the database: it compresses a base backup in parts that it holds in memory.
_SIDECAR_RESOURCES = {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"cpu": "500m", "memory": "384Mi"}}

_YEAR = 365 * 24
_S3 = Peer(ports=(443,), cidrs=("0.0.0.0/0",))


class PostgresBackups(Component):
    """The plugin, the bucket, and what the database cluster's own spec needs of them."""

    plugins: Sequence[Mapping[str, Any]]
    """For the spec of the database cluster."""
    annotations: Mapping[str, pulumi.Input[str]]
    """For the service account of its instances, which write to the bucket."""
    peers: Sequence[Peer]
    """Where its instances have to reach."""
    depends_on: Sequence[pulumi.Resource]
    """What the database cluster waits for."""

    def __init__(
        self,
        name: str,
        spec: Backups,
        *,
        instances: str,
        cluster: Cluster,
        cloud: Cloud,
        charts: Charts,
        namespace: pulumi.Input[str],
        operators: pulumi.Input[str],
        operator: pulumi.Resource,
        operator_pods: Peer,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the bucket, its identity and the plugin.

        ``instances`` is the name of the database cluster in ``namespace``, and of its service account.

        The plugin runs beside the operator, in ``operators``, and answers ``operator_pods``.
        """
        super().__init__("data:PostgresBackups", name, opts)
        self._name, self._spec, self._namespace, self._instances = name, spec, namespace, instances
        bucket = cloud.bucket(_STORE, self.child())
        identity = cluster.identity_for(name, namespace, instances, _policy(bucket), self.child())
        plugin = charts.release(
            f"{name}-plugin",
            "plugin-barman-cloud",
            namespace=operators,
            values={
                "resources": _RESOURCES,
                # The program's own, so that a platform without cert-manager has backups too.
                "certificate": {"createClientCertificate": False, "createServerCertificate": False},
            },
            # The chart has no value for leaving out the issuer: https://github.com/cloudnative-pg/charts/blob/
            # plugin-barman-cloud-v0.7.0/charts/plugin-barman-cloud/templates/certificate-issuer.yaml
            post_renderer=WITHOUT_ISSUERS,
            opts=self.child(
                depends_on=[operator, *(self._certificate(side, operators) for side in ("server", "client"))]
            ),
        )
        allow(
            f"{name}-plugin",
            namespace=operators,
            pods=PODS,
            ingress=coming_from([operator_pods], PORT),
            egress=[API_SERVER, DNS],
            opts=self.child(),
        )
        store = CustomResource(
            f"{name}-store",
            api_version="barmancloud.cnpg.io/v1",
            kind="ObjectStore",
            metadata={"name": _STORE, "namespace": namespace},
            spec=_store(spec, bucket, cloud.region),
            opts=self.child(depends_on=[plugin]),
        )
        self.plugins = [{"name": PLUGIN, "isWALArchiver": True, "parameters": _parameters(spec.server_name)}]
        self.annotations = identity.annotations
        self.peers = [_S3, *identity.peers]
        self.depends_on = [store, *identity.depends_on]
        self.register_outputs({"bucket": bucket.name})

    def schedule(self, database: pulumi.Resource) -> None:
        """Have ``database``, the cluster, backed up at once and as often as the spec says."""
        CustomResource(
            f"{self._name}-schedule",
            api_version="postgresql.cnpg.io/v1",
            kind="ScheduledBackup",
            metadata={"name": self._instances, "namespace": self._namespace},
            spec={
                "schedule": self._spec.schedule,
                # Without a base backup the log is good for nothing.
                "immediate": True,
                "cluster": {"name": self._instances},
                "method": "plugin",
                "pluginConfiguration": {"name": PLUGIN},
                "backupOwnerReference": "self",
            },
            opts=self.child(depends_on=[database]),
        )

    def _certificate(self, side: str, operators: pulumi.Input[str]) -> Secret:
        """Return the Secret with the key and the self-signed certificate of a ``side``, `server` or `client`.

        The operator and the plugin know each other by them, as by those that the chart would have cert-manager make.
        """
        name = f"{self._name}-{side}"
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=self.child())
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": f"{_SERVICE}-{side}"},
            dns_names=[_SERVICE],
            allowed_uses=["digital_signature", f"{side}_auth"],
            validity_period_hours=10 * _YEAR,
            # An `up` in its last year makes the next one.
            early_renewal_hours=_YEAR,
            opts=self.child(),
        )
        return Secret(
            name,
            # The name that the chart's Deployment mounts and its Service tells the operator.
            metadata={"name": f"{_SERVICE}-{side}-tls", "namespace": operators},
            type="kubernetes.io/tls",
            string_data={"tls.crt": certificate.cert_pem, "tls.key": key.private_key_pem},
            opts=self.child(),
        )


def bootstrap(spec: Recovery, database: str) -> dict[str, Any]:
    """Return the part of a database cluster's spec by which it starts from the backups that ``spec`` names."""
    target = {"recoveryTarget": {"targetTime": spec.target_time}} if spec.target_time else {}
    return {
        "bootstrap": {"recovery": {"source": _ORIGIN, "database": database, "owner": database, **target}},
        "externalClusters": [
            {"name": _ORIGIN, "plugin": {"name": PLUGIN, "parameters": _parameters(spec.server_name)}},
        ],
    }


def _parameters(server_name: str) -> dict[str, str]:
    return {"barmanObjectName": _STORE, "serverName": server_name}


def _policy(bucket: Bucket) -> pulumi.Output[str]:
    objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    return documents(
        statement(["s3:ListBucket"], [bucket.arn]),
        statement(objects, [pulumi.Output.concat(bucket.arn, "/*")]),
    )


def _store(spec: Backups, bucket: Bucket, region: str) -> dict[str, Any]:
    return {
        "retentionPolicy": f"{spec.retention_days}d",
        "configuration": {
            "destinationPath": pulumi.Output.concat("s3://", bucket.name, "/"),
            "s3Credentials": {"inheritFromIAMRole": True},
            "wal": {"compression": "gzip", "maxParallel": 4},
            "data": {"compression": "gzip", "jobs": 2},
        },
        "instanceSidecarConfiguration": {
            "env": [{"name": "AWS_DEFAULT_REGION", "value": region}],
            "resources": _SIDECAR_RESOURCES,
        },
    }
