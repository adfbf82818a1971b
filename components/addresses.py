"""Where the services find their engines, kept in the cluster for workloads that a Git repository describes."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.app_services import Surroundings
from components.component import Component
from components.namespaces import Namespaces


def config_map(service: str) -> str:
    """Return the name of the ConfigMap with what a service is told of the engines that it uses."""
    return f"{service}-engines"


class Addresses(Component):
    """A ConfigMap for each service that uses an engine: the variables that are no secret, such as PGHOST.

    The address of a managed database is made up by the cloud. A repository refers to it here, and so stays true when
    the database is made anew.
    """

    def __init__(
        self, name: str, around: Surroundings, *, namespaces: Namespaces, opts: pulumi.ResourceOptions
    ) -> None:
        """Write down what the services of ``around`` are told of its engines."""
        super().__init__("app:Addresses", name, opts)
        for service in around.services:
            variables = [each for endpoint in around.endpoints(service) for each in endpoint.environment()]
            plain = {each["name"]: each["value"] for each in variables if "value" in each}
            if plain:
                ConfigMap(
                    f"{name}-{service.name}",
                    metadata={"name": config_map(service.name), "namespace": namespaces.ensure(service.namespace)},
                    data=plain,
                    opts=self.child(),
                )
        self.register_outputs({})
