"""ExternalDNS writes addresses into one zone, owns what it wrote, and goes after the hosts it wrote it for."""

from __future__ import annotations

import json
from typing import Any

from components.external_dns import ExternalDns, Zone
from spec.way_in import ExternalDns as Spec
from tests.components.around import POLICY, RELEASE, Around
from tests.recorder import Recorder, run

ENDPOINT = "kubernetes:externaldns.k8s.io/v1alpha1:DNSEndpoint"


def build() -> Recorder:
    def program() -> None:
        around = Around()
        zone = Zone("shop.io", "Z1", "us-east-1", ["api.shop.io", "shop.io"], "balancer.elb.amazonaws.com")
        spec = Spec(writer="externalDns")
        ExternalDns("dns", spec, zone, owner="shop", cluster=around.cluster, **around.common)

    return run(program)


def values() -> dict[str, Any]:
    return build().one(RELEASE, "dns")["values"]


def test_it_writes_addresses_into_the_one_zone_and_reads_no_other() -> None:
    change, read, find = json.loads(values()["serviceAccount"]["annotations"]["may"])["Statement"]
    assert change["Action"] == ["route53:ChangeResourceRecordSets"]
    assert change["Resource"] == read["Resource"] == ["arn:aws:route53:::hostedzone/Z1"]
    types = change["Condition"]["ForAllValues:StringEquals"]["route53:ChangeResourceRecordSetsRecordTypes"]
    assert sorted(types) == ["A", "AAAA", "TXT"]
    assert find["Action"] == ["route53:ListHostedZones"]


def test_it_deletes_what_it_owns_and_nothing_else() -> None:
    found = values()
    assert (found["policy"], found["registry"], found["txtOwnerId"]) == ("sync", "txt", "shop")
    assert (found["domainFilters"], found["extraArgs"]["zone-id-filter"]) == (["shop.io"], "Z1")


def test_hosts_lead_to_the_load_balancer_and_go_before_whoever_deletes_their_records() -> None:
    made = build()
    endpoint = made.one(ENDPOINT)
    assert [each["dnsName"] for each in endpoint["spec.endpoints"]] == ["api.shop.io", "shop.io"]
    assert all(each["targets"] == ["balancer.elb.amazonaws.com"] for each in endpoint["spec.endpoints"])
    assert made.one(RELEASE, "dns").urn in endpoint.dependencies


def test_it_reaches_the_api_route_53_and_where_its_credentials_are() -> None:
    egress = build().one(POLICY, "dns")["spec.egress"]
    assert {port["port"] for rule in egress for port in rule["ports"]} == {53, 443, 6443, 80}
