"""k3d: the cluster that the spec asks for, made once, taken over only if it is the same, and deleted."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.cluster.contract import LoadBalancing
from components.cluster.k3d import K3dCluster, simple_config
from spec.cluster import K3dCluster as Spec
from tests.recorder import Recorder, run

COMMAND = "command:local:Command"
PROVIDER = "pulumi:providers:kubernetes"


def spec(**fields: Any) -> Spec:
    return Spec.model_validate({"target": "k3d", **fields})


def build(**fields: Any) -> Recorder:
    def kubeconfig(command: Any) -> dict[str, Any]:
        return {"stdout": "the-kubeconfig"}

    return run(lambda: K3dCluster("dev", spec(**fields), pulumi.ResourceOptions()), outputs={COMMAND: kubeconfig})


def test_ports_storage_and_traefik_are_as_the_spec_says():
    config = simple_config(spec(servers=3, agents=2, httpPort=9080, storagePath="/srv/volumes"))
    assert (config["servers"], config["agents"]) == (3, 2)
    assert config["ports"][0] == {"port": "9080:80", "nodeFilters": ["loadbalancer"]}
    assert config["volumes"][0]["volume"] == "/srv/volumes:/var/lib/rancher/k3s/storage"
    assert config["options"]["k3s"]["extraArgs"][0]["arg"] == "--disable=traefik"


def test_the_users_own_kubeconfig_is_left_alone():
    options = simple_config(spec())["options"]["kubeconfig"]
    assert options == {"updateDefaultKubeconfig": False, "switchCurrentContext": False}


def test_the_kubeconfig_is_secret_and_never_logged():
    made = build()
    access = made.one(COMMAND, "dev-kubeconfig")
    assert access["logging"] == "none"
    assert access.options["additionalSecretOutputs"] == ["stdout"]
    assert "kubeconfig" in made.one(PROVIDER).secrets


def test_another_configuration_is_another_cluster_that_comes_after_the_old_one():
    one, other = build(), build(agents=1)
    assert one.one(COMMAND, "dev")["triggers"] != other.one(COMMAND, "dev")["triggers"]
    assert one.one(PROVIDER)["clusterIdentifier"] != other.one(PROVIDER)["clusterIdentifier"]
    assert one.one(COMMAND, "dev").options["deleteBeforeReplace"] is True


def test_the_same_configuration_is_the_same_cluster():
    assert build().one(COMMAND, "dev").inputs == build().one(COMMAND, "dev").inputs


def test_its_traffic_comes_through_k3ss_own_load_balancer():
    assert K3dCluster.facts.load_balancing is LoadBalancing.SERVICE
    assert K3dCluster.storage_class == "local-path"


@pytest.fixture
def k3d(tmp_path: Path) -> Path:
    """A k3d that keeps the configuration it was given in a file, and writes down how it was called."""
    tool = tmp_path / "bin" / "k3d"
    tool.parent.mkdir()
    tool.write_text(
        f"""#!/bin/sh
echo "$*" >> {tmp_path}/calls
case "$2" in
  list) cat {tmp_path}/made 2>/dev/null ;;
  create) cat > {tmp_path}/made ;;
esac
"""
    )
    tool.chmod(0o755)
    return tool


def create(k3d: Path, **fields: Any) -> subprocess.CompletedProcess[str]:
    command = build(storagePath=str(k3d.parent.parent / "volumes"), **fields).one(COMMAND, "dev")
    environment = {"PATH": f"{k3d.parent}:/usr/bin:/bin", **command["environment"]}
    return subprocess.run(
        ["/bin/sh", "-c", command["create"]], env=environment, input=command["stdin"], text=True, capture_output=True
    )


def test_a_cluster_is_made_once_and_taken_over_when_it_is_the_same(k3d: Path):
    assert create(k3d).returncode == 0
    assert json.loads((k3d.parent.parent / "made").read_text())["kind"] == "Simple"
    assert create(k3d).returncode == 0
    calls = (k3d.parent.parent / "calls").read_text()
    assert calls.count("cluster create") == 1


def test_a_cluster_made_otherwise_is_refused_with_what_to_do(k3d: Path):
    assert create(k3d).returncode == 0
    refused = create(k3d, agents=2)
    assert refused.returncode == 1
    assert "k3d cluster delete groundwork" in refused.stderr


def test_a_machine_without_k3d_is_told_where_to_get_it(tmp_path: Path):
    refused = create(tmp_path / "bin" / "k3d")
    assert refused.returncode == 1
    assert "https://k3d.io" in refused.stderr
