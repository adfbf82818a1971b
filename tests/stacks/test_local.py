"""Where people find a platform that needs no cloud."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_config
from stacks.ground import Ground
from stacks.local import local_ground
from tests.recorder import run
from tests.spec.test_mistakes import LOCAL

KIND: dict[str, Any] = {"target": "existing", "context": "kind-kind"}
METALLB = {"engine": "metallb", "addresses": "10.1.0.5-10.1.0.9"}


def ground(cluster: dict[str, Any], **ingress: Any) -> Ground:
    made: list[Ground] = []
    service = LOCAL["services"][0] | {"routes": [{"host": "app.local"}]}
    spec = from_config({**LOCAL, "services": [service], "cluster": cluster, "ingress": ingress}, "test")
    run(lambda: made.append(local_ground(spec)))
    return made[0]


@pytest.mark.parametrize(
    ("cluster", "ingress", "http", "https"),
    [
        ({"target": "k3d"}, {}, ":8080", None),
        ({"target": "k3d", "httpPort": 80, "httpsPort": 443}, {}, ":80", ":443"),
        ({"target": "k3d", "serviceLB": False}, {"loadBalancer": METALLB}, "", ""),
        (KIND, {}, "", ""),
        (KIND, {"loadBalancer": METALLB}, "", ""),
        (KIND | {"loadBalancer": "nodePort"}, {}, ":30080", ":30443"),
    ],
)
def test_addresses_have_the_port_that_leads_to_the_ingress_controller(
    cluster: dict[str, Any], ingress: dict[str, Any], http: str, https: str | None
) -> None:
    assert ground(cluster, **ingress).url("app.local") == f"http://app.local{http}"
    if https is not None:
        tls = {"issuer": "localAuthority"}
        assert ground(cluster, tls=tls, **ingress).url("app.local") == f"https://app.local{https}"


def test_a_platform_tells_its_hosts_where_no_dns_would() -> None:
    assert ground(KIND).outputs == {"hosts": ["127.0.0.1\tapp.local"]}
