"""A kubeadm cluster: machines that join by themselves, by secrets that no machine's user data holds."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import which
from string import Template
from typing import Any

import boto3
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto import mock_aws
from pulumi.runtime import MockResourceArgs, mocks
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from components.cluster import cloud_init
from components.cluster.certificates import public_key_pin
from sandbox.mocks import EmulatedMocks
from spec.cluster import KubeadmCluster
from spec.load import ROOT, from_file, stack_file
from spec.platform import Platform
from stacks.aws import aws_ground
from tests.recorder import run_under
from tools import ensure

pytestmark = pytest.mark.engine

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
USER_DATA_BYTES = 16 * 1024

INSTANCE = "aws:ec2/instance:Instance"
ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


def plain(value: Any) -> Any:
    return unwrap_rpc_secret(value) if is_rpc_secret(value) else value


def emulated(spec: Platform) -> EmulatedMocks:
    """Make what a stack stands on in an emulated account."""
    emulated = EmulatedMocks()

    def program() -> None:
        from components.charts import Charts

        aws_ground(spec, Charts())

    run_under(mocks.MockMonitor(emulated), program)
    return emulated


@pytest.fixture(scope="module")
def made() -> list[MockResourceArgs]:
    """What the fourteen machines' stack registers."""
    return emulated(from_file(stack_file("sesacthon"))).registered


def of(made: list[MockResourceArgs], type: str) -> dict[str, dict[str, Any]]:
    return {each.name: {key: plain(value) for key, value in each.inputs.items()} for each in made if each.typ == type}


def user_data(machine: dict[str, Any]) -> str:
    return gzip.decompress(base64.b64decode(machine["userDataBase64"])).decode()


def test_there_are_fourteen_machines_of_the_types_in_the_file(made: list[MockResourceArgs]) -> None:
    types = sorted(machine["instanceType"] for machine in of(made, INSTANCE).values())
    assert types == ["t3.large"] + ["t3.micro"] * 6 + ["t3.small"] * 7


