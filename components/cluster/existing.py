"""A cluster that somebody else runs, reached through a kubeconfig and one of its contexts."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import yaml

from components.cluster.contract import Cluster, Facts, Identity, LoadBalancing
from spec.cluster import ExistingCluster as Spec

_LOAD_BALANCING = {"service": LoadBalancing.SERVICE, "nodePort": LoadBalancing.NODE_PORT}


class NoSuchContext(pulumi.RunError):
    """A context that the kubeconfig does not have."""

    def __init__(self, context: str, path: str, there_are: list[str]) -> None:
        near = get_close_matches(context, there_are, n=1)
        hint = f"did you mean {near[0]}?" if near else f"contexts: {', '.join(there_are) or 'none'}"
        super().__init__(f"{path} has no context {context}: {hint}")


def only(kubeconfig: dict[str, Any], context: str, path: str) -> dict[str, Any]:
    """Return a kubeconfig with one context, and the cluster and user that it names; nobody else's credentials.

    ``path`` is named in the error. Raises NoSuchContext.
    """
    contexts = {each["name"]: each for each in kubeconfig.get("contexts") or ()}
    if context not in contexts:
        raise NoSuchContext(context, path, sorted(contexts))
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
    none of them enters the state, and the graph is the same on a machine that has no such file. Where the file is
    there, its context is checked before the first resource.
    """

    def __init__(self, name: str, spec: Spec, opts: pulumi.ResourceOptions) -> None:
        """Refer to the cluster. Raises NoSuchContext where the kubeconfig is there and has no such context."""
        super().__init__("cluster:ExistingCluster", name, opts)
        path = Path(spec.kubeconfig).expanduser()
        self.kubeconfig = pulumi.Output.secret(_read(path, spec.context))
        self.storage_class = spec.storage_class
        self.facts = Facts(
            # Nobody has promised that its control plane can be scraped.
            managed_control_plane=True,
            load_balancing=_LOAD_BALANCING[spec.load_balancer],
            metrics_server=spec.metrics_server,
        )
        self.provider = kubernetes.Provider(
            name, kubeconfig=str(path), context=spec.context, cluster_identifier=spec.context, opts=self.child()
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


def _read(path: Path, context: str) -> str:
    """Return the context's own kubeconfig; empty, after a warning, where there is no file: the provider then fails."""
    if not path.is_file():
        pulumi.log.warn(f"{path} does not exist; the cluster can't be reached without it")
        return ""
    return yaml.safe_dump(only(yaml.safe_load(path.read_text()) or {}, context, str(path)), sort_keys=False)
