"""The edge: names, the certificate for them, and what may talk to what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from components.cloud.aws import OriginBucket
from components.edge.balancer import DirectService, StickyService, Targets
from components.edge.certificates import certified
from components.edge.edge import Edge
from components.http_ingress import Answer
from components.vpc import Vpc
from spec.edge import Edge as Spec
from spec.network import Network
from tests.recorder import Recorder, remembered, run

NETWORK = {"region": "us-east-1", "cidr": "10.0.0.0/16", "availabilityZones": ["us-east-1a", "us-east-1b"]}
LISTENER = "aws:lb/listener:Listener"
RECORD = "aws:route53/record:Record"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE = "aws:lb/listenerRule:ListenerRule"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
CACHE = "aws:cloudfront/cachePolicy:CachePolicy"
ACL = "aws:wafv2/webAcl:WebAcl"
CERTIFICATE = "aws:acm/certificate:Certificate"

SITE = {"origin": "bucket", "name": "site", "hosts": ["shop.io", "www.shop.io"], "bucket": "shop-site"}
API = {"origin": "loadBalancer", "name": "api", "hosts": ["api.shop.io"]}
QUEUE = DirectService("queue", 3012, "/readyz", [("api.shop.io", "/queue")], grace_seconds=90, sticky_seconds=3600)
SOCKETS = StickyService("sockets", [("api.shop.io", "/sockets")], seconds=3600)

OUTPUTS: Any = {
    DISTRIBUTION: lambda r: {"domainName": f"{r.name}.cloudfront.net", "hostedZoneId": "Z2FDTNDATAQYW2"},
    "aws:s3/bucket:Bucket": lambda r: {"bucketRegionalDomainName": f"{r['bucket']}.s3.us-east-1.amazonaws.com"},
}


@remembered
def build(
    *hosts: str,
    preview: bool = False,
    instances: Any = None,
    protect: bool = False,
    direct: Sequence[DirectService] = (),
    sticky: Sequence[StickyService] = (),
    region: str = "us-east-1",
    idle: int = 60,
    **settings: Any,
) -> Recorder:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        network = {**NETWORK, "region": region, "availabilityZones": [f"{region}a", f"{region}b"]}
        spec = Spec.model_validate({"zone": "shop.io", **settings}, by_alias=True)
        buckets = {
            name: OriginBucket(name, bucket_name=name, protect=False, opts=opts) for name in spec.origin_buckets()
        }
        Edge(
            "shop",
            spec,
            hosts,
            Vpc("shop", Network.model_validate(network, by_alias=True), opts),
            Targets("sg-pods", Answer(8080, 8081, "/healthy"), instances),
            direct=direct,
            sticky=sticky,
            buckets=buckets,
            idle_seconds=idle,
            protect=protect,
            opts=opts,
        )

    return run(program, preview=preview, outputs=OUTPUTS)


def test_a_wildcard_certifies_one_label_and_deeper_hosts_are_named() -> None:
    assert certified("shop.io", ["shop.io", "api.shop.io"]) == ["*.shop.io"]
    assert certified("shop.io", ["v1.api.shop.io"]) == ["*.shop.io", "v1.api.shop.io"]


def test_the_wildcard_shares_the_record_that_proves_the_zone() -> None:
    proofs = [record for record in build("api.shop.io").all(RECORD) if record["type"] == "CNAME"]
    assert [proof.name for proof in proofs] == ["shop-proof-shop.io"]


def test_a_host_too_deep_for_the_wildcard_is_proved_by_itself() -> None:
    made = build("v1.api.shop.io")
    assert made.one(RECORD, "shop-proof-v1.api.shop.io")["name"] == "_proof.v1.api.shop.io."


def test_every_host_leads_to_the_load_balancer_once() -> None:
    made = build("api.shop.io", "www.shop.io", hosts=["www.shop.io"])
    aliases = {record["name"]: record["aliases.0.name"] for record in made.all(RECORD, type="A")}
    assert aliases == dict.fromkeys(("api.shop.io", "www.shop.io"), "shop.elb.amazonaws.com")


def test_the_load_balancer_is_made_once_the_vpc_has_an_internet_gateway() -> None:
    """AWS refuses a public load balancer in a VPC without one, and does not detach it from under one."""
    made = build()
    gateway = made.one("aws:ec2/internetGateway:InternetGateway")
    assert gateway.urn in made.one("aws:lb/loadBalancer:LoadBalancer").dependencies


def test_https_is_served_with_a_certificate_that_has_been_issued() -> None:
    made = build()
    listener = made.one(LISTENER, "shop-https")
    assert "TLS13" in listener["sslPolicy"]
    issued = made.one("aws:acm/certificateValidation:CertificateValidation")
    assert issued.urn in listener.dependencies


def test_plain_http_is_sent_on_to_https() -> None:
    action = build().one(LISTENER, "shop-http")["defaultActions"][0]
    assert (action["type"], action["redirect"]["protocol"]) == ("redirect", "HTTPS")


def test_the_load_balancer_admits_the_named_networks_and_reaches_the_targets_alone() -> None:
    made = build(accessCidrs=["203.0.113.0/24"])
    admitted = {(rule["cidrIpv4"], rule["fromPort"]) for rule in made.all(INGRESS) if "cidrIpv4" in rule.inputs}
    assert admitted == {("203.0.113.0/24", 80), ("203.0.113.0/24", 443)}
    out = {(rule["referencedSecurityGroupId"], rule["fromPort"]) for rule in made.all(EGRESS)}
    assert out == {("sg-pods", 8080), ("sg-pods", 8081)}
    into = made.all(INGRESS, securityGroupId="sg-pods")
    assert {(rule["referencedSecurityGroupId"], rule["fromPort"]) for rule in into} == {
        ("shop-balancer-id", 8080),
        ("shop-balancer-id", 8081),
    }


def test_health_is_asked_where_the_controller_answers_it() -> None:
    check = build().one("aws:lb/targetGroup:TargetGroup")["healthCheck"]
    assert (check["path"], check["port"]) == ("/healthy", "8081")


def test_pods_register_by_address_and_machines_by_id() -> None:
    group = "aws:lb/targetGroup:TargetGroup"
    attachment = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    assert build().one(group)["targetType"] == "ip"
    on_machines = build(instances={"api-0": "i-1", "api-1": "i-2"})
    assert on_machines.one(group)["targetType"] == "instance"
    assert {a["targetId"] for a in on_machines.all(attachment)} == {"i-1", "i-2"}


def test_the_zone_is_not_emptied_by_force_and_protection_covers_the_balancer() -> None:
    made = build(protect=True)
    assert made.one("aws:route53/zone:Zone")["forceDestroy"] is False
    assert made.one("aws:lb/loadBalancer:LoadBalancer")["enableDeletionProtection"] is True


def test_without_distributions_there_is_one_certificate_and_no_rule() -> None:
    made = build("api.shop.io", region="eu-west-1")
    assert [certificate["region"] for certificate in made.all(CERTIFICATE)] == ["eu-west-1"]
    assert made.all(RULE) == []


def test_cloudfronts_certificate_is_in_us_east_1_wherever_the_platform_is() -> None:
    made = build("api.shop.io", region="eu-west-1", distributions=[API])
    assert {certificate["region"] for certificate in made.all(CERTIFICATE)} == {"eu-west-1", "us-east-1"}
    assert len(made.all(RECORD, type="CNAME")) == 1
    issued = made.one("aws:acm/certificateValidation:CertificateValidation", "shop-us-east-1")
    assert issued["region"] == "us-east-1"
    assert issued.urn in made.one(DISTRIBUTION).dependencies


def test_in_us_east_1_one_certificate_serves_both() -> None:
    assert len(build("api.shop.io", distributions=[API]).all(CERTIFICATE)) == 1


def test_hosts_of_a_distribution_lead_to_it_and_others_to_the_load_balancer() -> None:
    made = build("api.shop.io", "grafana.shop.io", distributions=[SITE, API])
    aliases = {(r["name"], r["type"]): r["aliases.0.name"] for r in made.all(RECORD) if "aliases" in r.inputs}
    balancer = "shop.elb.amazonaws.com"
    assert aliases == {
        ("origin.shop.io", "A"): balancer,
        ("grafana.shop.io", "A"): balancer,
        **{("api.shop.io", kind): "shop-api.cloudfront.net" for kind in ("A", "AAAA")},
        **{(host, kind): "shop-site.cloudfront.net" for host in SITE["hosts"] for kind in ("A", "AAAA")},
    }


def test_the_site_is_read_from_a_private_bucket_and_kept_for_a_day() -> None:
    made = build(distributions=[SITE])
    site = made.one(DISTRIBUTION, "shop-site")
    assert site["origins.0.domainName"] == "shop-site.s3.us-east-1.amazonaws.com"
    assert site["origins.0.originAccessControlId"] == "shop-site-id"
    assert site["defaultRootObject"] == "index.html"
    assert site["defaultCacheBehavior.viewerProtocolPolicy"] == "redirect-to-https"
    assert made.one(CACHE)["defaultTtl"] == 86400
    (policy,) = made.all("aws:s3/bucketPolicy:BucketPolicy")
    assert site.urn in policy.dependencies
    assert '"AWS:SourceArn": ["arn:aws:cloudfront:us-east-1:123456789012:shop-site"]' in policy["policy"]
    assert "aws:SecureTransport" in policy["policy"]


def test_pages_of_a_single_page_application_are_its_index() -> None:
    pages = build(distributions=[{**SITE, "singlePage": True}]).one(DISTRIBUTION)["customErrorResponses"]
    assert {(page["errorCode"], page["responseCode"], page["responsePagePath"]) for page in pages} == {
        (403, 200, "/index.html"),
        (404, 200, "/index.html"),
    }


def test_an_answer_of_the_api_is_kept_for_who_asked_alone() -> None:
    made = build("api.shop.io", distributions=[API])
    policy = made.one(CACHE)
    assert (policy["minTtl"], policy["defaultTtl"]) == (0, 30)
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert key["cookiesConfig"] == {"cookieBehavior": "all"}
    assert key["queryStringsConfig"] == {"queryStringBehavior": "all"}
    assert {"Authorization", "Host", "Origin"} <= set(key["headersConfig"]["headers"]["items"])
    behavior = made.one(DISTRIBUTION)["defaultCacheBehavior"]
    assert {"DELETE", "PATCH", "POST", "PUT"} <= set(behavior["allowedMethods"])
    assert behavior["cachedMethods"] == ["GET", "HEAD"]


def test_cloudfront_asks_the_load_balancer_over_tls_and_shows_a_secret() -> None:
    made = build("api.shop.io", distributions=[API])
    api = made.one(DISTRIBUTION)
    assert api["origins.0.domainName"] == "origin.shop.io"
    assert api["origins.0.customOriginConfig.originProtocolPolicy"] == "https-only"
    header = {"name": "x-origin-verify", "value": "generated-shop-origin"}
    assert api["origins.0.customHeaders"] == [header]
    assert any(path.startswith("origins") for path in api.secrets)


def test_whoever_asks_past_cloudfront_is_refused() -> None:
    made = build("api.shop.io", distributions=[API])
    through, past = sorted(made.all(RULE), key=lambda rule: rule["priority"])
    assert through["conditions.1.httpHeader"] == {
        "httpHeaderName": "x-origin-verify",
        "values": ["generated-shop-origin"],
    }
    assert through["actions.0.type"] == "forward"
    assert past["conditions"] == [{"hostHeader": {"values": ["api.shop.io"]}}]
    assert past["actions.0.fixedResponse.statusCode"] == "403"


def test_paths_of_a_bucket_are_read_from_it() -> None:
    made = build("api.shop.io", distributions=[{**API, "buckets": [{"path": "/images", "bucket": "shop-images"}]}])
    behaviors = made.one(DISTRIBUTION)["orderedCacheBehaviors"]
    assert {(b["pathPattern"], b["targetOriginId"]) for b in behaviors} == {
        ("/images", "shop-images"),
        ("/images/*", "shop-images"),
    }
    assert {policy["defaultTtl"] for policy in made.all(CACHE)} == {30, 86400}


def test_records_for_others_are_in_the_zone() -> None:
    mail = {"name": "shop.io", "type": "MX", "values": ["10 mx.example.com"]}
    made = build("api.shop.io", records=[mail]).one(RECORD, "shop-shop.io-mx")
    assert (made["name"], made["type"], made["ttl"], made["records"]) == ("shop.io", "MX", 3600, ["10 mx.example.com"])


def test_a_direct_service_is_reached_by_its_path_and_clients_stay_with_a_pod() -> None:
    made = build("api.shop.io", direct=[QUEUE])
    group = made.one("aws:lb/targetGroup:TargetGroup", "shop-queue")
    assert (group["port"], group["targetType"], group["healthCheck.path"]) == (3012, "ip", "/readyz")
    assert group["stickiness"] == {"type": "lb_cookie", "enabled": True, "cookieDuration": 3600}
    assert group["deregistrationDelay"] < QUEUE.grace_seconds
    (rule,) = made.all(RULE)
    assert rule["conditions"] == [
        {"hostHeader": {"values": ["api.shop.io"]}},
        {"pathPattern": {"values": ["/queue", "/queue/*"]}},
    ]
    assert rule["actions.0.targetGroupArn"].endswith("shop-queue")


def test_a_slash_at_the_end_of_a_path_changes_nothing() -> None:
    sockets = StickyService("sockets", [("api.shop.io", "/sockets/")], seconds=3600)
    made = build("api.shop.io", sticky=[sockets], distributions=[API])
    first = min(made.all(RULE), key=lambda rule: rule["priority"])
    assert first["conditions.1.pathPattern.values"] == ["/sockets", "/sockets/*"]
    behaviors = made.one(DISTRIBUTION)["orderedCacheBehaviors"]
    assert [behavior["pathPattern"] for behavior in behaviors] == ["/sockets", "/sockets/*"]


def test_a_path_of_several_hosts_of_a_distribution_is_one_behavior_of_it() -> None:
    hosts = ["api.shop.io", "www.shop.io"]
    sockets = StickyService("sockets", [(host, "/sockets") for host in hosts], seconds=3600)
    made = build(*hosts, sticky=[sockets], distributions=[{**API, "hosts": hosts}])
    behaviors = made.one(DISTRIBUTION)["orderedCacheBehaviors"]
    assert [behavior["pathPattern"] for behavior in behaviors] == ["/sockets", "/sockets/*"]


def test_a_sticky_service_is_reached_by_its_path_and_clients_stay_with_a_pod_of_the_ingress_controller() -> None:
    made = build("api.shop.io", sticky=[SOCKETS])
    shared, own = (made.one("aws:lb/targetGroup:TargetGroup", name) for name in ("shop", "shop-sockets"))
    for key in ("port", "targetType", "healthCheck", "deregistrationDelay"):
        assert own[key] == shared[key]
    assert "stickiness" not in shared.inputs
    assert own["stickiness"] == {"type": "lb_cookie", "enabled": True, "cookieDuration": 3600}
    (rule,) = made.all(RULE)
    assert rule["conditions"][1] == {"pathPattern": {"values": ["/sockets", "/sockets/*"]}}
    assert rule["actions.0.targetGroupArn"].endswith("shop-sockets")


def test_behind_cloudfront_a_sticky_service_is_never_cached_and_never_passed() -> None:
    made = build("api.shop.io", sticky=[SOCKETS], distributions=[API])
    assert [b["pathPattern"] for b in made.one(DISTRIBUTION)["orderedCacheBehaviors"]] == ["/sockets", "/sockets/*"]
    first = min(made.all(RULE), key=lambda rule: rule["priority"])
    assert "httpHeader" in first["conditions.2"]


def test_behind_cloudfront_a_direct_service_is_never_cached_and_never_passed() -> None:
    made = build("api.shop.io", direct=[QUEUE], distributions=[API])
    behaviors = made.one(DISTRIBUTION)["orderedCacheBehaviors"]
    assert [b["pathPattern"] for b in behaviors] == ["/queue", "/queue/*"]
    assert {b["cachePolicyId"] for b in behaviors} == {"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}
    first = min(made.all(RULE), key=lambda rule: rule["priority"])
    assert "httpHeader" in first["conditions.2"]


def test_longer_paths_are_asked_first_whichever_service_they_are_of() -> None:
    all_of_it = StickyService("web", [("api.shop.io", "/")], seconds=3600)
    made = build("api.shop.io", direct=[QUEUE], sticky=[all_of_it, SOCKETS]).all(RULE)
    asked = [rule["conditions.1.pathPattern.values.0"] for rule in sorted(made, key=lambda rule: rule["priority"])]
    assert asked == ["/sockets", "/queue", "/*"]


def test_no_rule_changes_its_priority_when_a_service_comes_or_goes() -> None:
    """AWS refuses a priority that another rule has until the end of the same update."""
    both = {rule.name: rule["priority"] for rule in build("api.shop.io", direct=[QUEUE], sticky=[SOCKETS]).all(RULE)}
    for alone in (build("api.shop.io", direct=[QUEUE]), build("api.shop.io", sticky=[SOCKETS])):
        assert {rule.name: rule["priority"] for rule in alone.all(RULE)}.items() <= both.items()


def test_a_rule_that_was_called_after_its_service_is_taken_on() -> None:
    rule = build("api.shop.io", direct=[QUEUE]).one(RULE)
    assert rule.name == "shop-10"
    assert "shop-queue-0" in {alias.spec.name for alias in rule.options["aliases"]}


def test_the_load_balancer_reaches_the_pods_ports_it_is_told() -> None:
    made = build("api.shop.io", direct=[QUEUE], podPorts={"first": 3010, "last": 3015})
    reached = {(rule["fromPort"], rule["toPort"]) for rule in made.all(EGRESS)}
    admitted = {(rule["fromPort"], rule["toPort"]) for rule in made.all(INGRESS, securityGroupId="sg-pods")}
    assert reached == admitted == {(8080, 8080), (8081, 8081), (3010, 3015)}


@pytest.mark.parametrize("distributions", [[API], [SITE], [SITE, API], []])
def test_every_way_in_asks_a_web_acl_where_it_begins(distributions: list[Any]) -> None:
    made = build("api.shop.io", region="eu-west-1", distributions=distributions, waf={"rateLimit": 500})
    acls = {acl["scope"]: acl for acl in made.all(ACL)}
    assert set(acls) == {"REGIONAL", *(["CLOUDFRONT"] if distributions else [])}
    assert "region" not in acls["REGIONAL"].inputs
    made.one("aws:wafv2/webAclAssociation:WebAclAssociation")
    for found in made.all(DISTRIBUTION):
        assert acls["CLOUDFRONT"]["region"] == "us-east-1"
        assert found["webAclId"] == "arn:aws:wafv2:us-east-1:123456789012:shop"


def test_what_comes_by_cloudfront_is_not_counted_again_as_cloudfronts_own() -> None:
    made = build("api.shop.io", "ops.shop.io", distributions=[API], waf={"rateLimit": 500})
    first, *rest = made.one(ACL, "shop-balancer")["rules"]
    assert "allow" in first["action"]
    assert first["statement"]["byteMatchStatement"]["searchString"] == "api.shop.io"
    assert not any("byteMatchStatement" in rule["statement"] for rule in rest)
    assert not any("allow" in rule.get("action", {}) for rule in made.one(ACL, "shop")["rules"])


def test_one_address_has_a_limit_and_managed_rules_come_after_it() -> None:
    first, *groups = build("api.shop.io", waf={"rateLimit": 500}).one(ACL)["rules"]
    assert first["statement"]["rateBasedStatement"]["limit"] == 500
    assert "block" in first["action"]
    names = [group["statement"]["managedRuleGroupStatement"]["name"] for group in groups]
    assert "AWSManagedRulesCommonRuleSet" in names
    assert all(group["overrideAction"] == {"none": {}} for group in groups)
    priorities = [rule["priority"] for rule in (first, *groups)]
    assert priorities == sorted(set(priorities))


def test_health_is_asked_over_https_by_name() -> None:
    made = build("api.shop.io", healthChecks=[{"name": "api", "host": "api.shop.io", "path": "/healthz"}])
    check = made.one("aws:route53/healthCheck:HealthCheck")
    assert (check["type"], check["fqdn"], check["resourcePath"]) == ("HTTPS", "api.shop.io", "/healthz")
    assert check["enableSni"] is True


def test_networks_of_cloudfront_are_known_to_whoever_asks_who_the_client_is() -> None:
    proxies: list[Any] = []

    def program() -> None:
        opts = pulumi.ResourceOptions()
        vpc = Vpc("shop", Network.model_validate(NETWORK, by_alias=True), opts)
        spec = Spec.model_validate({"zone": "shop.io", "distributions": [API]}, by_alias=True)
        targets = Targets("sg-pods", Answer(8080, 8081, "/healthy"))
        edge = Edge("shop", spec, ["api.shop.io"], vpc, targets, protect=False, opts=opts)
        edge.proxies[0].apply(proxies.append)

    run(program, outputs=OUTPUTS)
    assert proxies == ["192.0.2.0/24,198.51.100.0/24"]


def test_a_preview_shows_every_resource_of_an_up() -> None:
    hosts = ("api.shop.io", "v1.api.shop.io")
    everything: dict[str, Any] = {"distributions": [SITE, API], "waf": {}, "direct": [QUEUE]}
    assert sorted(build(*hosts, preview=True).urns()) == sorted(build(*hosts).urns())
    assert sorted(build(*hosts, preview=True, **everything).urns()) == sorted(build(*hosts, **everything).urns())


def test_records_that_somebody_else_writes_are_not_the_programs_and_go_with_the_zone() -> None:
    made = build("api.shop.io", dns={"writer": "externalDns"})
    assert not made.all(RECORD, type="A")
    assert made.one("aws:route53/zone:Zone")["forceDestroy"] is True
    protected = build("api.shop.io", dns={"writer": "externalDns"}, protect=True)
    assert protected.one("aws:route53/zone:Zone")["forceDestroy"] is False


def test_a_connection_may_be_silent_as_long_as_the_most_patient_service_waits() -> None:
    assert build(idle=3600).one("aws:lb/loadBalancer:LoadBalancer")["idleTimeout"] == 3600
    assert build(idle=30).one("aws:lb/loadBalancer:LoadBalancer")["idleTimeout"] == 60


def test_what_is_for_the_ingress_is_asked_after_everything_that_leads_past_it() -> None:
    priorities = {rule.name.removeprefix("shop-"): rule["priority"] for rule in build(distributions=[API]).all(RULE)}
    assert priorities == {"cloudfront": 49_990, "past-cloudfront": 50_000}