def test_a_machine_has_an_image_of_its_architecture() -> None:
    spec = from_file(stack_file("sesacthon")).model_copy(deep=True)
    spec.node_pools[2].instance_types[0] = "t4g.small"
    made = of(emulated(spec).registered, INSTANCE)
    images = {name: machine["ami"] for name, machine in made.items()}
    graviton = images.pop("sesacthon-scan-0")
    ec2 = boto3.client("ec2", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with mock_aws():
        known = ec2.describe_images(ImageIds=[graviton, *set(images.values())])["Images"]
    architectures = {each["ImageId"]: each["Architecture"] for each in known}
    assert architectures.pop(graviton) == "arm64"
    assert set(architectures.values()) == {"x86_64"}


def test_machines_want_a_token_for_their_metadata_and_encrypt_their_disks(made: list[MockResourceArgs]) -> None:
    for machine in of(made, INSTANCE).values():
        assert machine["metadataOptions"]["httpTokens"] == "required"
        assert machine["rootBlockDevice"]["encrypted"] is True
        assert machine["rootBlockDevice"]["volumeType"] == "gp3"


def test_a_machine_tags_its_own_disk_and_no_volume_that_is_attached_to_it_later(made: list[MockResourceArgs]) -> None:
    for name, machine in of(made, INSTANCE).items():
        assert "volumeTags" not in machine
        assert machine["rootBlockDevice"]["tags"] == {"Name": name}


def test_user_data_is_small_cloud_config(made: list[MockResourceArgs]) -> None:
    for machine in of(made, INSTANCE).values():
        text = user_data(machine)
        assert text.startswith("#cloud-config\n")
        assert yaml.safe_load(text)["runcmd"]
        assert len(base64.b64decode(machine["userDataBase64"])) < USER_DATA_BYTES


def test_user_data_holds_no_secret(made: list[MockResourceArgs]) -> None:
    secrets = [each["secretString"] for each in of(made, SECRET_VERSION).values()]
    assert len(secrets) == 2
    values = [value for secret in secrets for value in yaml.safe_load(secret).values()]
    public = ("ca-cert-hash",)
    hidden = [v for secret in secrets for k, v in yaml.safe_load(secret).items() if not k.endswith((*public, ".crt"))]
    assert values
    assert hidden
    for machine in of(made, INSTANCE).values():
        text = user_data(machine)
        assert "PRIVATE KEY" not in text
        assert not any(value.strip() in text for value in hidden)


def test_only_the_control_plane_may_read_the_authorities_keys(made: list[MockResourceArgs]) -> None:
    readable = {name: each["secretString"] for name, each in of(made, SECRET_VERSION).items()}
    with_keys = [name for name, content in readable.items() if "PRIVATE KEY" in content]
    assert with_keys == ["sesacthon-control-plane"]


def test_the_pin_is_the_digest_of_the_authoritys_public_key(made: list[MockResourceArgs]) -> None:
    join = next(yaml.safe_load(v["secretString"]) for n, v in of(made, SECRET_VERSION).items() if n.endswith("join"))
    control = next(
        yaml.safe_load(v["secretString"]) for n, v in of(made, SECRET_VERSION).items() if n.endswith("control-plane")
    )
    key = x509.load_pem_x509_certificate(control["pki/ca.crt"].encode()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert join["ca-cert-hash"].strip() == f"sha256:{hashlib.sha256(der).hexdigest()}"
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert public_key_pin(pem) == join["ca-cert-hash"].strip()


def test_the_token_has_the_form_of_a_bootstrap_token(made: list[MockResourceArgs]) -> None:
    join = next(yaml.safe_load(v["secretString"]) for n, v in of(made, SECRET_VERSION).items() if n.endswith("join"))
    assert re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}", join["token"].strip())


def test_kubeadm_files_have_the_current_api_version(made: list[MockResourceArgs]) -> None:
    versions = set()
    for machine in of(made, INSTANCE).values():
        for file in yaml.safe_load(user_data(machine))["write_files"]:
            versions |= set(re.findall(r"^apiVersion: (kubeadm\S+)", file["content"], re.MULTILINE))
    assert versions == {"kubeadm.k8s.io/v1beta4"}


def test_shellcheck_has_nothing_to_say_of_the_scripts() -> None:
    scripts = [*Path(cloud_init.__file__).parent.glob("*.sh"), Path(cloud_init.__file__).parents[1] / "wait_for_api.sh"]
    shellcheck = Path(sys.executable).with_name("shellcheck")
    checked = subprocess.run(
        [shellcheck, "--shell=bash", "--external-sources", f"--source-path={ROOT}", *scripts],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""


def machine_files(machine: dict[str, Any]) -> dict[str, str]:
    """The files that a machine boots with, by name."""
    return {Path(each["path"]).name: each["content"] for each in yaml.safe_load(user_data(machine))["write_files"]}


def settings_of(machine: dict[str, Any]) -> dict[str, str]:
    """What a machine's scripts are told."""
    return dict(line.split("=", 1) for line in shlex.split(machine_files(machine)["machine.env"]))


def test_every_machine_joins_with_labels_of_one_scheme_and_a_taint_where_it_is_kept_for_one(
    made: list[MockResourceArgs],
) -> None:
    told = {name: settings_of(machine) for name, machine in of(made, INSTANCE).items()}
    labels = {name: dict(each.split("=") for each in given["NODE_LABELS"].split(",")) for name, given in told.items()}
    assert {frozenset(each) for each in labels.values()} == {
        frozenset({"groundwork/pool", "role", "service", "tier", "phase"})
    }
    taints = {name: json.loads(given["TAINTS"]) for name, given in told.items()}
    assert taints["sesacthon-redis-0"] == [{"key": "role", "value": "infra", "effect": "NoSchedule"}]
    assert {name for name, given in taints.items() if not given} == {
        f"sesacthon-{pool}-0" for pool in ("scan", "chat", "storage", "ai")
    }


def kubeadm_validates(machine: dict[str, Any], file: str, directory: Path) -> dict[str, Any]:
    """Have kubeadm look at a configuration as the machine fills it in; return its first document."""
    fetched = {"TOKEN": "abcdef.0123456789abcdef", "CA_CERT_HASH": f"sha256:{'0' * 64}", "PROVIDER_ID": "aws:///a/i-1"}
    text = Template(machine_files(machine)[file]).substitute(settings_of(machine) | fetched)
    (directory / file).write_text(text)
    command = [ensure("kubeadm"), "config", "validate", "--config", directory / file]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    return next(yaml.safe_load_all(text))


@pytest.mark.parametrize(("machine", "file"), [("control-plane-0", "init.yaml"), ("auth-0", "join.yaml")])
def test_kubeadm_takes_its_configuration(made: list[MockResourceArgs], tmp_path: Path, machine: str, file: str) -> None:
    assert kubeadm_validates(of(made, INSTANCE)[f"sesacthon-{machine}"], file, tmp_path)


def test_of_three_machines_of_the_control_plane_one_founds_and_all_are_behind_its_load_balancers(
    tmp_path: Path,
) -> None:
    spec = from_file(stack_file("sesacthon"))
    assert isinstance(spec.cluster, KubeadmCluster)
    control_plane = spec.cluster.control_plane.model_copy(update={"count": 3})
    cluster = spec.cluster.model_copy(update={"control_plane": control_plane})
    made = emulated(spec.model_copy(update={"cluster": cluster})).registered
    names = [f"control-plane-{position}" for position in range(3)]
    machines = [of(made, INSTANCE)[f"sesacthon-{name}"] for name in names]
    assert [settings_of(each)["ROLE"] for each in machines] == ["first", "control-plane", "control-plane"]
    assert {settings_of(each)["CONTROL_PLANE_MACHINES"] for each in machines} == {"3"}
    assert len({each["subnetId"] for each in machines}) == 2  # the zones of the stack, in turn
    balancers = [name for name, each in of(made, BALANCER).items() if each["loadBalancerType"] == "network"]
    assert len(balancers) == 2
    attached = {name for name in of(made, ATTACHMENT) if name.rpartition("-control-plane-")[1]}
    assert attached == {f"{balancer}-{name}" for balancer in balancers for name in names}
    for machine in machines:
        joining = kubeadm_validates(machine, "join.yaml", tmp_path)
        # A worker's is null: with an endpoint, kubeadm makes a member of the control plane.
        assert joining["controlPlane"] == {"localAPIEndpoint": {"bindPort": 6443}}


@pytest.mark.skipif(not which("cloud-init"), reason="cloud-init, of Linux distributions alone, is not on the PATH")
@pytest.mark.parametrize("machine", ["control-plane-0", "auth-0"])
def test_cloud_init_takes_the_user_data(made: list[MockResourceArgs], tmp_path: Path, machine: str) -> None:
    config = tmp_path / "user-data"
    config.write_text(user_data(of(made, INSTANCE)[f"sesacthon-{machine}"]))
    command = ["cloud-init", "schema", "--config-file", config]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_port_whose_metrics_nobody_reads_is_not_open(made: list[MockResourceArgs]) -> None:
    # kube-proxy keeps its own to the machine's loopback unless it is told otherwise.
    assert 10249 not in {each["fromPort"] for each in of(made, INGRESS_RULE).values()}
    assert not any("metricsBindAddress" in user_data(machine) for machine in of(made, INSTANCE).values())


def test_no_machine_has_an_address_of_its_own_on_the_internet(made: list[MockResourceArgs]) -> None:
    assert not any(machine.get("associatePublicIpAddress") for machine in of(made, INSTANCE).values())


def test_every_setting_that_a_unit_hands_over_is_one_that_the_machine_has(made: list[MockResourceArgs]) -> None:
    for machine in of(made, INSTANCE).values():
        files = machine_files(machine)
        settings = {line.split("=", 1)[0] for line in shlex.split(files["machine.env"])}
        units = [content for name, content in files.items() if name.endswith(".service")]
        assert units
        asked = {name for unit in units for name in re.findall(r"\$\{(\w+)\}", unit)}
        assert asked <= settings
        run = {Path(path).name for unit in units for path in re.findall(r"^ExecStart=(\S+)", unit, re.MULTILINE)}
        assert run <= files.keys()
