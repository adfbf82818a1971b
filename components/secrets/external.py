"""External Secrets: material lives in a vault, and an operator makes Secrets of it where they are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component, name_of, object_metadata
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.secrets.contract import Data
from components.secrets.vaults import Vault
from components.traffic import API_SERVER, DNS, allow, coming_from, from_api_server, going_to, ports

NAME = "external-secrets"
_STORE = "platform"
_API = "external-secrets.io/v1"
_METRICS, _WEBHOOK = 8080, 10250
# A vault's API, or the API server, which is the vault where there is no cloud.
_VAULT = ports(443)

_CONTROLLER = {"requests": {"cpu": "25m", "memory": "96Mi"}, "limits": {"cpu": "250m", "memory": "192Mi"}}
_SMALL = {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"cpu": "100m", "memory": "128Mi"}}

# What was changed in the vault by others than the program arrives after this at the latest.
_REFRESH = "1h"


class ExternalSecrets(Component):
    """The operator, and one store for the whole cluster. A mechanism of `components.secrets.contract.Secrets`."""

    def __init__(
        self,
        name: str,
        vault: Vault,
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install the operator, and let it read ``vault``."""
        super().__init__("secrets:ExternalSecrets", name, opts)
        self._vault = vault
        self._ready = cluster.until("condition=Ready")
        namespace = namespaces.ensure(NAME)
        identity = vault.identity(cluster, namespace, NAME, self.child())
        release = charts.release(
            name,
            "external-secrets",
            namespace=namespace,
            values={
                "fullnameOverride": NAME,
                "serviceAccount": {"name": NAME, "annotations": dict(identity.annotations)},
                "resources": _CONTROLLER,
                "webhook": {"resources": _SMALL},
                "certController": {"resources": _SMALL},
                # Nothing is written back into the vault, and no Secret is made in namespaces by a label.
                "processPushSecret": False,
                "processClusterPushSecret": False,
                "processClusterExternalSecret": False,
                "serviceMonitor": {"enabled": scraping is not None},
            },
            opts=self.child(depends_on=[*([scraping.crds] if scraping else []), *identity.depends_on]),
        )
        allow(
            name,
            namespace=namespace,
            pods={},
            ingress=[from_api_server(_WEBHOOK), *coming_from([scraping.scraper] if scraping else [], _METRICS)],
            egress=[DNS, API_SERVER, _VAULT, *going_to(identity.peers)],
            opts=self.child(),
        )
        self._store = CustomResource(
            name,
            api_version=_API,
            kind="ClusterSecretStore",
            metadata={"name": _STORE, **({"annotations": self._ready} if self._ready else {})},
            spec={"provider": vault.provider({"name": NAME, "namespace": namespace})},
            # Its definition and the webhook that admits it.
            opts=self.child(depends_on=[release]),
        )
        if scraping:
            scraping.watch("external-secrets", self)
        self.register_outputs({})

    def keep(
        self,
        logical: str,
        data: Data,
        *,
        namespace: pulumi.Input[str],
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        type: str | None = None,
        opts: pulumi.ResourceOptions,
    ) -> pulumi.Output[str]:
        """Put ``data`` into the vault, and return the name of the Secret that the operator makes of it."""
        path = pulumi.Output.concat(namespace, "/", name or logical)
        stored = self._vault.store(logical, data, path, opts)
        never_changes = name is None
        reference: dict[str, Any] = {"key": stored.key}
        annotations: dict[str, pulumi.Input[str]] = {**self._ready}
        if stored.version is not None:
            if never_changes:
                reference["version"] = pulumi.Output.concat("uuid/", stored.version)
            else:
                # Another annotation makes the operator look again at once:
                # https://external-secrets.io/latest/introduction/faq/#can-i-manually-trigger-a-secret-refresh
                annotations["force-sync"] = stored.version
        made = CustomResource(
            logical,
            api_version=_API,
            kind="ExternalSecret",
            metadata=object_metadata(namespace, name, annotations=annotations),
            spec={
                "refreshInterval": _REFRESH,
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": name_of(self._store)},
                "target": {"creationPolicy": "Owner", "immutable": never_changes, "template": _template(labels, type)},
                "dataFrom": [{"extract": reference}],
            },
            opts=pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(replace_on_changes=["spec"] if never_changes else [])
            ),
        )
        return name_of(made)

    def fetch(
        self,
        logical: str,
        path: str,
        keys: Sequence[str],
        *,
        namespace: pulumi.Input[str],
        name: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Have the operator make the Secret ``name`` of what people keep under ``path`` in the vault."""
        key = self._vault.key(path)
        references = [{"secretKey": each, "remoteRef": {"key": key, "property": each}} for each in keys]
        CustomResource(
            logical,
            api_version=_API,
            kind="ExternalSecret",
            # Whoever has not put it there yet is told so by the `up`.
            metadata=object_metadata(namespace, name, annotations=self._ready),
            spec={
                "refreshInterval": _REFRESH,
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": name_of(self._store)},
                "target": {"creationPolicy": "Owner"},
                "data": references,
            },
            opts=opts,
        )


def _template(labels: Mapping[str, str] | None, type: str | None) -> dict[str, Any]:
    return {"type": type or "Opaque", **({"metadata": {"labels": dict(labels)}} if labels else {})}
