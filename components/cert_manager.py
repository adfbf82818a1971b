"""cert-manager: keeps the certificates of what runs in the cluster issued and renewed."""

from __future__ import annotations

from typing import Any

import pulumi

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.traffic import ANYWHERE, allow, coming_from, from_api_server

NAMESPACE = "cert-manager"
_SERVICE_ACCOUNT = "cert-manager"
_WEBHOOK, _METRICS = 10250, 9402

_CONTROLLER = {"requests": {"cpu": "25m", "memory": "64Mi"}, "limits": {"cpu": "250m", "memory": "192Mi"}}
# It holds every Secret and CRD that it looks after in memory.
_INJECTOR = {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"cpu": "250m", "memory": "256Mi"}}
_SMALL = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "100m", "memory": "96Mi"}}


class CertManager(Component):
    """The controller, its webhook, and the injector that tells the API server whom to trust."""

    namespace: pulumi.Output[str]
    """Where a ClusterIssuer looks for its Secrets."""
    release: pulumi.Resource
    """What an Issuer or a Certificate waits for: the definitions of their kinds, and the webhook that admits them."""

    def __init__(
        self,
        name: str,
        *,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        scraping: Scraping | None = None,
        policy: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install cert-manager; ``policy`` is the IAM policy that it needs to prove names in a DNS zone."""
        super().__init__("ingress:CertManager", name, opts)
        self.namespace = namespaces.ensure(NAMESPACE)
        account: dict[str, Any] = {"name": _SERVICE_ACCOUNT}
        waits = [scraping.crds] if scraping else []
        if policy is not None:
            identity = cluster.identity_for(name, self.namespace, _SERVICE_ACCOUNT, policy, self.child())
            account["annotations"] = dict(identity.annotations)
            waits += identity.depends_on
        self.release = charts.release(
            name,
            "cert-manager",
            namespace=self.namespace,
            values={
                "fullnameOverride": "cert-manager",
                # CRDs that are kept would be left behind by `destroy`.
                "crds": {"enabled": True, "keep": False},
                # Its own namespace, not kube-system: https://cert-manager.io/docs/installation/best-practice/
                "global": {"leaderElection": {"namespace": NAMESPACE}},
                "serviceAccount": account,
                "resources": _CONTROLLER,
                "webhook": {"resources": _SMALL},
                "cainjector": {"resources": _INJECTOR},
                "startupapicheck": {"resources": _SMALL},
                "prometheus": {"servicemonitor": {"enabled": scraping is not None}},
            },
            opts=self.child(depends_on=waits),
        )
        allow(
            name,
            namespace=self.namespace,
            pods={},
            ingress=[from_api_server(_WEBHOOK), *coming_from([scraping.scraper] if scraping else [], _METRICS)],
            # To the API server, to whichever ACME server there is, and to hosts that it is to see proved.
            egress=[ANYWHERE],
            opts=self.child(),
        )
        if scraping:
            scraping.watch("certificates", self)
        self.register_outputs({})
