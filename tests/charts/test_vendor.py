"""A mirror of charts: what is downloaded, what is refused, and what a chart is like when it is in there."""

from __future__ import annotations

import datetime
import functools
import gzip
import hashlib
import io
import json
import os
import ssl
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from charts import __main__ as command
from charts.archive import about, self_contained
from charts.definitions import NoDefinitions, write_definitions
from charts.pins import Pin, digests, pins, write_digests
from charts.vendor import NotVendored, Vendored, helm_pull, vendor
from tools import ensure

pytestmark = pytest.mark.engine

OUTSIDE = "https://raw.githubusercontent.com/example/schemas/main/_definitions.json#/definitions/Quantity"
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "type": "object",
    "properties": {
        "replicas": {"type": "integer"},
        "memory": {"description": "How much", "$ref": OUTSIDE},
        "ports": {"type": "array", "items": {"$ref": OUTSIDE}},
        "own": {"$ref": "#/$defs/own"},
    },
    "$defs": {"own": {"type": "string"}},
}
CONFIG_MAP = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: toy}\ndata: {replicas: {{ .Values.replicas | quote }}}\n"
)
TOY = Pin("toy", "toy", "https://charts.example.com", "1.2.3")


def packaged(name: str = "toy", version: str = "1.2.3", schema: Any = SCHEMA) -> bytes:
    """Return a packaged chart: the same bytes for the same chart."""
    files = {
        "Chart.yaml": yaml.safe_dump({"apiVersion": "v2", "name": name, "version": version}),
        "values.yaml": "replicas: 1\n",
        "values.schema.json": json.dumps(schema),
        "templates/config.yaml": CONFIG_MAP,
    }
    return packed(files, name)


