"""Bad input to the sandbox's command line: each is answered by what is wrong and what to do, before any engine."""

from __future__ import annotations

import json
import os

import pytest

pytestmark = pytest.mark.engine


def test_an_unknown_stack_lists_those_there_are(toy):
    said = toy("preview", "dve", code=1).stderr
    assert "did you mean dev?" in said
    assert "Stacks: dev, prod" in said


def test_an_unknown_command_is_refused_with_those_there_are(toy):
    assert "preview" in toy("previw", "dev", code=2).stderr


@pytest.mark.parametrize(
    "command", ["up", "show", "preview", "refresh", "destroy", "export", "manifests", "serve", "doctor"]
)
def test_every_command_explains_itself(toy, command):
    assert f"sandbox {command}" in toy(command, "--help").stdout


def test_an_engine_that_cannot_be_had_names_the_three_ways(toy):
    toy.environment |= {
        "PATH": "/nonexistent",
        "GROUNDWORK_CACHE": str(toy.directory / "cache"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    said = toy("up", "dev", code=1).stderr
    assert "pulumi" in said
    assert "PATH" in said
    assert "download" in said
    assert "Go" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 3}', '{"version": 3, "checkpoint": null}'])
@pytest.mark.parametrize("command", ["up", "show", "preview", "refresh", "destroy", "export"])
def test_a_corrupt_state_is_refused_and_left_as_it_is(toy, command, content):
    toy.checkpoint.parent.mkdir(parents=True)
    toy.checkpoint.write_text(content)
    said = toy(command, "dev", code=1).stderr
    assert str(toy.checkpoint) in said
    assert "mv " in said
    assert toy.checkpoint.read_text() == content


def test_a_corrupt_state_with_a_backup_beside_it_names_the_backup(toy):
    toy.checkpoint.parent.mkdir(parents=True)
    toy.checkpoint.write_text("{")
    toy.checkpoint.with_name("dev.json.bak").write_text("{}")
    assert f"cp {toy.checkpoint}.bak {toy.checkpoint}" in toy("preview", "dev", code=1).stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"config:\n  toy:length: 1\n  toy:length: 2\n", "line 3: the key toy:length is given twice"),
        (b"config:\n\t- a\n", "line 2"),
        (b"config:\n  toy:name: \xff\n", "line 2 is not UTF-8"),
        (b"- a\n", "a stack file holds its settings under config:"),
    ],
)
def test_a_stack_file_that_pulumi_would_not_read_is_refused(toy, content, said):
    (toy.directory / "Pulumi.dev.yaml").write_bytes(content)
    shown = toy("preview", "dev", code=1).stderr
    assert "Pulumi.dev.yaml" in shown
    assert said in shown
    assert "Traceback" not in shown


def test_a_corrupt_account_is_refused_and_left_as_it_is(toy):
    toy.sandbox.mkdir(parents=True)
    account = toy.sandbox / "account.pickle"
    account.write_bytes(b"not an account")
    said = toy("up", "dev", code=1).stderr
    assert str(account) in said
    assert account.read_bytes() == b"not an account"


def test_a_lock_of_an_engine_that_is_gone_is_cleared(toy):
    from sandbox.workspace import Workspace

    workspace = Workspace.of(toy.directory, "dev")
    lock = toy.sandbox / "state" / ".pulumi" / "locks" / "organization" / "toy" / "dev" / "some.json"
    lock.parent.mkdir(parents=True)
    gone = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(gone, 0)
    lock.write_text(json.dumps({"pid": gone}))
    with workspace.held("up") as notes:
        assert any(str(gone) in note for note in notes)
    assert not lock.exists()


def test_operations_that_had_begun_are_forgotten(toy):
    from sandbox.workspace import Workspace

    pending = [{"type": "creating", "resource": {"urn": "urn:pulumi:dev::toy::random:index/randomPet:RandomPet::pet"}}]
    latest = {"resources": [], "pending_operations": pending}
    toy.checkpoint.parent.mkdir(parents=True)
    toy.checkpoint.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))
    with Workspace.of(toy.directory, "dev").held("up") as notes:
        assert any("pet" in note for note in notes)
    assert json.loads(toy.checkpoint.read_text())["checkpoint"]["latest"] == {"resources": []}


def test_what_the_backend_was_in_the_middle_of_writing_is_cleared(toy):
    """It puts a blob's attributes beside it, and cannot open what has half of them."""
    from sandbox.workspace import Workspace

    toy.checkpoint.parent.mkdir(parents=True)
    toy.checkpoint.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {}}}))
    torn = [toy.checkpoint.with_name(f"dev.json{suffix}.attrs") for suffix in ("", ".bak")]
    torn[0].write_text("")
    torn[1].write_text('{"user.cache_control":"","us')
    unfinished = toy.checkpoint.with_name("dev.json.18ea152ce36f80e7.tmp")
    unfinished.write_text("{")
    whole = toy.checkpoint.with_name("other.json.attrs")
    whole.write_text('{"user.cache_control":""}')
    with Workspace.of(toy.directory, "dev").held("up"):
        assert not any(path.exists() for path in (*torn, unfinished))
        assert whole.exists()
        assert toy.checkpoint.exists()


def test_what_is_encrypted_for_others_is_stood_in_for(toy):
    from sandbox.workspace import Workspace

    secret = {"secure": "v1:abc:def"}
    (toy.directory / "Pulumi.dev.yaml").write_text(
        json.dumps({"encryptionsalt": "theirs", "config": {"toy:users": [{"name": "a", "password": secret}]}})
    )
    workspace = Workspace.of(toy.directory, "dev")
    assert workspace.prepare() == ["toy:users[0].password"]
    copy = (workspace.work / "Pulumi.dev.yaml").read_text()
    assert "abc" not in copy
    assert "theirs" not in copy


def test_the_mirror_follows_the_checkout(toy):
    from sandbox.workspace import Workspace

    workspace = Workspace.of(toy.directory, "dev")
    (toy.directory / "charts").mkdir()
    workspace.prepare()
    assert (workspace.work / "charts").resolve() == toy.directory / "charts"
    (toy.directory / "charts").rmdir()
    workspace.prepare()
    assert not (workspace.work / "charts").is_symlink()


def test_serve_refuses_a_package_that_there_is_none_of(toy):
    said = toy("serve", "--only", "random,azure", code=1).stderr
    assert "azure" in said
    assert "kubernetes" in said


def test_faults_that_are_not_a_table_name_their_variable():
    from sandbox.faults import Faults

    with pytest.raises(ValueError, match="GROUNDWORK_FAULTS"):
        Faults.parse("[1]")
