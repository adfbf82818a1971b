"""What a kubeadm cluster's machines do after they have come up: upgrades, nodes of machines that are no more, and
etcd's way to S3 and back."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws
from moto.server import ThreadedMotoServer

from components.cluster import cloud_init
from components.cluster.cloud_init import upgrade_nodes
from tools import ensure

HERE = Path(cloud_init.__file__).parent


class Nodes:
    """Nodes as the API server has them, machines that do what they are told, and what kubectl was asked for."""

    def __init__(self, **roles: str) -> None:
        self.asked: list[str] = []
        self.all = [
            {
                "metadata": {"name": name, "labels": {upgrade_nodes.CONTROL_PLANE: ""} if role == "master" else {}},
                "spec": {"providerID": f"aws:///zone/i-{name}"},
                "status": {
                    "nodeInfo": {"kubeletVersion": "v1.35.3"},
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            }
            for name, role in roles.items()
        ]

    def __getitem__(self, name: str) -> dict[str, Any]:
        return next(node for node in self.all if node["metadata"]["name"] == name)

    def kubectl(self, *arguments: str) -> str:
        match arguments:
            case ("get", "nodes", *_):
                return json.dumps({"items": self.all})
            case ("annotate", *_, name, note):
                key, _, version = note.partition("=")
                annotations = self[name]["metadata"].setdefault("annotations", {})
                annotations.pop(key.removesuffix("-"), None)
                if version:
                    annotations[key] = version
                    self.asked.append(f"tell {name} {version}")
            case (verb, name, *_):
                self.asked.append(f"{verb} {name}")
        return ""

    def machines_do_as_told(self) -> None:
        for node in self.all:
            if told := node["metadata"].get("annotations", {}).get(upgrade_nodes.TOLD):
                node["status"]["nodeInfo"]["kubeletVersion"] = f"v{told}"


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Nodes:
    made = Nodes(b_worker="worker", z_master="master", a_worker="worker")
    monkeypatch.setattr(upgrade_nodes, "kubectl", made.kubectl)
    monkeypatch.setattr(upgrade_nodes, "gethostname", lambda: "z_master")
    return made


def tag(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    tagged = {f"i-{name}": version for name, version in versions.items()}
    monkeypatch.setattr(upgrade_nodes, "tagged", lambda region: tagged)


def test_nodes_are_drained_told_and_given_back_one_after_the_other_control_plane_first(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(monkeypatch, z_master="1.35.4", a_worker="1.35.4", b_worker="1.35.4")
    for _ in range(10):
        upgrade_nodes.main("region")
        upgrade_nodes.main("region")  # A machine takes its time: meanwhile nothing more is asked.
        nodes.machines_do_as_told()
    assert nodes.asked == [
        f"{verb} {name}{version}"
        for name in ("z_master", "a_worker", "b_worker")
        for verb, version in (("drain", ""), ("tell", " 1.35.4"), ("uncordon", ""))
    ]


def test_nothing_is_done_where_every_node_is_as_it_should_be(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    tag(monkeypatch, z_master="1.35.3", a_worker="1.35.3")
    upgrade_nodes.main("region")
    assert nodes.asked == []


def test_a_node_that_is_not_ready_after_its_upgrade_holds_up_the_rest(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(monkeypatch, a_worker="1.35.4", b_worker="1.35.4")
    upgrade_nodes.main("region")
    nodes.machines_do_as_told()
    nodes["a_worker"]["status"]["conditions"][0]["status"] = "False"
    for _ in range(3):
        upgrade_nodes.main("region")
    assert nodes.asked == ["drain a_worker", "tell a_worker 1.35.4"]


@pytest.mark.parametrize("wanted", ["1.37.0", "1.35.2"])
def test_what_kubeadm_does_not_do_is_refused_before_a_node_is_drained(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    tag(monkeypatch, z_master=wanted)
    with pytest.raises(SystemExit, match=wanted):
        upgrade_nodes.main("region")
    assert nodes.asked == []


def test_machines_of_the_control_plane_but_the_first_leave_it_alone(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(monkeypatch, a_worker="1.35.4")
    monkeypatch.setattr(upgrade_nodes, "gethostname", lambda: "another")
    upgrade_nodes.main("region")
    assert nodes.asked == []


# Moto keeps a nested mock's settings when it ends, and the emulated account of this process needs this one.
@pytest.mark.engine
@mock_aws(config={"iam": {"load_aws_managed_policies": True}})
def test_the_version_of_a_machine_is_its_tag() -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": upgrade_nodes.TAG, "Value": "1.35.4"}]}]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)
    assert upgrade_nodes.tagged("us-east-1") == {made["Instances"][0]["InstanceId"]: "1.35.4"}


# upgrade.sh, on the machine that is told its version

UPGRADED = {
    "hostname": "echo this-machine",
    "kubelet": 'echo "Kubernetes v$INSTALLED"',
    "systemctl": 'echo "systemctl $*" >>"$DONE"',
    "kubeadm": 'echo "kubeadm $*" >>"$DONE"',
    "kubectl": """
        case "$*" in
          *"get node this-machine"*) echo -n "$WANTED" ;;
          *"get configmap kubeadm-config"*) printf 'apiVersion: v1beta4\\nkubernetesVersion: v%s\\n' "$OF_CLUSTER" ;;
        esac""",
}
LIBRARY = """
    add_kubernetes() { echo "repository of $1" >>"$DONE"; }
    install_packages() { echo "install $*" >>"$DONE"; }
