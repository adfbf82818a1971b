"""The checks of a running platform, against a server that answers as one would, and as one would not."""

from __future__ import annotations

import base64
import io
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from smoke.__main__ import main, run
from smoke.ask import Unanswered, ask
from smoke.checks import METRICS, Platform, checks

PASSWORD = "hunter2"


class Server(ThreadingHTTPServer):
    """A platform's way in: it tells hosts apart, and Grafana asks for a password; so does pgAdmin, for one that came
    from ``outside`` in particular."""

    hosts: dict[str, int]
    outside: str
    empty: set[str]
    asked: list[tuple[str, str]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        let_in = (form["email"], form["password"]) == (["admin@pgadmin.local"], [PASSWORD])
        self.send_response(302)
        self.send_header("Location", "/browser/" if let_in else "/login")
        self.send_header("Set-Cookie", f"session={'in' if let_in else 'out'}; HttpOnly; Path=/")
        self.end_headers()

    def _pgadmin(self, path: str) -> tuple[int, bytes]:
        if path == "/login":
            return 200, b"""renderSecurityPage('login_user', {"csrfToken": "token.of-form"}, {"messages": []});"""
        asked = self.headers["X-pgA-CSRFToken"], self.headers["Cookie"], self.headers["Referer"]
        allowed = asked == ("token.of-form", "session=in", f"{self.server.outside}/browser/")
        return (
            (200, b"{}") if path == "/browser/nodes/" and allowed else (401, b"The referrer does not match the host.")
        )

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        url = urlsplit(self.path)
        self.server.asked.append((host, url.path))
        status, body = self.server.hosts.get(host, 404), b""
        if host == "pgadmin.local" and status == 200:
            status, body = self._pgadmin(url.path)
        if url.path.startswith("/api/datasources"):
            login = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
            if self.headers["Authorization"] != f"Basic {login}":
                status = 401
            query = parse_qs(url.query)["query"][0]
            result = [] if query in self.server.empty else [{"metric": {}}]
            body = json.dumps({"data": {"result": result}}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as made:
        made.hosts = {"app.local": 200, "api.local": 200, "grafana.local": 200, "kafka-ui.local": 302}
        made.hosts["pgadmin.local"] = 200
        made.empty, made.asked, made.outside = set(), [], f"http://pgadmin.local:{made.server_port}"
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


def platform(server: Server, **outputs: Any) -> Platform:
    def url(host: str, path: str = "/") -> str:
        return f"http://{host}:{server.server_port}{path}"

    endpoints = [
        {"name": "frontend", "url": url("app.local")},
        {"name": "backend", "url": url("api.local", "/api")},
        {"name": "grafana", "url": url("grafana.local")},
        {"name": "kafka-ui", "url": url("kafka-ui.local")},
        {"name": "pgadmin", "url": url("pgadmin.local")},
        {"name": "kafka", "url": "kafka.infra.svc.cluster.local:9092"},
    ]
    passwords = {"grafanaPassword": PASSWORD, "pgadminPassword": PASSWORD}
    return Platform("127.0.0.1", {"endpoints": endpoints, **passwords, **outputs})


def missing(asked: Platform) -> dict[str, str]:
    return run(checks(asked), seconds=0)


def test_a_platform_that_answers_misses_nothing(server: Server) -> None:
    assert missing(platform(server)) == {}
    assert ("api.local", "/api/info") in server.asked


def test_a_host_that_nobody_serves_is_missed(server: Server) -> None:
    del server.hosts["kafka-ui.local"]
    ((name, why),) = missing(platform(server)).items()
    assert name.startswith("kafka-ui answers")
    assert why.endswith("404")


def test_engines_that_are_not_there_are_not_asked_for(server: Server) -> None:
    names = [name for name, _ in checks(platform(server))]
    assert "Prometheus sees Kafka" in names
    assert "Prometheus sees PostgreSQL" not in names


@pytest.mark.parametrize("name", ["nodes", "Kafka"])
def test_metrics_that_are_not_as_they_should_be_are_missed(server: Server, name: str) -> None:
    server.empty = {METRICS[name][1]}
    assert list(missing(platform(server))) == [f"Prometheus sees {name}"]


def test_logs_that_nobody_collected_are_missed(server: Server) -> None:
    server.empty = {'{namespace="backend"}'}
    assert list(missing(platform(server))) == ["Loki has lines of the backend"]


def test_a_wrong_password_is_told_as_such(server: Server) -> None:
    why = missing(platform(server, grafanaPassword="wrong"))["Loki has lines of the backend"]
    assert "401" in why


def test_what_comes_late_is_waited_for(server: Server) -> None:
    answers = iter([Unanswered("not yet"), None])

    def check() -> None:
        if error := next(answers):
            raise error

    assert run([("late", check)], seconds=5, pause=0) == {}


def test_a_pgadmin_that_takes_no_password_is_missed(server: Server) -> None:
    ((name, why),) = missing(platform(server, pgadminPassword="wrong")).items()
    assert name.startswith("pgadmin answers")
    assert "turns admin@pgadmin.local away" in why


def test_a_pgadmin_that_refuses_what_its_own_pages_ask_is_missed(server: Server) -> None:
    server.outside = "https://pgadmin.local:443"
    ((name, why),) = missing(platform(server)).items()
    assert name.startswith("pgadmin answers")
    assert "/browser/nodes/: 401" in why
    assert "The referrer does not match the host" in why


def test_a_pgadmin_behind_somebody_who_signs_people_in_is_asked_for_its_host_alone(server: Server) -> None:
    server.hosts["pgadmin.local"] = 302
    assert missing(platform(server, signInIssuer="https://id.example.com")) == {}


def _certificate(directory: Path, name: str) -> tuple[Path, str]:
    """A file with key and certificate, and the authority, which is the certificate itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = directory / f"{name}.pem"
    file.write_bytes(private + made)
    return file, made.decode()


def test_a_certificate_is_checked_for_the_host_and_by_the_authority(server: Server, tmp_path: Path) -> None:
    file, authority = _certificate(tmp_path, "app.local")
    _, another = _certificate(tmp_path, "other.local")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    port = server.server_port
    assert ask(f"https://app.local:{port}/", "127.0.0.1", authority=authority).status == 200
    with pytest.raises(Unanswered, match="certificate verify failed"):
        ask(f"https://app.local:{port}/", "127.0.0.1", authority=another)
    with pytest.raises(Unanswered, match="mismatch"):
        ask(f"https://api.local:{port}/", "127.0.0.1", authority=authority)


def test_hosts_are_asked_for_https_where_the_platform_has_an_authority(server: Server, tmp_path: Path) -> None:
    _, authority = _certificate(tmp_path, "app.local")
    names = [name for name, _ in checks(platform(server, certificateAuthority=authority))]
    assert "backend has a certificate of the platform's authority" in names


def test_the_command_reads_outputs_and_ends_as_it_found_things(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(platform(server).outputs)))
    assert main(["--seconds", "0"]) == 0
    server.hosts["app.local"] = 502
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(platform(server).outputs)))
    assert main(["--seconds", "0"]) == 1
    assert "MISS frontend answers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("outputs", "lacks"),
    [
        ([], "they have no endpoints"),
        ({}, "they have no endpoints"),
        ({"endpoints": []}, "no endpoint is Grafana's"),
        ({"endpoints": [{"name": "grafana", "url": "http://grafana.local"}]}, "grafanaPassword is not among them"),
        (
            {"endpoints": [{"name": "grafana", "url": "http://grafana.local"}], "grafanaPassword": "[secret]"},
            "grafanaPassword is not among them, or not shown",
        ),
    ],
)
def test_outputs_that_can_not_be_asked_with_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], outputs: Any, lacks: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(outputs)))
    assert main(["--seconds", "0"]) == 2
    said = capsys.readouterr().err
    assert lacks in said
    assert "--show-secrets" in said
