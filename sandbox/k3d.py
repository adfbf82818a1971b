"""The emulated k3d that commands find on their PATH: https://k3d.io/stable/usage/commands/k3d/."""

from __future__ import annotations

import argparse
import json
import os
import sys
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft7Validator, ValidationError

from sandbox.command import ACCOUNT
from sandbox.emulator import Properties, Resource
from sandbox.schema import did_you_mean
from sandbox.tls import Tls

Schema = Mapping[str, Any]

VERSION: Final = "k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)"


def _object(*texts: str, required: Sequence[str] = (), **others: Schema) -> Schema:
    """The schema of an object that has these fields and no other; those that are not described hold text."""
    fields = dict.fromkeys(texts, _TEXT) | others
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


def _each(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _on_nodes(*texts: str, required: Sequence[str] = ()) -> Schema:
    """The schema of a list whose items say which nodes they are for."""
    return _each(_object(*texts, required=required, nodeFilters=_each(_TEXT)))


_TEXT: Final[Schema] = {"type": "string"}
_YES_OR_NO: Final[Schema] = {"type": "boolean"}
_CONFIG: Final = _object(
    *("image", "network", "subnet", "token"),
    required=("apiVersion", "kind"),
    apiVersion={"enum": ["k3d.io/v1alpha5"]},
    kind={"enum": ["Simple"]},
    metadata=_object(name={"type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"}),
    servers={"type": "number", "minimum": 1},
    agents={"type": "number", "minimum": 0},
    kubeAPI=_object("host", "hostIP", "hostPort"),
    volumes=_on_nodes("volume"),
    ports=_on_nodes("port"),
    env=_on_nodes("envVar"),
    files=_on_nodes("source", "destination", "description", required=("source", "destination")),
    options=_object(
        k3d=_object(
            timeout={},
            loadbalancer=_object(configOverrides={"type": "array"}),
            **dict.fromkeys(("wait", "disableLoadbalancer", "disableImageVolume", "disableRollback"), _YES_OR_NO),
        ),
        k3s=_object(extraArgs=_on_nodes("arg"), nodeLabels=_on_nodes("label")),
        kubeconfig=_object(updateDefaultKubeconfig=_YES_OR_NO, switchCurrentContext=_YES_OR_NO),
        runtime=_object(
            *("gpuRequest", "serversMemory", "agentsMemory"),
            hostPidMode=_YES_OR_NO,
            labels=_on_nodes("label"),
            ulimits=_each(_object("name", soft={"type": "number"}, hard={"type": "number"})),
        ),
    ),
    registries=_object(
        "config",
        use=_each(_TEXT),
        create=_object(
            *("name", "host", "hostPort", "image"),
            proxy=_object("remoteURL", "username", "password"),
            volumes=_each(_TEXT),
            enforcePortMatch=_YES_OR_NO,
        ),
    ),
    hostAliases=_each(_object("ip", hostnames=_each(_TEXT))),
)
"""What k3d takes: https://github.com/k3d-io/k3d/blob/v5.8.3/pkg/config/v1alpha5/schema.json. Fields that it would
ignore without a word, in `options.runtime` and `hostAliases`, are refused as well."""


class Failed(Exception):
    """The command fails, for the reason given."""


def _clusters() -> Path:
    directory = Path(os.environ[ACCOUNT]) / "k3d"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _cluster(name: str) -> dict[str, Any]:
    path = _clusters() / f"{name}.json"
    if not path.exists():
        raise Failed(f"No nodes found for cluster '{name}'")
    return json.loads(path.read_text())


def _read(path: str) -> dict[str, Any]:
    """A cluster's configuration file, checked."""
    try:
        config = yaml.safe_load(sys.stdin.read() if path == "-" else Path(path).read_text())
    except (OSError, yaml.YAMLError) as error:
        raise Failed(f"Failed to read config file {path}: {error}") from error
    if not isinstance(config, dict) or config.get("apiVersion") != "k3d.io/v1alpha5" or config.get("kind") != "Simple":
        raise Failed(f"{path} is not of apiVersion k3d.io/v1alpha5 and kind Simple")
    if mistakes := [_said(error) for error in Draft7Validator(_CONFIG).iter_errors(config)]:
        raise Failed(f"{path} is no SimpleConfig: {'; '.join(mistakes)}")
    return config


def _said(error: ValidationError) -> str:
    """A mistake and where it stands, with the field that an unknown one was meant to be."""
    where = ".".join(map(str, error.absolute_path)) or "at the top"
    if error.validator != "additionalProperties":
        return f"{where}: {error.message}"
    schema: Any = error.schema
    given: Any = error.instance
    known = schema["properties"]
    unknown = [f"{each} is not allowed{did_you_mean(each, known)}" for each in given if each not in known]
    return f"{where}: {', '.join(unknown)}"


def _pem(type: str, inputs: Properties, output: str) -> str:
    tls = Tls()
    return tls.create(Resource(type, "k3d", "", ""), tls.check(Resource(type, "k3d", "", ""), {}, inputs))[1][output]


def _kubeconfig(name: str, host: str, port: int) -> str:
    """Administrator's access to a cluster, with a key and certificates that are valid by themselves."""
    key = _pem("tls:index/privateKey:PrivateKey", {"algorithm": "ECDSA", "ecdsaCurve": "P256"}, "privateKeyPem")

    def certificate(common_name: str, ca: bool) -> str:
        inputs = {
            "privateKeyPem": key,
            "subject": {"commonName": common_name, "organization": "system:masters"},
            "validityPeriodHours": 87600 if ca else 8760,
            "isCaCertificate": ca,
            "allowedUses": ["cert_signing"] if ca else ["digital_signature", "client_auth"],
        }
        return _pem("tls:index/selfSignedCert:SelfSignedCert", inputs, "certPem")

    def data(pem: str) -> str:
        return b64encode(pem.encode()).decode()

    cluster, user = f"k3d-{name}", f"admin@k3d-{name}"
    authority = data(certificate("k3s-server-ca", True))
    server = {"server": f"https://{host}:{port}", "certificate-authority-data": authority}
    admin = {"client-certificate-data": data(certificate("system:admin", False)), "client-key-data": data(key)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": server}],
        "users": [{"name": user, "user": admin}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": user}}],
        "current-context": cluster,
        "preferences": {},
    }
    return yaml.safe_dump(config, sort_keys=False)


def create(options: argparse.Namespace) -> None:
    """Create the cluster that a configuration file describes."""
    config = _read(options.config)
    name = options.name or (config.get("metadata") or {}).get("name") or "k3s-default"
    path = _clusters() / f"{name}.json"
    if path.exists():
        raise Failed(f"Failed to create cluster '{name}' because a cluster with that name already exists")
    api = config.get("kubeAPI") or {}
    kubeconfig = _kubeconfig(name, api.get("host") or "0.0.0.0", int(api.get("hostPort") or 6550))
    path.write_text(json.dumps({"name": name, "config": config, "kubeconfig": kubeconfig}))
    print(f"INFO[0000] Cluster '{name}' created successfully!", file=sys.stderr)


def listing(options: argparse.Namespace) -> None:
    """List the clusters, or those named."""
    found = []
    for path in sorted(_clusters().glob("*.json")):
        cluster = json.loads(path.read_text())
        servers, agents = (int(cluster["config"].get(role) or less) for role, less in (("servers", 1), ("agents", 0)))
        runtime = (cluster["config"].get("options") or {}).get("runtime") or {}
        labels = dict(each["label"].split("=", 1) for each in runtime.get("labels") or ())
        if not options.names or cluster["name"] in options.names:
            state = {"runtimeLabels": labels, "State": {"Running": True}}
            nodes = [
                {"name": f"k3d-{cluster['name']}-{role}-{i}", "role": role, **state}
                for role, number in (("server", servers), ("agent", agents))
                for i in range(number)
            ]
            counts = {"serversCount": servers, "agentsCount": agents}
            running = {"serversRunning": servers, "agentsRunning": agents}
            found.append({"name": cluster["name"], "nodes": nodes, **counts, **running})
    if missing := set(options.names) - {cluster["name"] for cluster in found}:
        raise Failed(f"No nodes found for cluster '{missing.pop()}'")
    if options.output == "json":
        print(json.dumps(found))
        return
    rows = [("NAME", "SERVERS", "AGENTS", "LOADBALANCER")] if not options.no_headers else []
    for cluster in found:
        servers, agents = cluster["serversCount"], cluster["agentsCount"]
        rows.append((cluster["name"], f"{servers}/{servers}", f"{agents}/{agents}", "true"))
    print("\n".join("   ".join(row) for row in rows))


def delete(options: argparse.Namespace) -> None:
    """Delete clusters; one that is not there is no error, as with the real one."""
    for name in options.names:
        (_clusters() / f"{name}.json").unlink(missing_ok=True)
        print(f"INFO[0000] Successfully deleted cluster {name}!", file=sys.stderr)


def kubeconfig(options: argparse.Namespace) -> None:
    """Print a cluster's kubeconfig."""
    print(_cluster(options.name)["kubeconfig"], end="")


def main(argv: list[str]) -> int:
    """Run one command; what is not emulated is refused by argparse, with 2."""
    parser = argparse.ArgumentParser(prog="k3d")
    nouns = parser.add_subparsers(required=True)
    nouns.add_parser("version").set_defaults(run=lambda _: print(VERSION))
    verbs = nouns.add_parser("cluster").add_subparsers(required=True)
    made = verbs.add_parser("create")
    made.add_argument("name", nargs="?")
    made.add_argument("-c", "--config", required=True)
    made.add_argument("--wait", action="store_true")
    made.add_argument("--timeout")
    made.add_argument("--kubeconfig-update-default", choices=("true", "false"))
    made.add_argument("--kubeconfig-switch-context", choices=("true", "false"))
    made.set_defaults(run=create)
    for verb in ("list", "get"):
        listed = verbs.add_parser(verb)
        listed.add_argument("names", nargs="*")
        listed.add_argument("-o", "--output", choices=("json",))
        listed.add_argument("--no-headers", action="store_true")
        listed.set_defaults(run=listing)
    deleted = verbs.add_parser("delete")
    deleted.add_argument("names", nargs="+")
    deleted.set_defaults(run=delete)
    got = nouns.add_parser("kubeconfig").add_subparsers(required=True).add_parser("get")
    got.add_argument("name")
    got.set_defaults(run=kubeconfig)
    options = parser.parse_args(argv)
    try:
        options.run(options)
        return 0
    except Failed as error:
        print(f"FATA[0000] {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
