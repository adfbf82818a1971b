"""A cluster that somebody else runs, reached through a kubeconfig and one of its contexts."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pulumi
import yaml

from components.cluster.contract import Cluster, Facts, Identity, LoadBalancing
from components.cluster.provider import provider
from spec.cluster import ExistingCluster as Spec

_LOAD_BALANCING = {"service": LoadBalancing.SERVICE, "nodePort": LoadBalancing.NODE_PORT}


class Unreachable(Exception):
    """A kubeconfig that leads nowhere: no file, or no such context in it."""


def only(path: Path, context: str) -> dict[str, Any]:
    """Return the kubeconfig at ``path`` with one context, its cluster and its user; nobody else's credentials.

    Raises Unreachable, with the contexts that there are.
    """
    if not path.is_file():
        raise Unreachable(f"{path} does not exist")
    kubeconfig = yaml.safe_load(path.read_text()) or {}
    contexts = {each["name"]: each for each in kubeconfig.get("contexts") or ()}
    if context not in contexts:
        near = get_close_matches(context, contexts, n=1)
        hint = f"did you mean {near[0]}?" if near else f"contexts: {', '.join(sorted(contexts)) or 'none'}"
        raise Unreachable(f"{path} has no context {context}: {hint}")
    chosen = contexts[context]["context"]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [each for each in kubeconfig.get("clusters") or () if each["name"] == chosen["cluster"]],
        "users": [each for each in kubeconfig.get("users") or () if each["name"] == chosen.get("user")],
        "contexts": [contexts[context]],
        "current-context": context,
    }


class ExistingCluster(Cluster):
    """A cluster that is there already; the program changes what is in it, never the cluster itself.

    The provider gets the kubeconfig's path and reads it when it is used: credentials that a plugin renews stay fresh,
    none of them reaches the provider's state, and the resources are the same on a machine that has no such file. What
    is wrong with the file is therefore a warning, with the remedy; to refuse is up to whoever connects.
    """

    def __init__(self, name: str, spec: Spec, opts: pulumi.ResourceOptions) -> None:
        super().__init__("cluster:ExistingCluster", name, opts)
        try:
            found = yaml.safe_dump(only(Path(spec.kubeconfig).expanduser(), spec.context), sort_keys=False)
        except Unreachable as error:
            pulumi.log.warn(f"cluster {spec.context}: {error}")
            found = ""
        self.kubeconfig = pulumi.Output.secret(found)
        self.storage_class = spec.storage_class
        self.facts = Facts(
            # Nobody has promised that its control plane can be scraped.
            managed_control_plane=True,
            load_balancing=_LOAD_BALANCING[spec.load_balancer],
            metrics_server=spec.metrics_server,
            operators_answer=spec.wait_for_operators,
        )
        self.provider = provider(
            name,
            # As it stands in the spec: the provider expands a leading ~, and the state holds nobody's home directory.
            kubeconfig=spec.kubeconfig,
            context=spec.context,
            identifier=spec.context,
            opts=self.child(),
        )
        self.nodes = pulumi.Output.from_input(list[dict[str, Any]]())
        self.register_outputs({})

    def identity_for(
        self,
        name: str,
        namespace: pulumi.Input[str],
        service_account: str,
        policy: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> Identity:
        """Raise NotImplementedError: whoever runs the cluster has not said how its pods reach a cloud."""
        raise NotImplementedError("pods of an existing cluster have no identity that the program could give them")
