"""k3d: k3s in containers on this machine, for development."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pulumi
from pulumi_command import local

from components.cluster.contract import Cluster, Cni, Facts, Identity, LoadBalancing
from components.cluster.provider import provider
from spec.cluster import K3dCluster as Spec

# Label on the node containers with a digest of what the cluster was made from.
_MADE_FROM = "groundwork.config"

# A cluster of that name is taken over only if it was made from this very configuration, as after an `up` that was
# killed between k3d's last step and Pulumi's checkpoint. k3d itself refuses any other, but not in words that help.
_CREATE = """\
set -eu
command -v k3d >/dev/null || { echo 'k3d is not on the PATH: https://k3d.io/stable/#installation' >&2; exit 1; }
if there=$(k3d cluster list "$CLUSTER" -o json 2>/dev/null); then
  case $there in *"$DIGEST"*) exit 0 ;; esac
  echo "a k3d cluster called $CLUSTER exists already, made from another configuration:" >&2
  echo "give this one another cluster.name, or remove that one with: k3d cluster delete $CLUSTER" >&2
  exit 1
fi
mkdir -p "$STORAGE"
k3d cluster create --config -
"""
_DELETE = 'k3d cluster delete "$CLUSTER"'


def simple_config(spec: Spec) -> dict[str, Any]:
    """Return k3d's Simple configuration of a cluster: https://k3d.io/stable/usage/configfile/."""
    left_out = ["traefik", *([] if spec.service_lb else ["servicelb"])]
    return {
        "apiVersion": "k3d.io/v1alpha5",
        "kind": "Simple",
        "metadata": {"name": spec.name},
        "servers": spec.servers,
        "agents": spec.agents,
        "image": spec.image,
        # The API server is for this machine; the two ports below are for whoever can reach it.
        "kubeAPI": {"hostIP": "127.0.0.1"},
        "ports": [
            {"port": f"{spec.http_port}:80", "nodeFilters": ["loadbalancer"]},
            {"port": f"{spec.https_port}:443", "nodeFilters": ["loadbalancer"]},
        ],
        "volumes": [{"volume": f"{spec.storage_path}:/var/lib/rancher/k3s/storage", "nodeFilters": ["all"]}],
        "options": {
            "k3d": {"wait": True, "timeout": "300s"},
            "k3s": {"extraArgs": [{"arg": f"--disable={part}", "nodeFilters": ["server:*"]} for part in left_out]},
            # Whoever works with other clusters finds their kubeconfig as it was.
            "kubeconfig": {"updateDefaultKubeconfig": False, "switchCurrentContext": False},
        },
    }


class K3dCluster(Cluster):
    """A k3d cluster that the program creates and deletes.

    k3d changes neither image nor ports nor volumes of a cluster, so any change of its configuration replaces it: the
    old one goes first, since both would want the same ports, and with it everything that ran there. The files of its
    volumes stay in ``storage_path``, also after `destroy`.
    """

    storage_class = "local-path"
    facts = Facts(
        # k3s runs scheduler, controller manager and its store inside one process, with no endpoints of their own.
        managed_control_plane=True,
        load_balancing=LoadBalancing.SERVICE,
        metrics_server=True,
        cni=Cni("/var/lib/rancher/k3s/agent/etc/cni/net.d", "/bin"),
    )

    def __init__(self, name: str, spec: Spec, opts: pulumi.ResourceOptions) -> None:
        super().__init__("cluster:K3dCluster", name, opts)
        config = simple_config(spec)
        digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]
        config["options"]["runtime"] = {"labels": [{"label": f"{_MADE_FROM}={digest}", "nodeFilters": ["server:*"]}]}
        cluster = local.Command(
            name,
            create=_CREATE,
            delete=_DELETE,
            environment={"CLUSTER": spec.name, "DIGEST": digest, "STORAGE": spec.storage_path},
            stdin=json.dumps(config),
            triggers=[digest],
            add_previous_output_in_env=False,
            opts=self.child(delete_before_replace=True),
        )
        access = local.Command(
            f"{name}-kubeconfig",
            create='k3d kubeconfig get "$CLUSTER"',
            environment={"CLUSTER": spec.name},
            # A cluster that was replaced has another certificate authority.
            triggers=[cluster.id],
            logging=local.Logging.NONE,
            add_previous_output_in_env=False,
            opts=self.child(additional_secret_outputs=["stdout"]),
        )
        self.kubeconfig = pulumi.Output.secret(access.stdout)
        self.provider = provider(
            name,
            kubeconfig=self.kubeconfig,
            # Another digest is another cluster, and an empty one: what was in the old one has to be made again.
            identifier=f"k3d-{spec.name}-{digest}",
            # What was in a cluster that has been replaced went with it; nothing is left to ask for its deletion.
            delete_unreachable=True,
            opts=self.child(),
        )
        machines = [("server", spec.servers), ("agent", spec.agents)]
        self.nodes = pulumi.Output.from_input(
            [
                {"name": f"k3d-{spec.name}-{role}-{number}", "type": "container", "zone": "this machine", "pool": role}
                for role, count in machines
                for number in range(count)
            ]
        )
        self.register_outputs({"nodes": self.nodes})

    def identity_for(
        self,
        name: str,
        namespace: pulumi.Input[str],
        service_account: str,
        policy: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> Identity:
        """Raise NotImplementedError: there is no cloud to be somebody to."""
        raise NotImplementedError("pods of a k3d cluster have no identity in a cloud")
