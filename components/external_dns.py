"""ExternalDNS: keeps the records of one Route 53 zone as objects of the cluster say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.charts import Charts
from components.cluster.contract import Cluster
from components.component import Component
from components.namespaces import Namespaces
from components.observability.scraping import Scraping
from components.policy import documents, statement
from components.scheduling import in_chart
from components.traffic import API_SERVER, DNS, allow, coming_from, going_to, ports
from spec.node_pools import NodePool
from spec.way_in import ExternalDns as Spec

NAMESPACE = "external-dns"
_ACCOUNT = "external-dns"
_METRICS, _HTTPS = 7979, 443
_LABELS = {"app.kubernetes.io/name": "external-dns"}
_RESOURCES = {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"cpu": "100m", "memory": "96Mi"}}
# Addresses, and beside each a text that says whose it is.
_TYPES = ("A", "AAAA", "TXT")


@dataclass(frozen=True)
class Zone:
    """A zone of the program's own, and the hosts in it that lead to one address."""

    name: str
    id: pulumi.Input[str]
    region: str
    hosts: Sequence[str]
    address: pulumi.Input[str]
    """Name of the load balancer."""


class ExternalDns(Component):
    """ExternalDNS, its right to write addresses into the one zone, and the hosts of the platform.

    It writes and deletes what it owns and nothing else: the records of certificates are the program's. When all of it
    goes, the hosts go first, and it has until its own turn to delete their records; what it leaves goes with the zone.
    """

    def __init__(
        self,
        name: str,
        spec: Spec,
        zone: Zone,
        *,
        owner: str,
        cluster: Cluster,
        charts: Charts,
        namespaces: Namespaces,
        pools: Sequence[NodePool] = (),
        scraping: Scraping | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Install it; its records in ``zone`` are marked as those of ``owner``, and it changes no others."""
        super().__init__("edge:ExternalDns", name, opts)
        namespace = namespaces.ensure(NAMESPACE)
        identity = cluster.identity_for(name, namespace, _ACCOUNT, _policy(zone.id), self.child())
        release = charts.release(
            name,
            "external-dns",
            namespace=namespace,
            values={
                "fullnameOverride": "external-dns",
                "provider": {"name": "aws"},
                "sources": ["crd", "ingress"],
                # Deletes what is asked for no more; only what it owns.
                "policy": "sync",
                "registry": "txt",
                "txtOwnerId": owner,
                "domainFilters": [zone.name],
                "managedRecordTypes": ["A", "AAAA", "CNAME"],
                "extraArgs": {"aws-zone-type": "public", "zone-id-filter": zone.id},
                # A change is written at once, and not only at the next look.
                "triggerLoopOnEvent": True,
                "env": [{"name": "AWS_DEFAULT_REGION", "value": zone.region}],
                "serviceAccount": {"name": _ACCOUNT, "annotations": dict(identity.annotations)},
                "resources": _RESOURCES,
                "serviceMonitor": {"enabled": scraping is not None},
                **in_chart(spec.pool, pools),
            },
            opts=self.child(depends_on=[*identity.depends_on, *([scraping.crds] if scraping else [])]),
        )
        allow(
            name,
            namespace=namespace,
            pods=_LABELS,
            ingress=coming_from([scraping.scraper] if scraping else [], _METRICS),
            # To Route 53, whose addresses are Amazon's to change.
            egress=[DNS, API_SERVER, ports(_HTTPS), *going_to(identity.peers)],
            opts=self.child(),
        )
        CustomResource(
            name,
            api_version="externaldns.k8s.io/v1alpha1",
            kind="DNSEndpoint",
            metadata={"name": "hosts", "namespace": namespace},
            spec={"endpoints": [_alias(host, zone.address) for host in zone.hosts]},
            # Its kind is the release's, and whoever deletes its records has to outlive it.
            opts=self.child(depends_on=[release]),
        )
        self.register_outputs({})


def _alias(host: str, address: pulumi.Input[str]) -> dict[str, Any]:
    """Return an endpoint that is written as an alias, of Route 53's own kind, for IPv4 and for IPv6.

    https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/aws/
    """
    return {
        "dnsName": host,
        "recordType": "CNAME",
        "targets": [address],
        "providerSpecific": [
            {"name": "alias", "value": "true"},
            {"name": "aws/evaluate-target-health", "value": "true"},
        ],
    }


def _policy(zone_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html"""
    arn = pulumi.Output.concat("arn:aws:route53:::hostedzone/", zone_id)
    only = {"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": list(_TYPES)}}
    return documents(
        statement(["route53:ChangeResourceRecordSets"], [arn], only),
        statement(["route53:ListResourceRecordSets"], [arn]),
        # Can't be narrowed to a zone.
        statement(["route53:ListHostedZones"]),
    )
