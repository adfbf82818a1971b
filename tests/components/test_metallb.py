"""MetalLB gives away the addresses that it was given, and those alone."""

from __future__ import annotations

from components.metallb import MetalLb
from spec.load_balancer import MetalLb as Spec
from tests.components.around import POLICY, RELEASE, Around
from tests.recorder import Recorder, remembered, run

POOL = "kubernetes:metallb.io/v1beta1:IPAddressPool"
ANSWERS = "kubernetes:metallb.io/v1beta1:L2Advertisement"


@remembered
def build(scraped: bool = True) -> Recorder:
    def program() -> None:
        around = Around(scraped=scraped)
        MetalLb("metallb", Spec(engine="metallb", addresses="10.0.0.240-10.0.0.250"), **around.common)

    return run(program)


def test_one_machine_answers_for_each_address_of_the_range() -> None:
    made = build()
    assert made.one(POOL)["spec.addresses"] == ["10.0.0.240-10.0.0.250"]
    assert made.one(ANSWERS)["spec.ipAddressPools"] == [made.one(POOL)["metadata.name"]]


def test_its_kinds_come_with_it_and_go_before_it() -> None:
    made = build()
    assert made.one(RELEASE, "metallb").urn in made.one(POOL).dependencies
    assert made.one(POOL).urn in made.one(ANSWERS).dependencies


def test_the_webhook_is_the_api_servers_and_metrics_are_prometheus() -> None:
    webhook, metrics = build().one(POLICY, "metallb")["spec.ingress"]
    assert (webhook["ports"][0]["port"], {*webhook["from"][0]}) == (9443, {"ipBlock"})
    assert metrics["ports"][0]["port"] == 9120


def test_nothing_is_scraped_where_nobody_scrapes() -> None:
    assert build(scraped=False).one(RELEASE, "metallb")["values.prometheus"] == {"serviceMonitor": {"enabled": False}}


def test_the_first_address_is_the_ingress_controllers() -> None:
    assert Spec(engine="metallb", addresses="10.0.0.240-10.0.0.250").first == "10.0.0.240"
