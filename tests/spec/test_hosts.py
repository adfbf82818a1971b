"""What /etc/hosts needs, and what DNS answers."""

from __future__ import annotations

import pytest

from spec.__main__ import main
from spec.hosts import entries
from spec.load import from_config
from tests.spec.test_mistakes import AWS, LOCAL, changed

ROUTES = [{"host": "b.local"}, {"host": "a.local", "path": "/x"}, {"host": "a.local", "path": "/y"}]


def test_every_host_of_a_cluster_on_this_machine_has_one_line() -> None:
    platform = from_config(changed(LOCAL, "services.0.routes", ROUTES), "test")
    assert entries(platform) == ["127.0.0.1\ta.local", "127.0.0.1\tb.local"]


def test_hosts_on_aws_are_left_to_dns() -> None:
    assert entries(from_config(changed(AWS, "services.0.routes", ROUTES), "test")) == []


def test_on_a_cluster_of_somebody_else_s_names_that_no_dns_knows_have_a_line() -> None:
    routes = [{"host": "a.local"}, {"host": "shop.example.com"}]
    there = changed(LOCAL, "cluster", {"target": "existing", "context": "kind-kind"})
    platform = from_config(changed(there, "services.0.routes", routes), "test")
    assert entries(platform) == ["127.0.0.1\ta.local"]
    assert entries(platform, "192.168.49.2") == ["192.168.49.2\ta.local"]


def test_an_address_of_the_platform_s_own_is_where_its_hosts_are() -> None:
    there = changed(LOCAL, "cluster", {"target": "existing", "context": "kind-kind"})
    balancer = {"loadBalancer": {"engine": "metallb", "addresses": "10.1.0.5-10.1.0.9"}}
    platform = from_config(changed(changed(there, "ingress", balancer), "services.0.routes", ROUTES), "test")
    assert entries(platform, "192.168.49.2") == ["10.1.0.5\ta.local", "10.1.0.5\tb.local"]


def test_the_command_prints_the_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hosts", "dev"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "127.0.0.1\tapp.local" in lines
    assert all(line.startswith("127.0.0.1\t") for line in lines)


def test_a_stack_that_does_not_exist_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hosts", "dve"]) == 1
    assert "did you mean dev?" in capsys.readouterr().err
