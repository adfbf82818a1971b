"""Members of etcd whose machine is no more, on a real etcd of three and an emulated EC2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from components.cluster import cloud_init
from tools import ensure

pytestmark = pytest.mark.engine

SCRIPT = Path(cloud_init.__file__).with_name("remove_lost_members.py")
REGION = "us-east-1"


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


class Machines:
    """Three machines of a control plane: an instance each, and a member of etcd at its address, all on this one."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        self._directory = directory
        self._environment = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        self._ec2 = boto3.client(
            "ec2", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        )
        # An address is another machine's in another network.
        self.network, elsewhere = self._network(), self._network()
        self.addresses = [f"127.0.{os.getpid() % 250}.{last}" for last in (11, 12, 13)]
        for address in self.addresses:
            self._instance(elsewhere[1], address)
        self._instances = {address: self._instance(self.network[1], address) for address in self.addresses}
        self._etcds = {address: self._etcd(address, self.addresses, "new") for address in self.addresses}
        wait_until(lambda: self.etcdctl("endpoint", "health", "--cluster").returncode == 0)

    def _network(self) -> tuple[str, str]:
        vpc = self._ec2.create_vpc(CidrBlock="127.0.0.0/16")["Vpc"]["VpcId"]
        return vpc, self._ec2.create_subnet(VpcId=vpc, CidrBlock="127.0.0.0/16")["Subnet"]["SubnetId"]

    def _instance(self, subnet: str, address: str) -> str:
        image = self._ec2.describe_images()["Images"][0]["ImageId"]
        made = self._ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress=address)
        return made["Instances"][0]["InstanceId"]

    def _etcd(self, address: str, members: list[str], state: str) -> subprocess.Popen[bytes]:
        peer, client = f"http://{address}:23800", f"http://{address}:23790"
        return subprocess.Popen(
            [
                ensure("etcd"),
                f"--name={address}",
                f"--data-dir={self._directory / address}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--initial-cluster={','.join(f'{each}=http://{each}:23800' for each in members)}",
                f"--initial-cluster-state={state}",
                "--log-level=error",
            ]
        )

    def etcdctl(self, *arguments: str, at: int = 0) -> subprocess.CompletedProcess[str]:
        command = [ensure("etcdctl"), f"--endpoints=http://{self.addresses[at]}:23790", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def members(self) -> set[str]:
        listed = json.loads(self.etcdctl("member", "list", "--write-out=json").stdout)["members"]
        return {each["peerURLs"][0].split("/")[2].split(":")[0] for each in listed}

    def dies(self, number: int) -> None:
        """Its etcd answers no more; its instance is there still."""
        process = self._etcds.pop(self.addresses[number])
        process.kill()
        process.wait()

    def terminate(self, number: int) -> None:
        self._ec2.terminate_instances(InstanceIds=[self._instances[self.addresses[number]]])

    def succeed(self, number: int) -> None:
        """Another machine joins, as kubeadm has it: a member more, which is started then."""
        address = self.addresses[number].rpartition(".")[0] + ".21"
        add = ("member", "add", address, f"--peer-urls=http://{address}:23800")
        # etcd wants all its members to have known each other for five seconds.
        wait_until(lambda: self.etcdctl(*add).returncode == 0)
        others = [each for position, each in enumerate(self.addresses) if position != number]
        self._etcds[address] = self._etcd(address, [*others, address], "existing")

    def run_on_the_first(self) -> subprocess.CompletedProcess[str]:
        """Run the script with a crictl that finds the machine's etcd."""
        programs = self._directory / "bin"
        programs.mkdir(exist_ok=True)
        crictl = programs / "crictl"
        crictl.write_text(
            textwrap.dedent(f"""\
                #!/bin/bash
                if [[ $1 == ps ]]; then echo an-id; exit; fi
                shift 3
                for flag; do
                  shift
                  case $flag in --cacert=* | --cert=* | --key=*) ;; *) set -- "$@" "$flag" ;; esac
                done
                exec {ensure("etcdctl")} --endpoints=http://{self.addresses[0]}:23790 "$@"
                """)
        )
        crictl.chmod(0o755)
        environment = {**os.environ, **self._environment, "PATH": f"{programs}:{os.environ['PATH']}"}
        command = [sys.executable, SCRIPT, REGION, self.network[0]]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def stop(self) -> None:
        for process in self._etcds.values():
            process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port()).replace("0.0.0.0", "127.0.0.1")
    made = Machines(tmp_path, endpoint)
    yield made
    made.stop()
    requests.post(f"{endpoint}/moto-api/reset", timeout=10)
    server.stop()


def test_the_member_of_a_machine_that_is_no_more_goes_and_its_successor_joins(machines: Machines) -> None:
    machines.dies(2)
    machines.terminate(2)
    done = machines.run_on_the_first()
    assert done.returncode == 0, done.stderr
    assert machines.members() == set(machines.addresses[:2])
    machines.succeed(2)
    # What kubeadm asks of every member before a machine joins.
    wait_until(lambda: machines.etcdctl("endpoint", "health", "--cluster").returncode == 0)
    assert len(machines.members()) == 3


def test_a_member_that_is_silent_stays_as_long_as_there_is_its_machine(machines: Machines) -> None:
    machines.dies(2)
    assert machines.run_on_the_first().returncode == 0
    assert machines.members() == set(machines.addresses)


def test_nothing_is_removed_where_most_machines_are_no_more(machines: Machines) -> None:
    # Their etcds run on: it is EC2's answer that is not to be trusted.
    machines.terminate(1)
    machines.terminate(2)
    done = machines.run_on_the_first()
    assert done.returncode
    assert "majority" in done.stderr
    assert machines.members() == set(machines.addresses)


def test_nothing_is_removed_where_all_is_well(machines: Machines) -> None:
    assert machines.run_on_the_first().returncode == 0
    assert machines.members() == set(machines.addresses)
