"""An existing cluster is reached by one context, and nobody else's credentials are taken along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.cluster.contract import LoadBalancing
from components.cluster.existing import ExistingCluster, Unreachable, only
from spec.cluster import ExistingCluster as Spec
from tests.recorder import run

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443"}} for name in ("kind", "work")],
    "users": [{"name": name, "user": {"token": f"token-of-{name}"}} for name in ("kind", "work")],
    "contexts": [{"name": f"{name}-admin", "context": {"cluster": name, "user": name}} for name in ("kind", "work")],
    "current-context": "work-admin",
}


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(KUBECONFIG))
    return path


@pytest.mark.parametrize(("asked", "waits"), [({}, False), ({"waitForOperators": True}, True)])
def test_operators_are_waited_for_where_somebody_has_said_that_they_run(
    asked: dict[str, Any], waits: bool, kubeconfig: Path
):
    found: list[dict[str, str]] = []

    def program() -> None:
        spec = Spec.model_validate(
            {"target": "existing", "kubeconfig": str(kubeconfig), "context": "kind-admin", **asked}
        )
        found.append(ExistingCluster("here", spec, pulumi.ResourceOptions()).until("condition=Ready", seconds=900))

    run(program)
    whole = {"pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "900"}
    assert found == [whole if waits else {}]


def test_only_the_named_context_is_taken(kubeconfig: Path):
    found = only(kubeconfig, "kind-admin")
    assert found["current-context"] == "kind-admin"
    assert "work" not in yaml.safe_dump(found)


@pytest.mark.parametrize(
    ("context", "remedy"),
    [("kind-admn", "did you mean kind-admin?"), ("elsewhere", "contexts: kind-admin, work-admin")],
)
def test_a_context_that_is_not_there_is_answered_with_those_there_are(kubeconfig: Path, context: str, remedy: str):
    with pytest.raises(Unreachable, match=remedy.replace("?", r"\?")):
        only(kubeconfig, context)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(Unreachable, match="config does not exist"):
        only(tmp_path / "config", "kind-admin")


def build(**fields: Any) -> Any:
    clusters = []

    def program() -> None:
        spec = Spec.model_validate({"target": "existing", "context": "kind-admin", **fields})
        clusters.append(ExistingCluster("any", spec, pulumi.ResourceOptions()))

    return run(program).one("pulumi:providers:kubernetes"), clusters[0]


def test_the_state_holds_the_path_and_no_credentials(kubeconfig: Path):
    provider, _ = build(kubeconfig=str(kubeconfig))
    assert (provider["kubeconfig"], provider["context"]) == (str(kubeconfig), "kind-admin")
    assert "token-of" not in str(provider.inputs)


def test_the_program_runs_on_a_machine_without_the_file(tmp_path: Path):
    provider, _ = build(kubeconfig=str(tmp_path / "none"))
    assert provider["clusterIdentifier"] == "kind-admin"


@pytest.mark.parametrize(("said", "fact"), [("service", LoadBalancing.SERVICE), ("nodePort", LoadBalancing.NODE_PORT)])
def test_its_facts_are_what_its_owner_says(said: str, fact: LoadBalancing):
    _, cluster = build(loadBalancer=said, metricsServer=True, storageClass="fast")
    assert (cluster.facts.load_balancing, cluster.facts.metrics_server, cluster.storage_class) == (fact, True, "fast")


def test_what_was_changed_by_hand_is_taken_back():
    provider, _ = build()
    assert (provider["enablePatchForce"], provider["enableServerSideApply"]) == ("true", "true")
