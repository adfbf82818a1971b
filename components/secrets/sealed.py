"""Sealed Secrets: material is encrypted before it reaches the cluster, and a controller there alone can read it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_tls as tls
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component, name_of, object_metadata
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.secrets.contract import Data
from components.secrets.sealing import seal
from components.traffic import API_SERVER, DNS, allow, coming_from, from_api_server

NAME = "sealed-secrets"
CONTROLLER = "sealed-secrets-controller"
"""Where kubeseal looks."""
_HTTP, _METRICS = 8080, 8081
_RESOURCES = {"requests": {"cpu": "25m", "memory": "64Mi"}, "limits": {"cpu": "250m", "memory": "128Mi"}}

# A sealed value is bound to its namespace, not to its name, as names may be Pulumi's to choose.
_SCOPE = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
_ACTIVE = {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}
_YEARS = 10 * 365 * 24


class SealedSecrets(Component):
    """The controller, with a key of the program's. A mechanism of `components.secrets.contract.Secrets`."""

    certificate: pulumi.Output[str]
    """In PEM: what `kubeseal --cert` takes."""

    def __init__(
        self,
        name: str,
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping | None = None,
        protect: bool = False,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install it; ``protect`` guards the key, without which nobody reads what was sealed."""
        super().__init__("secrets:SealedSecrets", name, opts)
        self._unsealed = cluster.until("condition=Synced")
        namespace = namespaces.ensure(NAME)
        key = tls.PrivateKey(name, algorithm="RSA", rsa_bits=4096, opts=self.child(protect=protect))
        pair = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": NAME},
            allowed_uses=["key_encipherment"],
            # The certificate only carries the public key: the controller does not look at its dates.
            validity_period_hours=_YEARS,
            opts=self.child(),
        )
        self.certificate = pair.cert_pem
        self._key = key.private_key_pem.apply(lambda pem: hashlib.sha256(pem.encode()).hexdigest())
        # Made by the program, so that what it seals can be read before there is a cluster, and after it was made anew.
        active = Secret(
            name,
            metadata={"name": "sealed-secrets-key", "namespace": namespace, "labels": _ACTIVE},
            type="kubernetes.io/tls",
            string_data={"tls.crt": pair.cert_pem, "tls.key": key.private_key_pem},
            opts=self.child(),
        )
        self._release = charts.release(
            name,
            "sealed-secrets",
            namespace=namespace,
            values={
                "fullnameOverride": CONTROLLER,
                # The program knows one key; another that the controller made itself would be nobody's.
                "keyrenewperiod": "0",
                "resources": _RESOURCES,
                "metrics": {"serviceMonitor": {"enabled": scraping is not None}},
            },
            # It would make a key of its own if there were none.
            opts=self.child(depends_on=[active, *([scraping.crds] if scraping else [])]),
        )
        allow(
            name,
            namespace=namespace,
            pods={},
            # kubeseal comes through the API server.
            ingress=[from_api_server(_HTTP), *coming_from([scraping.scraper] if scraping else [], _METRICS)],
            egress=[DNS, API_SERVER],
            opts=self.child(),
        )
        self.register_outputs({"certificate": self.certificate})

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
        """Seal ``data``, and return the name of the Secret that the controller makes of it."""
        never_changes = name is None
        template: dict[str, Any] = {"type": type or "Opaque", "metadata": {"annotations": _SCOPE}}
        if labels:
            template["metadata"] |= {"labels": dict(labels)}
        if never_changes:
            template["immutable"] = True
        made = CustomResource(
            logical,
            api_version="bitnami.com/v1alpha1",
            kind="SealedSecret",
            metadata=object_metadata(namespace, name, annotations={**_SCOPE, **self._unsealed}),
            spec={
                "encryptedData": {key: self._sealed(namespace, value) for key, value in data.items()},
                "template": template,
            },
            opts=pulumi.ResourceOptions.merge(
                opts,
                pulumi.ResourceOptions(
                    # The definition, and who unseals: also when the last of them goes.
                    depends_on=[self._release],
                    replace_on_changes=["spec"] if never_changes else [],
                ),
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
        """Raise NotImplementedError: what is sealed comes from the program alone."""
        raise NotImplementedError("sealed secrets are fetched from nowhere")

    def _sealed(self, namespace: pulumi.Input[str], value: pulumi.Input[str]) -> pulumi.Output[str]:
        # A sealed value may be seen by anybody.
        return pulumi.Output.unsecret(
            pulumi.Output.all(self.certificate, self._key, namespace, value).apply(
                lambda known: seal(known[0], bytes.fromhex(known[1]), known[2], known[3])
            )
        )