"""
PACKAGES = "install kubelet=1.35.4-* kubectl=1.35.4-*"


def upgraded(directory: Path, role: str, *, wanted: str, installed: str = "1.35.3", of_cluster: str = "1.35.3") -> str:
    """Run it on a machine of ``role`` whose programs note what they are told; return that, line by line."""
    (directory / "bin").mkdir()
    for name, text in UPGRADED.items():
        program = directory / "bin" / name
        program.write_text(f"#!/bin/bash\n{textwrap.dedent(text)}\n")
        program.chmod(0o755)
    (directory / "lib.sh").write_text(textwrap.dedent(LIBRARY))
    done = directory / "done"
    done.touch()
    told = {"ROLE": role, "WANTED": wanted, "INSTALLED": installed, "OF_CLUSTER": of_cluster}
    places = {"GROUNDWORK": str(directory), "DONE": str(done), "PATH": f"{directory / 'bin'}:{os.environ['PATH']}"}
    ended = subprocess.run(
        [HERE / "upgrade.sh"], env={**os.environ, **told, **places}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return done.read_text()


@pytest.mark.parametrize(
    ("role", "of_cluster", "command"),
    [
        ("worker", "1.35.4", "kubeadm upgrade node"),
        # A worker never changes the cluster, whatever that has.
        ("worker", "1.35.3", "kubeadm upgrade node"),
        ("first", "1.35.3", "kubeadm upgrade apply --yes v1.35.4"),
        ("control-plane", "1.35.3", "kubeadm upgrade apply --yes v1.35.4"),
        ("control-plane", "1.35.4", "kubeadm upgrade node"),
        # 1.35.40 is another version.
        ("first", "1.35.40", "kubeadm upgrade apply --yes v1.35.4"),
    ],
)
def test_a_machine_is_brought_to_its_version_kubeadm_first_and_the_cluster_once(
    tmp_path: Path, role: str, of_cluster: str, command: str
) -> None:
    done = upgraded(tmp_path, role, wanted="1.35.4", of_cluster=of_cluster)
    assert done.splitlines() == [
        "repository of 1.35.4",
        "install kubeadm=1.35.4-*",
        command,
        PACKAGES,
        "systemctl daemon-reload",
        "systemctl restart kubelet",
    ]


@pytest.mark.parametrize("wanted", ["", "1.35.3"])
@pytest.mark.parametrize("role", ["worker", "first"])
def test_a_machine_that_is_told_nothing_or_what_it_has_is_left_alone(tmp_path: Path, role: str, wanted: str) -> None:
    assert upgraded(tmp_path, role, wanted=wanted) == ""


# Nodes of machines that are no more


@dataclass
class Fleet:
    """Instances in an EC2 of this process, and a kubectl that knows a node of each."""

    directory: Path
    environment: dict[str, str]
    instances: list[str]

    @property
    def ec2(self) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client("ec2", "us-east-1", endpoint_url=self.environment["AWS_ENDPOINT_URL"], **keys)

    def remove_lost(self) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        """Run the script; return how it ended, and the nodes that it had deleted."""
        nodes = [
            {"metadata": {"name": f"node-{position}"}, "spec": {"providerID": f"aws:///us-east-1a/{id}"}}
            for position, id in enumerate(self.instances)
        ]
        # One that has joined just now, of which nobody has said yet on which machine it is.
        nodes.append({"metadata": {"name": "node-new"}, "spec": {}})
        (self.directory / "nodes.json").write_text(json.dumps({"items": nodes}))
        kubectl = self.directory / "kubectl"
        kubectl.write_text(
            textwrap.dedent(f"""\
                #!/bin/bash
                while [[ $1 == --* ]]; do shift; done
                if [[ $1 == get ]]; then exec cat {self.directory}/nodes.json; fi
                echo "$*" >>{self.directory}/deleted
                """)
        )
        kubectl.chmod(0o755)
        path = {"PATH": f"{self.directory}:{os.environ['PATH']}"}
        command = [sys.executable, HERE / "remove_lost_nodes.py", "us-east-1"]
        environment = {**os.environ, **self.environment, **path}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        deleted = self.directory / "deleted"
        return ended, deleted.read_text().splitlines() if deleted.exists() else []


@pytest.fixture
def fleet(tmp_path: Path, s3: dict[str, str]) -> Fleet:
    made = Fleet(tmp_path, s3, [])
    image = made.ec2.describe_images()["Images"][0]["ImageId"]
    run = made.ec2.run_instances(ImageId=image, MinCount=3, MaxCount=3)
    made.instances += [each["InstanceId"] for each in run["Instances"]]
    return made


@pytest.mark.engine
def test_the_node_of_a_machine_that_is_no_more_is_deleted_and_no_other(fleet: Fleet) -> None:
    fleet.ec2.terminate_instances(InstanceIds=fleet.instances[1:2])
    # It may be started again.
    fleet.ec2.stop_instances(InstanceIds=fleet.instances[2:])
    ended, deleted = fleet.remove_lost()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert deleted == ["delete node node-1 --ignore-not-found"]
    assert ended.stdout == f"node-1: {fleet.instances[1]} is no more\n"


@pytest.mark.engine
def test_the_node_of_a_machine_that_ec2_never_heard_of_is_deleted(fleet: Fleet) -> None:
    fleet.instances[0] = "i-0123456789abcdef0"
    assert fleet.remove_lost()[1] == ["delete node node-0 --ignore-not-found"]


@pytest.mark.engine
def test_no_node_is_deleted_where_every_machine_is_there(fleet: Fleet) -> None:
    ended, deleted = fleet.remove_lost()
    assert (ended.returncode, deleted) == (0, [])


@pytest.mark.engine
def test_no_node_is_deleted_where_ec2_knows_none_of_the_machines(fleet: Fleet) -> None:
    fleet.ec2.terminate_instances(InstanceIds=fleet.instances)
    ended, deleted = fleet.remove_lost()
    assert ended.returncode
    assert "not to be trusted" in ended.stderr
    assert deleted == []


# etcd


@contextmanager
def etcd(data: Path) -> Iterator[str]:
    """Run etcd on a directory; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    urls = [f"--listen-client-urls={address}", f"--advertise-client-urls={address}"]
    peers = ["--listen-peer-urls=http://127.0.0.1:0", "--log-level=error"]
    process = subprocess.Popen([ensure("etcd"), f"--data-dir={data}", f"--name={socket.gethostname()}", *urls, *peers])
    try:
        deadline = time.monotonic() + 30
        while subprocess.run(
            [ensure("etcdctl"), f"--endpoints={address}", "endpoint", "health"], capture_output=True, check=False
        ).returncode:
            assert time.monotonic() < deadline
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def s3() -> Iterator[dict[str, str]]:
    """The environment in which boto3 finds an S3 that has the bucket `etcd-bucket`."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "REGION": "us-east-1",
    }
    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket="etcd-bucket")
    yield environment
    requests.post(f"{environment['AWS_ENDPOINT_URL']}/moto-api/reset", timeout=10)
    server.stop()


def machine(directory: Path, environment: dict[str, str], *, etcd_at: str = "") -> dict[str, str]:
    """Return the environment of a machine whose containers are programs of this one."""
    ours, programs = directory / "groundwork", directory / "bin"
    ours.mkdir()
    programs.mkdir()
    for script in ("lib.sh", "restore_etcd.sh"):
        (ours / script).symlink_to(HERE / script)
    scripts = {
        ours / "etcd_snapshot.py": f'exec {sys.executable} {HERE / "etcd_snapshot.py"} "$@"',
        # crictl ps …, crictl exec ID COMMAND… without etcd's certificates, which this one has not.
        programs / "crictl": f"""
            if [[ $1 == ps ]]; then echo an-id; exit; fi
            shift 2; tool=$1; shift
            for flag; do
              shift
              case $flag in --cacert=* | --cert=* | --key=*) ;; *) set -- "$@" "$flag" ;; esac
            done
            ETCDCTL_ENDPOINTS={etcd_at} exec $tool "$@" """,
        # ctr … images pull IMAGE, ctr … run … IMAGE NAME COMMAND…
        programs / "ctr": """
            while [[ $1 != images && $1 != groundwork-restore ]]; do shift; done
            if [[ $1 == groundwork-restore ]]; then shift; exec "$@"; fi""",
        programs / "kubeadm": "echo registry.k8s.io/etcd:3.6.5-0",
        # The address of the machine, from its metadata.
        programs / "curl": "echo 127.0.0.1",
    }
    for path, text in scripts.items():
        path.write_text(f"#!/bin/bash\n{textwrap.dedent(text)}\n")
        path.chmod(0o755)
    for tool in ("etcdctl", "etcdutl"):
        (programs / tool).symlink_to(ensure(tool))
    data = {"ETCD_DATA": str(directory / "etcd"), "GROUNDWORK": str(ours)}
    return {**os.environ, **environment, **data, "PATH": f"{programs}:{os.environ['PATH']}"}


@pytest.mark.engine
def test_what_etcd_held_is_there_again_on_a_machine_that_has_nothing(tmp_path: Path, s3: dict[str, str]) -> None:
    lost, found = tmp_path / "lost", tmp_path / "found"
    for directory in (lost, found):
        directory.mkdir()
    with etcd(lost / "etcd") as address:
        on_lost = machine(lost, s3, etcd_at=address)
        newest = [lost / "groundwork/etcd_snapshot.py", "newest", "etcd-bucket"]
        assert subprocess.run(newest, check=False, env=on_lost).returncode == 3
        for value in ("before", "after"):
            subprocess.run([ensure("etcdctl"), f"--endpoints={address}", "put", "/registry/a", value], check=True)
            subprocess.run([lost / "groundwork/etcd_snapshot.py", "save", "etcd-bucket"], check=True, env=on_lost)
            time.sleep(1.1)  # Snapshots are named by the second.
        assert subprocess.run(newest, check=False, env=on_lost).returncode == 0
    on_found = machine(found, s3)
    restore = [found / "groundwork/restore_etcd.sh", "etcd-bucket", "kubeadm.yaml"]
    subprocess.run(restore, check=True, env=on_found)
    with etcd(found / "etcd") as address:
        got = [ensure("etcdctl"), f"--endpoints={address}", "get", "/registry/a", "--print-value-only"]
        assert subprocess.check_output(got, text=True) == "after\n"
    assert sorted(each.name for each in found.iterdir()) == ["bin", "etcd", "groundwork"]


@pytest.mark.engine
def test_without_a_snapshot_the_cluster_is_a_new_one(tmp_path: Path, s3: dict[str, str]) -> None:
    environment = machine(tmp_path, s3)
    subprocess.run(
        [tmp_path / "groundwork/restore_etcd.sh", "etcd-bucket", "kubeadm.yaml"], check=True, env=environment
    )
    assert not list(tmp_path.glob("etcd*"))


@pytest.mark.engine
def test_data_that_is_there_is_not_touched(tmp_path: Path, s3: dict[str, str]) -> None:
    (tmp_path / "etcd/member").mkdir(parents=True)
    subprocess.run([HERE / "restore_etcd.sh", "no-such-bucket", "kubeadm.yaml"], check=True, env=machine(tmp_path, s3))