def packed(files: dict[str, str], name: str = "toy") -> bytes:
    """Return an archive of a chart's files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(plain.getvalue(), mtime=0)


def with_definitions(path: str, *, switched: bool) -> bytes:
    """Return a packaged chart that defines a kind in a file of its own, or where a value asks for it."""
    definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {group: toys.example.com}"
    text = f"{{{{ if .Values.crds }}}}\n{definition}\n{{{{ end }}}}\n" if switched else f"{definition}\n"
    about = yaml.safe_dump({"apiVersion": "v2", "name": "toy", "version": "1.2.3"})
    return packed({"Chart.yaml": about, "values.yaml": "crds: false\n", path: text})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def giving(content: bytes) -> Callable[[Pin, Path], Path]:
    """Return what pulls these bytes instead of asking a repository."""

    def pull(pin: Pin, directory: Path) -> Path:
        path = directory / pin.archive
        path.write_bytes(content)
        return path

    return pull


def refused(content: bytes, known: dict[str, str], directory: Path) -> str:
    [(pin, reason)] = vendor([TOY], directory, known, giving(content))  # type: ignore[misc]
    assert pin is TOY
    assert isinstance(reason, NotVendored)
    assert list(directory.iterdir()) == [], "something was left in the mirror"
    return str(reason)


def test_a_chart_with_the_digest_that_is_known_is_verified(tmp_path: Path) -> None:
    archive = packaged()
    [made] = vendor([TOY], tmp_path, {"toy-1.2.3": sha256(archive)}, giving(archive))
    assert isinstance(made, Vendored)
    assert made.verified
    assert [path.name for path in tmp_path.iterdir()] == ["toy-1.2.3.tgz"]


def test_a_chart_that_nobody_has_seen_is_taken_on_trust_and_its_digest_told(tmp_path: Path) -> None:
    archive = packaged()
    [made] = vendor([TOY], tmp_path, {}, giving(archive))
    assert isinstance(made, Vendored)
    assert not made.verified
    assert made.digest == sha256(archive)


def test_a_chart_with_another_digest_is_refused(tmp_path: Path) -> None:
    assert "charts/digests.yaml has 0000" in refused(packaged(), {"toy-1.2.3": "0" * 64}, tmp_path)


def test_another_chart_than_was_asked_for_is_refused(tmp_path: Path) -> None:
    assert refused(packaged(version="1.2.4"), {}, tmp_path) == "it calls itself toy 1.2.4"


@pytest.mark.parametrize("content", [b"<html>Sign in</html>", packaged()[:200]])
def test_what_is_no_chart_is_refused(content: bytes, tmp_path: Path) -> None:
    assert "is not a packaged chart" in refused(content, {}, tmp_path)


def test_one_chart_that_fails_keeps_no_other_out_of_the_mirror(tmp_path: Path) -> None:
    other = Pin("other", "other", TOY.repository, "1.0.0")
    outcomes = list(vendor([other, TOY], tmp_path, {}, giving(packaged())))
    assert [isinstance(outcome, Vendored) for outcome in outcomes] == [False, True]
    assert [path.name for path in tmp_path.iterdir()] == ["toy-1.2.3.tgz"]


def test_a_schema_loses_its_references_to_other_hosts_and_nothing_else() -> None:
    rewritten, dropped = self_contained(packaged())
    assert dropped == 2
    with tarfile.open(fileobj=io.BytesIO(rewritten)) as archive:
        schema = json.load(archive.extractfile("toy/values.schema.json"))  # type: ignore[arg-type]
        assert archive.getnames() == [
            f"toy/{path}" for path in ("Chart.yaml", "values.yaml", "values.schema.json", "templates/config.yaml")
        ]
    kept = {**SCHEMA["properties"], "memory": {"description": "How much"}, "ports": {"type": "array", "items": {}}}
    assert schema == {**SCHEMA, "properties": kept}
    assert about(rewritten)["version"] == "1.2.3"


def test_a_chart_is_rewritten_to_the_same_bytes_each_time() -> None:
    archive = packaged()
    assert self_contained(archive) == self_contained(archive)


def test_a_chart_that_needs_no_change_keeps_its_bytes() -> None:
    archive = packaged(schema={"type": "object"})
    assert self_contained(archive) == (archive, 0)


def test_every_digest_is_of_a_chart_that_is_pinned() -> None:
    stale = digests().keys() - {pin.stem for pin in pins().values()}
    assert stale == set(), "remove them from charts/digests.yaml"


def test_the_commands_list_and_refuse(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(pins())
    assert any(
        line.split() == ["external-secrets-2.9.0.tgz", "digest", "known", _of("external-secrets")] for line in lines
    )
    assert command.main(["vendor", str(tmp_path / "mirror"), "lokki"]) == 1
    assert "did you mean loki?" in capsys.readouterr().err
    assert not (tmp_path / "mirror").exists()


def _of(key: str) -> str:
    return pins()[key].repository


def test_the_digest_of_a_chart_taken_on_trust_is_recorded_on_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "digests.yaml"
    write_digests({}, listed)
    monkeypatch.setattr(command, "pins", lambda: {"toy": TOY})
    monkeypatch.setattr(command, "digests", lambda: digests(listed))
    monkeypatch.setattr(command, "write_digests", functools.partial(write_digests, path=listed))
    monkeypatch.setattr("charts.vendor.helm_pull", giving(packaged()))
    assert command.main(["vendor", str(tmp_path / "mirror")]) == 0
    assert digests(listed) == {}
    assert command.main(["vendor", "--record", str(tmp_path / "mirror")]) == 0
    assert digests(listed) == {"toy-1.2.3": sha256(packaged())}
    capsys.readouterr()
    assert command.main(["vendor", str(tmp_path / "mirror")]) == 0
    assert "verified" in capsys.readouterr().out


@pytest.fixture
def helm_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep helm away from this machine's own caches and logins."""
    for what in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"HELM_{what}_HOME", str(tmp_path / what.lower()))


