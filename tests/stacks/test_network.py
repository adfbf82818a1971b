"""Who reaches whom in prod's network: asked back from the emulated account, and compared with the table."""

from __future__ import annotations

from itertools import product

import pytest
from pulumi.runtime.mocks import MockMonitor

from sandbox.aws.account import Account
from sandbox.aws.network import INTERNET, machines, reachability, routes
from sandbox.mocks import EmulatedMocks
from tests.recorder import run_under
from tests.stacks.test_aws import ground

pytestmark = pytest.mark.engine

REGION = "us-east-1"
OFFICE = "203.0.113.0/24"
PARTIES = {
    "balancer": "tiketi-edge-balancer",
    "pods": "tiketi-pods",
    "postgres": "tiketi-postgres",
    "redis": "tiketi-redis",
    "bastion": "tiketi-bastion",
    "endpoints": "tiketi-endpoints",
}

# Everything that is not here is closed.
TABLE = {
    (INTERNET, "balancer"): "80, 443",
    ("balancer", "pods"): "80, 3010-3015",
    ("pods", "pods"): "all",
    ("pods", "postgres"): "5432",
    ("pods", "redis"): "6379",
    ("bastion", "postgres"): "5432",
    (OFFICE, "bastion"): "22",
    # Ways out: pods to anywhere, as network policies allow, the bastion to Session Manager. Anywhere is also what the
    # load balancer and the endpoints of AWS's services are open to.
    ("pods", INTERNET): "all",
    ("pods", "balancer"): "80, 443",
    ("pods", "endpoints"): "443",
    ("bastion", INTERNET): "443",
    ("bastion", "balancer"): "443",
    ("bastion", "endpoints"): "443",
}


@pytest.fixture(scope="module")
def account() -> Account:
    cloud = EmulatedMocks()
    run_under(MockMonitor(cloud), ground)
    return cloud.cloud.ask("aws", lambda aws: aws.account)  # type: ignore[attr-defined]


def test_every_pair_of_groups_is_open_to_each_other_as_the_table_says(account: Account) -> None:
    found = reachability(account, REGION)
    there = {party for pair in found for party in pair}
    known = {name: party for party, name in PARTIES.items()} | {INTERNET: INTERNET, OFFICE: OFFICE}
    assert there <= known.keys()
    present = {known[name] for name in there} | {"postgres"}
    opened = {
        (known[by], known[to]): ", ".join(str(ports) for ports in sorted(ports)) for (by, to), ports in found.items()
    }
    for by, to in product(present, repeat=2):
        assert opened.get((by, to), "closed") == TABLE.get((by, to), "closed"), (by, to)


def test_the_data_tier_has_no_way_out(account: Account) -> None:
    assert not [pair for pair in reachability(account, REGION) if pair[0] == PARTIES["postgres"]]
    (isolated,) = [table for table in routes(account, REGION) if table["name"] == "tiketi-isolated"]
    assert isolated["routes"] == "10.0.0.0/16 local"
    assert isolated["subnets"] == "10.0.21.0/24, 10.0.22.0/24, 10.0.23.0/24"


def test_each_zone_goes_out_by_a_gateway_of_its_own(account: Account) -> None:
    out = {t["name"]: t["routes"] for t in routes(account, REGION) if t["name"].startswith("tiketi-private")}
    gateways = {text.rpartition("0.0.0.0/0 ")[2] for text in out.values()}
    assert len(out) == len(gateways) == 3
    assert all(gateway.startswith("nat-") for gateway in gateways)


def test_machines_are_those_of_the_stack_file(account: Account) -> None:
    listed = {row["name"].rpartition("-")[0]: (row["type"], row["count"]) for row in machines(account, REGION)}
    assert listed["tiketi"] == ("t3.micro", "1")  # the bastion
    assert listed["tiketi-core"] == ("t3.xlarge", "3-3 on_demand")
    rows = {row["name"].rpartition("-")[0]: row for row in machines(account, REGION)}
    assert rows["tiketi-core"]["labels"] == "groundwork/pool=core,workload=core"
    zones = ("us-east-1a", "us-east-1b", "us-east-1c")
    assert rows["tiketi-core"]["subnet"] == ", ".join(f"tiketi-app-{zone}" for zone in zones)
    assert listed["tiketi-surge"] == ("c6i.xlarge, c6a.xlarge, c5.xlarge", "0-40 spot")
