"""A frontend on Cloudflare Pages: one host that leads to it, over TLS alone."""

from __future__ import annotations

from typing import Any

import pulumi

from spec.frontend import CloudflareFrontend as Spec
from tests.recorder import Recorder, run
from tests.spec.test_frontend_rules import PAGES

RECORD = "cloudflare:index/dnsRecord:DnsRecord"
DOMAIN = "cloudflare:index/pagesDomain:PagesDomain"
PROJECT = "cloudflare:index/pagesProject:PagesProject"
RULESET = "cloudflare:index/ruleset:Ruleset"
SETTING = "cloudflare:index/zoneSetting:ZoneSetting"


OUTPUTS: Any = {PROJECT: lambda made: {"subdomain": f"{made['name']}.pages.dev"}}


def build(*hosts: str, **given: Any) -> Recorder:
    spec = Spec.model_validate(PAGES | given)
    zones: Any = {"cloudflare:index/getZone:getZone": lambda asked: {"zoneId": f"zone of {asked['filter']['name']}"}}
    opts = pulumi.ResourceOptions()

    def program() -> None:
        # Not before it is needed, as in the program itself: the SDK is imported as a whole, which takes a second.
        from components.frontend.cloudflare import CloudflareFrontend

        CloudflareFrontend("frontend", spec, platform="shop", hosts=hosts, opts=opts)

    return run(program, functions=zones, outputs=OUTPUTS)


def test_the_host_leads_to_the_project_through_cloudflare() -> None:
    made = build()
    record = made.one(RECORD)
    assert (record["type"], record["name"], record["proxied"]) == ("CNAME", "www.example.com", True)
    assert made.one(PROJECT).urn in record.dependencies


def _led(made: Recorder) -> list[tuple[str, str, str, bool]]:
    found = ((each["type"], each["name"], each["content"], each["proxied"]) for each in made.all(RECORD))
    return sorted(record for record in found if record[1] != "www.example.com")


def test_hosts_of_the_ingress_in_the_zone_lead_to_it_past_cloudflare() -> None:
    made = build("api.example.com", "grafana.example.org", ingressAddress="203.0.113.10")
    assert _led(made) == [("A", "api.example.com", "203.0.113.10", False)]
    named = build("api.example.com", "grafana.example.com", ingressAddress="lb.example.net")
    assert _led(named) == [
        ("CNAME", "api.example.com", "lb.example.net", False),
        ("CNAME", "grafana.example.com", "lb.example.net", False),
    ]
    assert _led(build("api.example.com")) == []


def test_the_domain_is_asked_for_once_the_record_proves_it() -> None:
    made = build()
    assert made.one(DOMAIN)["name"] == "www.example.com"
    assert made.one(RECORD).urn in made.one(DOMAIN).dependencies


def test_the_project_is_called_after_the_platform_or_as_the_file_says() -> None:
    assert build().one(PROJECT)["name"] == "shop"
    assert build(project="storefront").one(PROJECT)["name"] == "storefront"


def test_visitors_and_cloudflare_itself_come_over_checked_tls() -> None:
    settings = {each["settingId"]: each["value"] for each in build().all(SETTING)}
    assert settings == {"ssl": "strict", "min_tls_version": "1.2", "always_use_https": "on"}


def test_files_with_a_digest_in_their_name_are_kept() -> None:
    rule = build(cache={"immutable": ["/assets/", "/fonts/"], "immutableFor": "30d"}).one(RULESET)["rules.0"]
    assert 'http.host eq "www.example.com"' in rule["expression"]
    for path in ("/assets/", "/fonts/"):
        assert f'starts_with(http.request.uri.path, "{path}")' in rule["expression"]
    assert rule["actionParameters"]["edgeTtl"] == {"mode": "override_origin", "default": 30 * 86_400}


def test_without_such_files_the_zone_s_cache_rules_are_left_alone() -> None:
    assert not build(cache={"immutable": []}).all(RULESET)
