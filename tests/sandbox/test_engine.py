"""The sandbox under the real engine, as its command line is used."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.engine


def test_up_then_preview_then_destroy(toy):
    shown = toy("up", "dev").stdout
    assert "http://web.local" in shown
    assert "[secret]" in shown
    assert "3 resources" in shown
    assert "No changes" in toy("preview", "dev").stdout
    assert "unchanged" in toy("up", "dev").stdout
    again = toy("show", "dev").stdout
    assert "http://web.local" in again
    assert "[secret]" in again
    toy("refresh", "dev")
    assert "No changes" in toy("preview", "dev").stdout
    assert "Nothing is left" in toy("destroy", "dev").stdout
    assert "Nothing is up" in toy("show", "dev", code=1).stderr
    assert toy.resources() == {}


def test_what_a_cluster_does_not_keep_shows_in_every_preview(toy):
    toy.program(
        "import pulumi, pulumi_kubernetes as kubernetes\n"
        "names = {'plural': 'toys', 'singular': 'toy', 'kind': 'Toy'}\n"
        "schema = {'open_api_v3_schema': {'type': 'object', 'x_kubernetes_preserve_unknown_fields': True}}\n"
        "versions = [{'name': 'v1', 'served': True, 'storage': True, 'schema': schema}]\n"
        "crd = kubernetes.apiextensions.v1.CustomResourceDefinition('crd', metadata={'name': 'toys.example.com'},\n"
        "    spec={'group': 'example.com', 'scope': 'Namespaced', 'names': names, 'versions': versions})\n"
        "labels = pulumi.Config().get_object('labels')\n"
        "kubernetes.apiextensions.CustomResource('toy', api_version='example.com/v1', kind='Toy',\n"
        "    metadata={'name': 'toy', 'labels': labels}, opts=pulumi.ResourceOptions(depends_on=[crd]))\n"
    )
    toy.configure(labels={})
    toy("up", "dev")
    assert "1 to update" in toy("preview", "dev").stdout
    toy.configure(labels={"a": "b"})
    toy("up", "dev")
    assert "No changes" in toy("preview", "dev").stdout


def test_export_is_json_and_nothing_else_and_has_no_secret_in_clear(toy):
    toy("up", "dev")
    exported = toy("export", "dev").stdout
    assert json.loads(exported)["version"] == 3
    assert "plaintext" not in exported
    result = toy.resources()["password"]["outputs"]["result"]
    assert result.keys() == {"4dabf18193072939515e22adb298388d", "ciphertext"}


def test_a_changed_value_replaces_only_what_has_it(toy):
    toy("up", "dev")
    before = toy.resources()
    toy.configure(length=20)
    preview = toy("preview", "dev").stdout
    assert "No changes" not in preview
    assert "length: 12 => 20" in preview
    toy("up", "dev")
    after = toy.resources()
    same = {name for name in after if before[name].get("created") == after[name].get("created")}
    assert same == {"key", "pet", "toy-dev", *(name for name in after if name.startswith("default"))}


def test_the_checkout_is_not_dirtied(toy):
    files = {path: path.read_bytes() for path in toy.directory.glob("*.*") if path.is_file()}
    toy("up", "dev")
    assert {path: path.read_bytes() for path in files} == files
    assert {path.name for path in toy.directory.iterdir() if path.is_file()} == {path.name for path in files}


def test_a_program_that_refuses_its_stack_file_shows_its_message_and_creates_nothing(toy):
    toy.program(
        "import pulumi, pulumi_random\n"
        "class Refusal(pulumi.RunError): pass\n"
        "raise Refusal('Pulumi.dev.yaml has 1 mistake:\\n  network.cidr: 10/8 is not a CIDR')\n"
        "pulumi_random.RandomPet('never')\n"
    )
    shown = toy("up", "dev", code=1)
    text = shown.stdout + shown.stderr
    assert "network.cidr: 10/8 is not a CIDR" in text
    shown = toy("preview", "dev", code=1)
    assert (shown.stdout + shown.stderr).count("network.cidr: 10/8 is not a CIDR") == 1
    assert "Traceback" not in text
    assert "never" not in toy.resources()


def test_a_preview_as_json_is_one_document_and_nothing_else(toy):
    document = json.loads(toy("preview", "dev", "--json").stdout)
    assert {step["urn"].rpartition("::")[2] for step in document["steps"]} >= {"password", "key", "pet"}


def test_a_preview_as_json_that_fails_says_why_once_and_still_is_a_document(toy):
    toy.program(
        "import pulumi\n"
        "class Refusal(pulumi.RunError): pass\n"
        "raise Refusal('Pulumi.dev.yaml has 1 mistake:\\n  network.cidr: 10/8 is not a CIDR')\n"
    )
    shown = toy("preview", "dev", "--json", code=1)
    assert shown.stderr.count("network.cidr: 10/8 is not a CIDR") == 1
    assert [each["severity"] for each in json.loads(shown.stdout)["diagnostics"]].count("error") >= 1


def test_what_came_up_is_not_broken_into_lines_where_nobody_looks(toy):
    host = f"{'a-long-name.' * 9}example.com:5432"
    toy.program(f"import pulumi\npulumi.export('endpoints', [{{'name': 'postgres', 'url': '{host}'}}])\n")
    assert host in toy("up", "dev").stdout


def test_an_unknown_resource_type_fails_with_its_name(toy):
    toy.program(
        "import pulumi\n"
        "class Odd(pulumi.CustomResource):\n"
        "    def __init__(self): super().__init__('random:index/randomOdd:RandomOdd', 'odd', {})\n"
        "Odd()\n"
    )
    shown = toy("up", "dev", code=1).stdout
    assert "random:index/randomOdd:RandomOdd" in shown


def test_a_fault_fails_the_up_and_the_next_completes(toy):
    toy.environment["GROUNDWORK_FAULTS"] = json.dumps({"random:index/randomPet:RandomPet": {"fail": "out of pets"}})
    assert "out of pets" in toy("up", "dev", code=1).stdout
    del toy.environment["GROUNDWORK_FAULTS"]
    toy("up", "dev")
    assert "pet" in toy.resources()


def test_commands_run_among_emulated_tools_only(toy):
    (toy.directory / "k3d.yaml").write_text(
        "apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: {name: dev}\nservers: 1\nagents: 2\n"
    )
    toy.program(
        "import pulumi, pulumi_command as command\n"
        "secret = pulumi.Output.secret('hush')\n"
        "cluster = command.local.Command('cluster', create='k3d cluster create --config k3d.yaml && '\n"
        "    'k3d kubeconfig get dev && curl -sk https://0.0.0.0:6550/readyz', delete='k3d cluster delete dev')\n"
        "spread = command.local.Command('spread', create='printf $WORD', environment={'WORD': secret})\n"
        "refused = command.local.Command('refused', create='docker ps || kubectl get nodes || aws s3 ls || true')\n"
    )
    toy("up", "dev")
    made = toy.resources()
    assert yaml.safe_load(made["cluster"]["outputs"]["stdout"].removesuffix("ok"))["current-context"] == "k3d-dev"
    assert made["cluster"]["outputs"]["stdout"].endswith("ok")
    assert "ciphertext" in made["spread"]["outputs"]["stdout"]
    assert made["refused"]["outputs"]["stderr"].count("nothing real is touched") == 3
    assert len(list(toy.sandbox.glob("account/k3d/*.json"))) == 1
    assert "Nothing is left" in toy("destroy", "dev").stdout
    assert not list(toy.sandbox.glob("account/k3d/*.json"))


def test_protected_resources_are_refused_by_destroy(toy):
    toy.program(
        "import pulumi, pulumi_random as random\nrandom.RandomPet('kept', opts=pulumi.ResourceOptions(protect=True))\n"
    )
    toy("up", "dev")
    shown = toy("destroy", "dev", code=1)
    assert "protected" in shown.stdout + shown.stderr
    assert "kept" in toy.resources()


SWITCH = "name: toy\nruntime: python\nconfig: {protect: {type: boolean, default: false}}\n"
KEEPING = """
import pulumi, pulumi_random as random
kept = pulumi.ResourceOptions(protect=pulumi.Config().get_bool("protect"))
random.RandomPet("kept", opts=kept)
"""


def test_destroy_takes_protection_off_first_where_the_project_has_a_switch_for_it(toy):
    (toy.directory / "Pulumi.yaml").write_text(SWITCH)
    toy.program(KEEPING)
    toy.configure(protect=True)
    toy("up", "dev")
    assert toy.resources()["kept"]["protect"] is True
    file = (toy.directory / "Pulumi.dev.yaml").read_text()
    refused = toy("destroy", "--preview-only", "dev", code=1)
    assert "protected" in refused.stdout + refused.stderr
    said = toy("destroy", "dev").stdout
    assert "1 resource is protected: first `up` with toy:protect false, which takes that off, then the destroy." in said
    assert "Nothing is left" in said
    assert toy.resources() == {}
    assert (toy.directory / "Pulumi.dev.yaml").read_text() == file
    toy("up", "dev")
    assert toy.resources()["kept"]["protect"] is True


def test_destroy_of_what_is_not_protected_runs_no_up(toy):
    (toy.directory / "Pulumi.yaml").write_text(SWITCH)
    toy.program(KEEPING)
    toy("up", "dev")
    toy.program("raise SystemExit('an up was run')")
    assert "Nothing is left" in toy("destroy", "dev").stdout


def test_destroy_preview_only_deletes_nothing(toy):
    toy("up", "dev")
    assert "to delete" in toy("destroy", "--preview-only", "dev").stdout
    assert "pet" in toy.resources()


def test_something_is_said_while_nothing_happens(toy):
    toy.environment["GROUNDWORK_FAULTS"] = json.dumps({"random:index/randomPet:RandomPet": {"delay": 12}})
    assert "still at it" in toy("up", "dev").stdout


def test_serve_prints_what_attaches_a_plain_engine(toy):
    process = toy.start("serve", "--only", "random,tls")
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(3)]
    assert re.match(r"export PULUMI_DEBUG_PROVIDERS='random:\d+,tls:\d+'", lines[0])
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION='true'" in lines[1]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0


def _killed(toy, delayed: str, *, group: bool) -> str:
    """Kill an `up` while `delayed` is being created; return what the state then lists as begun."""
    toy.environment["GROUNDWORK_FAULTS"] = json.dumps({delayed: {"delay": 60}})
    process = toy.start("up", "dev", start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if toy.checkpoint.exists() and delayed in json.dumps(
            json.loads(toy.checkpoint.read_text())["checkpoint"].get("latest", {}).get("pending_operations", [])
        ):
            break
        time.sleep(0.05)
    else:
        pytest.fail("the creation never began")
    if group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    del toy.environment["GROUNDWORK_FAULTS"]
    return delayed


@pytest.mark.parametrize("group", [False, True], ids=["command", "command-and-engine"])
def test_up_completes_after_a_killed_one(toy, group):
    _killed(toy, "random:index/randomPet:RandomPet", group=group)
    shown = toy("up", "dev")
    assert "was killed" in shown.stderr
    assert toy.resources().keys() >= {"password", "key", "pet"}
    assert "No changes" in toy("preview", "dev").stdout
    assert "Nothing is left" in toy("destroy", "dev").stdout


def test_an_up_goes_on_after_the_backend_was_killed_while_it_wrote(toy):
    toy("up", "dev")
    toy.checkpoint.with_name("dev.json.attrs").write_text("")
    toy("up", "dev")
    assert "No changes" in toy("preview", "dev").stdout


def test_what_the_engine_cannot_open_is_told(toy):
    toy("up", "dev")
    toy.checkpoint.write_text(json.dumps(json.loads(toy.checkpoint.read_text()) | {"version": 99}))
    assert "error: " in toy("preview", "dev", code=1).stderr


def test_what_a_killed_up_created_without_saying_so_is_not_in_the_way(toy):
    """A cluster is made, but the step that says so is never written: the next `up` makes it again."""
    (toy.directory / "k3d.yaml").write_text("apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: {name: dev}\n")
    toy.program(
        "import pulumi_command as command\n"
        "command.local.Command('cluster', create='k3d cluster create --config k3d.yaml',\n"
        "    delete='k3d cluster delete dev')\n"
    )
    toy("up", "dev")
    state = json.loads(toy.checkpoint.read_text())
    state["checkpoint"]["latest"]["resources"] = [
        resource for resource in state["checkpoint"]["latest"]["resources"] if "Command" not in resource["type"]
    ]
    toy.checkpoint.write_text(json.dumps(state))
    toy("up", "dev")
    assert "cluster" in toy.resources()
    assert "No changes" in toy("preview", "dev").stdout


def test_what_the_account_lost_is_made_again(toy):
    """The account's file is gone, or older than the state: the state follows the account."""
    toy("up", "dev")
    Path(toy.sandbox / "account.pickle").unlink()
    shown = toy("up", "dev")
    assert "The account lacks 3 things" in shown.stderr
    assert "The account lacks" not in toy("up", "dev").stderr


def test_a_stack_that_another_run_works_on_is_refused(toy):
    toy.environment["GROUNDWORK_FAULTS"] = json.dumps({"random:index/randomPet:RandomPet": {"delay": 60}})
    first = toy.start("up", "dev", start_new_session=True)
    try:
        while not (toy.sandbox / "lock").exists() or not (toy.sandbox / "lock").read_text():
            time.sleep(0.05)
        refused = toy("up", "dev", code=1)
        assert f"process {first.pid}" in refused.stderr
        assert f"kill {first.pid}" in refused.stderr
    finally:
        first.kill()
        first.wait()


def test_no_network_is_needed_once_the_tools_are_there(toy):
    can_unshare = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    if not can_unshare:
        pytest.skip("this kernel gives no namespace without a network")
    process = toy.start("doctor")
    process.communicate(timeout=60)
    done = subprocess.run(
        ["unshare", "-rn", "sh", "-c", f"ip link set lo up; exec {_command(toy)}"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _command(toy) -> str:
    return f"{sys.executable} -m sandbox -C {toy.directory} up dev"
