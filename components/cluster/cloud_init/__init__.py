"""What a machine boots with: cloud-config that makes it a node of a kubeadm cluster, without SSH and without hands.

The files beside this one go onto the machine as they are. Everything in which machines differ is in `machine.env`:
settings for bootstrap.sh, and what envsubst puts into the placeholders of kubeadm's configuration. Secrets are in
neither; the machine fetches them by its own role.
"""

from __future__ import annotations

import base64
import gzip
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml

Role = Literal["first", "control-plane", "worker"]
"""`first` founds the cluster where there is none, and is a `control-plane` machine otherwise."""

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html: before it is encoded as base64.
MAX_USER_DATA = 16 * 1024

_HERE = Path(__file__).parent
_OURS, _UNITS = "/opt/groundwork", "/etc/systemd/system"
_EVERYWHERE = {
    "lib.sh": _OURS,
    "bootstrap.sh": _OURS,
    "upgrade.sh": _OURS,
    "fetch_secret.py": _OURS,
    "join.yaml": _OURS,
    "groundwork-bootstrap.service": _UNITS,
    "groundwork-upgrade.service": _UNITS,
    "groundwork-upgrade.timer": _UNITS,
    "kubernetes.conf": "/etc/sysctl.d",
    "modules.conf": "/etc/modules-load.d",
}
_CONTROL_PLANE = {
    "init.yaml": _OURS,
    "etcd_snapshot.py": _OURS,
    "restore_etcd.sh": _OURS,
    "remove_lost_members.py": _OURS,
    "remove_lost_nodes.py": _OURS,
    "upgrade_nodes.py": _OURS,
    "groundwork-etcd.service": _UNITS,
    "groundwork-etcd.timer": _UNITS,
    "groundwork-nodes.service": _UNITS,
    "groundwork-nodes.timer": _UNITS,
    "groundwork-upgrades.service": _UNITS,
    "groundwork-upgrades.timer": _UNITS,
}


def user_data(role: Role, settings: Mapping[str, str]) -> str:
    """Return the cloud-config of a machine as AWS takes it: compressed, which cloud-init sees by itself, in base64.

    ``settings`` are environment variables that the machine's scripts read. Raises ValueError for more than AWS takes.
    """
    files = _EVERYWHERE | ({} if role == "worker" else _CONTROL_PLANE)
    units = [Path(name).name for name in files if name.endswith(("bootstrap.service", ".timer"))]
    config = {
        "write_files": [
            {
                "path": "/etc/groundwork/machine.env",
                "content": _environment({"ROLE": role, **settings}),
            },
            {"path": "/etc/containerd/config.toml", "content": _text("containerd.toml")},
            *(_file(name, directory) for name, directory in files.items()),
        ],
        # Not waited for: cloud-init is done when the machine is up, systemd is when it is a node.
        "runcmd": [["systemctl", "enable", "--now", "--no-block", *units]],
    }
    text = "#cloud-config\n" + yaml.dump(config, Dumper=_Dumper, sort_keys=False, width=1000)
    # Without a time in it: what has not changed must not look as if it had.
    compressed = gzip.compress(text.encode(), mtime=0)
    if len(compressed) > MAX_USER_DATA:
        raise ValueError(f"user data of a {role} machine has {len(compressed)} bytes; AWS takes {MAX_USER_DATA}")
    return base64.b64encode(compressed).decode()


def _file(name: str, directory: str) -> dict[str, str]:
    mode = {"permissions": "0755"} if name.endswith((".sh", ".py")) else {}
    return {"path": f"{directory}/{name}", **mode, "content": _text(name)}


def _text(name: str) -> str:
    return (_HERE / name).read_text()


def _environment(settings: Mapping[str, str]) -> str:
    """Return an EnvironmentFile of systemd, whose quotes are the shell's."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are, so that user data can be read where AWS shows it."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent)