@contextmanager
def served(handler: Any, context: ssl.SSLContext | None = None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.mark.usefixtures("helm_alone")
def test_a_chart_comes_from_a_helm_repository_and_renders_without_the_network(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / TOY.archive).write_bytes(packaged())
    entry = {"apiVersion": "v2", "name": "toy", "version": "1.2.3", "urls": [TOY.archive]}
    (site / "index.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "entries": {"toy": [entry]}}))
    with served(functools.partial(_Files, directory=str(site))) as host:
        here, gone = Pin("toy", "toy", f"http://{host}", "1.2.3"), Pin("gone", "gone", f"http://{host}", "1.0.0")
        made, missing = vendor([here, gone], tmp_path / "mirror", {"toy-1.2.3": sha256(packaged())})
    assert isinstance(made, Vendored)
    assert not isinstance(missing, Vendored)
    assert 'chart "gone" version "1.0.0" not found' in str(missing[1])
    done = subprocess.run(
        [str(ensure("helm")), "template", "toy", str(tmp_path / "mirror" / TOY.archive), "--set", "replicas=3"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert 'replicas: "3"' in done.stdout, done.stderr


class _Registry(BaseHTTPRequestHandler):
    """As much of an OCI registry as a pull asks: https://github.com/opencontainers/distribution-spec"""

    blobs: dict[str, bytes]
    manifest: bytes
    asked: list[str]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        reference = self.path.rpartition("/")[2]
        is_manifest = "/manifests/" in self.path
        content = self.manifest if is_manifest else self.blobs.get(reference, b"{}")
        kind = "application/vnd.oci.image.manifest.v1+json" if is_manifest else "application/octet-stream"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", f"sha256:{sha256(content)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None: ...


def _registry(archive: bytes) -> type[_Registry]:
    config = json.dumps({"name": "toy", "version": "1.2.3"}).encode()
    blobs = {f"sha256:{sha256(blob)}": blob for blob in (archive, config)}

    def layer(kind: str, blob: bytes) -> dict[str, Any]:
        return {"mediaType": f"application/vnd.cncf.helm.{kind}", "digest": f"sha256:{sha256(blob)}", "size": len(blob)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": layer("config.v1+json", config),
        "layers": [layer("chart.content.v1.tar+gzip", archive)],
    }
    content = {"blobs": blobs, "manifest": json.dumps(manifest).encode(), "asked": []}
    return type("Registry", (_Registry,), content)


def _certificate(directory: Path) -> Path:
    """Return a file with a key and a certificate of this machine, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / "localhost.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.skipif(sys.platform == "darwin", reason="Go takes authorities from the keychain there")
@pytest.mark.usefixtures("helm_alone")
def test_a_chart_comes_from_an_oci_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    registry = _registry(packaged())
    (tmp_path / "pulled").mkdir()
    with served(registry, context) as host:
        address = host.replace("127.0.0.1", "localhost")
        pulled = helm_pull(Pin("toy", "toy", f"oci://{address}/charts", "1.2.3"), tmp_path / "pulled")
    assert pulled.read_bytes() == packaged()
    assert "/v2/charts/toy/manifests/1.2.3" in registry.asked


@pytest.mark.skipif("GROUNDWORK_CHARTS" not in os.environ, reason="GROUNDWORK_CHARTS names no directory of charts")
def test_nginx_of_a_mirror_is_checked_against_its_schema_without_the_network(tmp_path: Path) -> None:
    nginx = pins()["nginx-ingress"]
    # As its publisher has it, or from a mirror.
    archive = (Path(os.environ["GROUNDWORK_CHARTS"]) / nginx.archive).read_bytes()
    [made] = vendor([nginx], tmp_path, {}, giving(archive))
    assert isinstance(made, Vendored)
    mirrored = (tmp_path / nginx.archive).read_bytes()
    assert self_contained(mirrored) == (mirrored, 0)

    def render(*values: str) -> subprocess.CompletedProcess[str]:
        command = [
            str(ensure("helm")),
            "template",
            "ingress",
            str(tmp_path / nginx.archive),
            "--kube-version",
            "1.35.0",
        ]
        return subprocess.run([*command, *values], capture_output=True, text=True, timeout=60)

    assert render().returncode == 0, render().stderr
    assert "controller/kind" in render("--set", "controller.kind=Deploymnt").stderr.replace(".", "/")


@pytest.mark.usefixtures("helm_alone")
@pytest.mark.parametrize(
    ("path", "switched"),
    [("crds/toys.yaml", False), ("charts/part/crds/toys.yaml", False), ("templates/toys.yaml", True)],
)
def test_definitions_are_taken_from_beside_the_templates_or_from_what_a_value_asks_for(
    tmp_path: Path, path: str, switched: bool
) -> None:
    (tmp_path / TOY.archive).write_bytes(with_definitions(path, switched=switched))
    brings = replace(TOY, crds=("toys.example.com",), crds_switches=("crds",))
    assert list(write_definitions([TOY, brings], tmp_path, tmp_path / "crds")) == [(brings, 1)]
    written = yaml.safe_load((tmp_path / "crds" / "toy-1.2.3.yaml").read_text())
    assert written["spec"] == {"group": "toys.example.com"}


@pytest.mark.usefixtures("helm_alone")
def test_a_chart_that_defines_less_than_it_is_pinned_for_is_told_of(tmp_path: Path) -> None:
    (tmp_path / TOY.archive).write_bytes(with_definitions("crds/toys.yaml", switched=False))
    brings = replace(TOY, crds=("toys.example.com", "games.example.com"))
    with pytest.raises(NoDefinitions, match=r"defines nothing of games\.example\.com"):
        list(write_definitions([brings], tmp_path, tmp_path / "crds"))
