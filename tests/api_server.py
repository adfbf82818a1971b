"""A Kubernetes API server without a cluster: etcd and kube-apiserver on loopback, asked what they would take.

It validates as a cluster's does: unknown fields, the rules of CustomResourceDefinitions, admission, Pod Security. What
needs a controller (quotas, pods of a Deployment) does not happen.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tools import ensure

CRDS = os.environ.get("GROUNDWORK_CRDS", "")
"""A directory of CustomResourceDefinitions that the server is given, too."""
START_SECONDS = 60
Object = Mapping[str, Any]


@dataclass
class ApiServer:
    """A server that has begun to answer at ``url``."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    _known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def refusals(self, objects: list[Object]) -> list[str]:
        """Return what is wrong with objects, one line each; kinds that the server has not been given are left out.

        Namespaces are made, everything else is only tried. A warning counts: a deprecated version, or a pod that the
        restricted Pod Security Standard would refuse in a namespace that enforces it. But for what a Secret holds:
        in the objects of a stack that is masked, and a certificate then none.
        """
        restricted = {
            each["metadata"]["name"]
            for each in objects
            if each["kind"] == "Namespace"
            and each["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") == "restricted"
        }
        found: list[str] = []
        for each in sorted(objects, key=lambda each: each["kind"] != "Namespace"):
            resource = self._resources(each["apiVersion"]).get(each["kind"])
            if resource is None:
                continue
            answer = self._send(each, resource)
            said = [] if answer.ok else [answer.json()["message"]]
            for warning in answer.headers.get("Warning", "").split("299 - ")[1:]:
                elsewhere = "PodSecurity" in warning and each["metadata"].get("namespace") not in restricted
                said += [] if elsewhere or each["kind"] == "Secret" else [warning]
            found += [f"{each['kind']} {each['metadata']['name']}: {line}" for line in said]
        return found

    def define(self, directory: Path) -> None:
        """Give the server every CustomResourceDefinition in a directory, and wait until it serves them."""
        definitions = [
            each
            for file in sorted(directory.rglob("*.yaml"))
            for each in yaml.load_all(file.read_text(), yaml.CSafeLoader)
            if each and each["kind"] == "CustomResourceDefinition"
        ]
        path = f"{self.url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for definition in definitions:
            answer = self.session.post(path, json=definition)
            assert answer.ok, answer.text
        self._wait(lambda: all(_is_established(each) for each in self.session.get(path).json()["items"]))

    def _send(self, given: Object, resource: Mapping[str, Any]) -> requests.Response:
        metadata = given["metadata"]
        where = f"/namespaces/{metadata.get('namespace', 'default')}" if resource["namespaced"] else ""
        path = f"{self.url}{_root(given['apiVersion'])}{where}/{resource['name']}"
        if given["kind"] != "Namespace":
            return self.session.post(path, json=given, params={"dryRun": "All", "fieldValidation": "Strict"})
        return self.session.patch(
            f"{path}/{metadata['name']}",
            data=yaml.safe_dump(dict(given)),
            params={"fieldManager": "test", "force": "true"},
            headers={"Content-Type": "application/apply-patch+yaml"},
        )

    def _resources(self, version: str) -> Mapping[str, Mapping[str, Any]]:
        """The resources of an API version, by kind."""
        if version not in self._known:
            answer = self.session.get(f"{self.url}{_root(version)}")
            listed = answer.json()["resources"] if answer.ok else ()
            self._known[version] = {each["kind"]: each for each in listed if "/" not in each["name"]}
        return self._known[version]

    def _wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not until():
            assert time.monotonic() < deadline, f"the API server is not ready after {START_SECONDS} s"
            time.sleep(0.1)

    def wait_until_ready(self) -> None:
        """Wait until the server answers for all of its parts."""

        def ready() -> bool:
            with suppress(requests.ConnectionError, OSError):
                return self.session.get(f"{self.url}/readyz").ok
            return False

        self._wait(ready)


@contextmanager
def api_server(directory: Path) -> Iterator[ApiServer]:
    """Run a server whose data and logs are in a directory, with the definitions of CRDS where they are named."""
    stored, served = _free_port(), _free_port()
    key = directory / "service-account.pem"
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    key.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*pem))
    token, tokens = secrets.token_hex(), directory / "tokens.csv"
    tokens.write_text(f"{token},test,test,system:masters\n")
    etcd = {
        "data-dir": directory / "etcd",
        "listen-client-urls": f"http://127.0.0.1:{stored}",
        "advertise-client-urls": f"http://127.0.0.1:{stored}",
        "listen-peer-urls": "http://127.0.0.1:0",
        # What is lost with the machine was for a test only.
        "unsafe-no-fsync": "true",
    }
    apiserver = {
        "etcd-servers": f"http://127.0.0.1:{stored}",
        "bind-address": "127.0.0.1",
        "secure-port": served,
        "cert-dir": directory,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": key,
        "service-account-signing-key-file": key,
        "service-cluster-ip-range": "10.96.0.0/16",
        "authorization-mode": "RBAC",
        "token-auth-file": tokens,
        "allow-privileged": "true",
        # Makes token secrets and the like only where there are controllers.
        "disable-admission-plugins": "ServiceAccount",
    }
    with ExitStack() as running:
        for name, flags in (("etcd", etcd), ("kube-apiserver", apiserver)):
            log = running.enter_context((directory / f"{name}.log").open("w"))
            command = [ensure(name), *(f"--{flag}={value}" for flag, value in flags.items())]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            running.callback(process.wait)
            running.callback(process.kill)
        server = ApiServer(f"https://127.0.0.1:{served}")
        # It makes and signs its own certificate; a bundle that the environment names knows nothing of it.
        server.session.verify, server.session.trust_env = str(directory / "apiserver.crt"), False
        server.session.headers["Authorization"] = f"Bearer {token}"
        server.wait_until_ready()
        if CRDS:
            server.define(Path(CRDS))
        yield server


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _is_established(definition: Object) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
