"""The small emulators, and what all of them are checked against."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from sandbox import k3d as emulated_k3d
from sandbox import schema, wire
from sandbox.account import Account, Cloud, Corrupt, Key
from sandbox.cloudflare import Cloudflare
from sandbox.command import BIN, Command
from sandbox.emulator import UNKNOWN, Emulator, Refused, Resource, Secret
from sandbox.random import Random
from sandbox.server import checkpoint_keys
from sandbox.tls import Tls
from sandbox.workspace import Unusable, Workspace


def resource(type: str, name: str = "it") -> Resource:
    return Resource(type, name, f"urn:pulumi:dev::toy::{type}::{name}", "")


def made(emulator: Emulator, type: str, /, **inputs):
    r = resource(type)
    return emulator.create(r, emulator.check(r, {}, inputs))


PASSWORD = "random:index/randomPassword:RandomPassword"
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
COMMAND = "command:local:Command"


class TestSchema:
    def test_an_input_that_the_type_has_not_is_refused_with_the_nearest(self):
        with pytest.raises(Refused, match="did you mean cidrBlock"):
            schema.of("aws:ec2/vpc:Vpc").check({"cidrBlok": "10.0.0.0/16"})

    def test_a_missing_input_is_refused(self):
        with pytest.raises(Refused, match="requires length"):
            schema.of(PASSWORD).check({})

    def test_an_input_of_another_kind_is_refused(self):
        with pytest.raises(Refused, match="takes int"):
            schema.of(PASSWORD).check({"length": ["12"]})

    def test_what_is_not_known_yet_is_taken(self):
        schema.of(PASSWORD).check({"length": UNKNOWN})

    def test_a_type_that_the_sdk_has_not_is_refused(self):
        with pytest.raises(Refused, match="no resource type random:index/randomPasswd"):
            schema.of("random:index/randomPasswd:RandomPasswd")

    def test_secret_outputs_are_known(self):
        assert schema.of(PASSWORD).secrets == {"bcryptHash", "result"}


class TestWire:
    def test_secrets_unknowns_and_whole_numbers(self):
        packed = wire.pack({"a": UNKNOWN, "b": Secret({"c": 1}), "d": [1.5, None, True]})
        assert packed["b"]["value"]["c"] == 1  # type: ignore
        assert wire.unpack(packed) == {"a": UNKNOWN, "b": {"c": 1}, "d": [1.5, None, True]}
        assert type(wire.unpack(packed)["b"]["c"]) is int

    def test_an_output_value_without_a_value_is_unknown(self):
        assert wire.unpack(wire.pack({"a": {wire.SIGNATURE: wire.OUTPUT}})) == {"a": UNKNOWN}


class TestRandom:
    def test_a_password_has_its_length_classes_and_hash(self):
        _, outputs = made(Random(), PASSWORD, length=24, special=False, minNumeric=20)
        assert len(outputs["result"]) == 24
        assert outputs["result"].isalnum()
        assert sum(map(str.isdigit, outputs["result"])) >= 20
        assert bcrypt.checkpw(outputs["result"].encode(), outputs["bcryptHash"].encode())

    def test_special_characters_are_those_given(self):
        _, outputs = made(Random(), PASSWORD, length=40, upper=False, lower=False, numeric=False, overrideSpecial="_-")
        assert set(outputs["result"]) == {"_", "-"}

    def test_minima_beyond_the_length_are_refused(self):
        with pytest.raises(Refused):
            made(Random(), PASSWORD, length=3, minUpper=4)

    @pytest.mark.parametrize(
        ("type", "inputs"),
        [
            ("random:index/randomId:RandomId", {"byteLength": 4, "prefix": "p-"}),
            ("random:index/randomBytes:RandomBytes", {"length": 4}),
            ("random:index/randomInteger:RandomInteger", {"min": 1, "max": 9}),
            ("random:index/randomPet:RandomPet", {"prefix": "p", "length": 3}),
            ("random:index/randomString:RandomString", {"length": 4}),
            ("random:index/randomUuid:RandomUuid", {}),
            ("random:index/randomShuffle:RandomShuffle", {"inputs": ["a", "b"], "resultCount": 1}),
        ],
    )
    def test_every_type_fills_every_output(self, type, inputs):
        id, outputs = made(Random(), type, **inputs)
        assert id
        given_or_optional = schema.of(type).inputs.keys()
        assert not [key for key in schema.of(type).outputs - given_or_optional if outputs[key] is None]

    def test_any_change_replaces_keepers_included(self):
        olds = {"length": 8, "keepers": {"a": "1"}}
        assert Random().replaces(resource(PASSWORD), olds, {"length": 8, "keepers": {"a": "2"}}) == ["keepers"]
        assert Random().replaces(resource(PASSWORD), olds, {**olds, "length": UNKNOWN}) == ["length"]
        assert Random().replaces(resource(PASSWORD), olds, olds) == []


class TestTls:
    @pytest.mark.parametrize(
        ("inputs", "begins"),
        [
            ({"algorithm": "RSA"}, "ssh-rsa "),
            ({"algorithm": "ECDSA", "ecdsaCurve": "P384"}, "ecdsa-sha2-nistp384 "),
            ({"algorithm": "ED25519"}, "ssh-ed25519 "),
        ],
    )
    def test_keys_are_real_in_all_their_forms(self, inputs, begins):
        _, key = made(Tls(), "tls:index/privateKey:PrivateKey", **inputs)
        one = serialization.load_pem_private_key(key["privateKeyPem"].encode(), None)
        other = serialization.load_pem_private_key(key["privateKeyPemPkcs8"].encode(), None)
        assert one.public_key() == other.public_key()
        assert key["publicKeyOpenssh"].startswith(begins)
        assert key["publicKeyFingerprintSha256"].startswith("SHA256:")

    def test_a_certificate_signed_by_an_authority_verifies(self):
        tls = Tls()
        _, ca_key = made(tls, "tls:index/privateKey:PrivateKey", algorithm="ECDSA", ecdsaCurve="P256")
        _, ca = made(
            tls,
            "tls:index/selfSignedCert:SelfSignedCert",
            privateKeyPem=ca_key["privateKeyPem"],
            subject={"commonName": "ca"},
            allowedUses=["cert_signing"],
            isCaCertificate=True,
            validityPeriodHours=48,
        )
        _, key = made(tls, "tls:index/privateKey:PrivateKey", algorithm="RSA")
        _, request = made(
            tls,
            "tls:index/certRequest:CertRequest",
            privateKeyPem=key["privateKeyPem"],
            dnsNames=["a.local"],
            ipAddresses=["10.0.0.1"],
        )
        _, signed = made(
            tls,
            "tls:index/locallySignedCert:LocallySignedCert",
            certRequestPem=request["certRequestPem"],
            caCertPem=ca["certPem"],
            caPrivateKeyPem=ca_key["privateKeyPem"],
            allowedUses=["server_auth", "key_encipherment"],
            validityPeriodHours=24,
            earlyRenewalHours=1,
        )
        leaf = x509.load_pem_x509_certificate(signed["certPem"].encode())
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(ca["certPem"].encode()))
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["a.local"]
        begin, end = (datetime.fromisoformat(signed[f"validity{at}Time"]) for at in ("Start", "End"))
        assert end - begin == timedelta(hours=24)
        assert signed["readyForRenewal"] is False
        assert (signed["caKeyAlgorithm"], request["keyAlgorithm"]) == ("ECDSA", "RSA")

    def test_an_unknown_use_is_refused_with_the_nearest(self):
        with pytest.raises(Refused, match="did you mean server_auth"):
            made(Tls(), "tls:index/selfSignedCert:SelfSignedCert", allowedUses=["server_auht"], validityPeriodHours=1)

    def test_a_renewal_period_changes_in_place_and_nothing_else_does(self):
        r = resource("tls:index/selfSignedCert:SelfSignedCert")
        olds = {"earlyRenewalHours": 1, "validityPeriodHours": 2}
        assert Tls().replaces(r, olds, {"earlyRenewalHours": 2, "validityPeriodHours": 2}) == []
        assert Tls().replaces(r, olds, {"earlyRenewalHours": 1, "validityPeriodHours": 3}) == ["validityPeriodHours"]


@pytest.fixture
def tools(tmp_path, monkeypatch):
    monkeypatch.setenv("GROUNDWORK_ACCOUNT_DIR", str(tmp_path / "account"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestCommand:
    def test_outputs_of_the_run_before_reach_the_next(self, tools):
        id, outputs = made(Command(), COMMAND, create="echo one; echo two >&2")
        assert (outputs["stdout"], outputs["stderr"]) == ("one", "two")
        news = {"create": "echo one", "update": "echo $PULUMI_COMMAND_STDOUT again; cat", "stdin": "in"}
        changed = Command().update(resource(COMMAND), id, {}, news, outputs)
        assert changed["stdout"] == "one again\nin"
        assert id.startswith("it")

    def test_a_failure_tells_the_command_and_what_it_said(self, tools):
        with pytest.raises(Refused, match=r"(?s)exit status 3.*no good"):
            made(Command(), COMMAND, create="echo no good >&2; exit 3")

    def test_interpreter_directory_and_environment_are_taken(self, tools):
        (tools / "there").mkdir()
        inputs = {"interpreter": ["/bin/sh", "-ec"], "dir": "there", "environment": {"X": "1"}}
        _, outputs = made(Command(), COMMAND, create="echo $X > file; pwd", assetPaths=["*", "!*.txt"], **inputs)
        assert outputs["stdout"] == str(tools / "there")
        assert outputs["assets"]["file"]["path"] == str(tools / "there" / "file")

    def test_nothing_runs_in_a_preview(self, tools):
        known = Command().preview(resource(COMMAND), {"create": "touch ran"})
        assert known["stdout"] is UNKNOWN
        assert not (tools / "ran").exists()

    def test_credentials_are_kept_from_commands(self, tools, monkeypatch):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
        monkeypatch.setenv("KUBECONFIG", "/real")
        _, outputs = made(Command(), COMMAND, create="echo [$AWS_SECRET_ACCESS_KEY$KUBECONFIG]")
        assert outputs["stdout"] == "[]"

    @pytest.mark.parametrize("tool", ["docker", "kubectl", "aws", "helm", "kind", "minikube", "ssh", "wget", "curl x"])
    def test_tools_that_would_reach_something_real_are_refused(self, tools, tool):
        with pytest.raises(Refused, match="sandbox"):
            made(Command(), COMMAND, create=tool)

    def test_all_tools_can_be_run(self):
        assert all(os.access(path, os.X_OK) for path in BIN.iterdir())


def k3d(*arguments: str) -> subprocess.CompletedProcess[str]:
    from sandbox.command import _execute

    try:
        outputs = _execute("k3d " + " ".join(arguments), {}, {})
    except Refused as refusal:
        return subprocess.CompletedProcess(arguments, 1, "", refusal.reason)
    return subprocess.CompletedProcess(arguments, 0, outputs["stdout"], outputs["stderr"])


class TestK3d:
    CONFIG = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: {name: lab}\nservers: 1\nagents: 2\n"

    def test_a_cluster_is_listed_until_it_is_deleted(self, tools):
        (tools / "lab.yaml").write_text(self.CONFIG)
        assert k3d("cluster", "create", "--config", "lab.yaml").returncode == 0
        assert '"agentsCount": 2' in k3d("cluster", "list", "-o", "json").stdout
        assert "already exists" in k3d("cluster", "create", "--config", "lab.yaml").stderr
        assert k3d("kubeconfig", "get", "lab").stdout == k3d("kubeconfig", "get", "lab").stdout
        assert k3d("cluster", "delete", "lab").returncode == 0
        assert k3d("cluster", "list", "-o", "json").stdout == "[]"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("kind: Simple\n", "k3d.io/v1alpha5"),
            (CONFIG.replace("Simple", "Complex"), "kind Simple"),
            (CONFIG + "server: 1\n", "did you mean servers"),
            (CONFIG.replace("servers: 1", "servers: one"), "servers: 'one' is not of type 'number'"),
            (CONFIG.replace("servers: 1", "servers: 0"), "servers: 0 is less than the minimum of 1"),
            (CONFIG + "kubeAPI: {hostIp: 127.0.0.1}\n", "kubeAPI: hostIp is not allowed; did you mean hostIP?"),
            (CONFIG + 'ports: [{port: "80:80", nodeFilter: [all]}]\n', "ports.0: nodeFilter is not allowed; did you"),
            (CONFIG + "options: {k3s: {extraArgz: []}}\n", "options.k3s: extraArgz is not allowed; did you mean extra"),
            (CONFIG + "files: [{source: a}]\n", "files.0: 'destination' is a required property"),
            ("a: [\n", "Failed to read"),
        ],
    )
    def test_a_configuration_that_k3d_would_not_have_is_refused(self, tools, text, said, capsys):
        (tools / "lab.yaml").write_text(text)
        assert emulated_k3d.main(["cluster", "create", "--config", str(tools / "lab.yaml")]) == 1
        assert said in capsys.readouterr().err

    def test_what_is_not_emulated_is_refused(self, tools):
        assert k3d("node", "create", "x").returncode == 1
        assert k3d("cluster", "create", "--config", "x", "--gpus", "all").returncode == 1


class TestCloudflare:
    def test_a_record_is_found_again_until_it_is_deleted(self):
        inputs = {"zoneId": "z", "name": "www.a.b", "type": "CNAME", "content": "x", "ttl": 1}
        cloud = Cloudflare()
        id, outputs = made(cloud, RECORD, **inputs)
        assert len(id) == 32
        assert outputs["proxiable"] is True
        other = Cloudflare()
        other.restore(cloud.snapshot())
        assert other.read(resource(RECORD), id, inputs, outputs) == (inputs, outputs)
        assert other.holds() == {"DnsRecord": 1}
        with pytest.raises(Refused, match="already exists"):
            made(other, RECORD, **inputs)
        other.delete(resource(RECORD), id, outputs)
        assert other.read(resource(RECORD), id, inputs, outputs) is None
        assert other.holds() == {}

    def test_a_type_outside_the_table_is_refused_by_name(self):
        with pytest.raises(Refused, match="cloudflare:index/tunnel:Tunnel"):
            made(Cloudflare(), "cloudflare:index/tunnel:Tunnel")


class TestWorkspace:
    @pytest.mark.parametrize("written", ["", '{"pid": 1'])
    def test_a_run_that_has_just_begun_is_waited_for(self, tmp_path, written):
        (tmp_path / "Pulumi.yaml").write_text("name: toy\nruntime: python\n")
        workspace = Workspace(tmp_path, "dev")
        with workspace.held("up"):
            (workspace.directory / "lock").write_text(written)
            with pytest.raises(Unusable, match=r"it has just begun.*\nWait for it\.$"), workspace.held("up"):
                pass


class TestAccount:
    def test_a_thing_that_the_checkpoint_does_not_know_is_deleted(self, tmp_path):
        file = tmp_path / "account.pickle"
        cloud = Cloud(file)
        assert cloud.load([]) == []
        inputs = {"zoneId": "z", "name": "a", "type": "A", "content": "1.1.1.1", "ttl": 1}
        for name in ("known", "unknown"):
            r = resource(RECORD, name)
            id, outputs = cloud.ask("cloudflare", lambda e, r=r, n=name: e.create(r, {**inputs, "name": n}))
            cloud.record(r, id, outputs)
        cloud.save()
        known = next(key for key in Account.load(file).ledger if key.urn.endswith("::known"))
        os.close(cloud._owner)

        again = Cloud(file)
        missing = Key(resource(RECORD, "missing").urn, "1")
        assert again.load([known, missing]) == [missing.urn]
        assert again.holds() == {"cloudflare DnsRecord": 1}

    def test_a_checkpoint_that_lists_nothing_knows_nothing(self, tmp_path):
        (tmp_path / "dev.json").write_text('{"checkpoint": {"latest": null}}')
        assert checkpoint_keys(tmp_path / "dev.json") == checkpoint_keys(tmp_path / "none.json") == []

    def test_a_save_that_fails_leaves_the_account_as_it_was(self, tmp_path):
        file = tmp_path / "account.pickle"
        Account(snapshots={"a": 1}).save(file)
        with pytest.raises(Exception, match="local object"):
            Account(snapshots={"a": lambda: None}).save(file)
        assert Account.load(file).snapshots == {"a": 1}
        assert list(tmp_path.iterdir()) == [file]

    def test_a_file_that_is_no_account_is_named(self, tmp_path):
        (tmp_path / "account").write_bytes(b"?")
        with pytest.raises(Corrupt, match=str(tmp_path / "account")):
            Account.load(tmp_path / "account")

    def test_passwords_are_not_in_the_ledger(self):
        cloud = Cloud()
        r = resource(PASSWORD)
        cloud.record(r, "none", {"result": "hush"})
        assert cloud.account.ledger[Key(r.urn, "none")] == (r, {})
