"""How a component's emulator makes its children: through the engine, as a component provider does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from sandbox import wire
from sandbox.account import package_of
from sandbox.emulator import Properties

CHANNEL_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@dataclass(frozen=True)
class Child:
    """A resource that was registered. In a preview an output not known is UNKNOWN, and `id` is empty."""

    urn: str
    id: str
    outputs: Properties

    @property
    def reference(self) -> Properties:
        """What stands for it among the component's outputs."""
        return wire.reference(self.urn, self.id)


class Scope:
    """One component under construction."""

    def __init__(self, request: provider_pb2.ConstructRequest) -> None:
        self._request = request
        self._channel = grpc.insecure_channel(request.monitorEndpoint, options=CHANNEL_OPTIONS)
        self._monitor = resource_pb2_grpc.ResourceMonitorStub(self._channel)
        self.preview: bool = request.dryRun
        self.dependencies = {urn for given in request.inputDependencies.values() for urn in given.urns} | set(
            request.dependencies
        )
        """URNs that the component's inputs come from: children have to wait for them too."""
        response = self._monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(
                type=request.type,
                name=request.name,
                parent=request.parent,
                object=request.inputs,
                dependencies=sorted(self.dependencies),
                providers=request.providers,
                aliases=request.aliases,
                aliasSpecs=True,
                protect=request.protect,
                acceptSecrets=True,
                acceptResources=True,
            )
        )
        self.urn: str = response.urn

    def register(
        self,
        type: str,
        name: str,
        inputs: Mapping[str, Any],
        *,
        parent: str = "",
        dependencies: Iterable[str] = (),
        secret_outputs: Iterable[str] = (),
        ignore_changes: Iterable[str] = (),
    ) -> Child:
        """Register a child and wait until it is there. `inputs` may hold UNKNOWN, Secret and references.

        parent: URN of another child; the component itself by default. A child inherits the component's
        provider of its package. Raises Refused through the engine if the child cannot be made.
        """
        package = package_of(type)
        response = self._monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(
                type=type,
                name=name,
                custom=True,
                parent=parent or self.urn,
                object=wire.pack(inputs),
                dependencies=sorted({*self.dependencies, *dependencies}),
                provider=self._request.providers.get(package, ""),
                version=version(f"pulumi-{package}"),
                protect=self._request.protect,
                retainOnDelete=self._request.retainOnDelete,
                additionalSecretOutputs=list(secret_outputs),
                ignoreChanges=list(ignore_changes),
                acceptSecrets=True,
                acceptResources=True,
                supportsPartialValues=True,
            )
        )
        return Child(response.urn, response.id, wire.unpack(response.object))

    def look_up(self, urn: str) -> Properties:
        """The outputs of a resource that came as a reference only."""
        answer = self._monitor.Invoke(
            resource_pb2.ResourceInvokeRequest(
                tok="pulumi:pulumi:getResource", args=wire.pack({"urn": urn}), acceptResources=True
            )
        )
        return wire.unpack(getattr(answer, "return"))["state"]

    def finish(self, outputs: Mapping[str, Any]) -> provider_pb2.ConstructResponse:
        """Register the component's outputs and answer the request."""
        state = wire.pack(outputs)
        self._monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn=self.urn, outputs=state))
        self._channel.close()
        return provider_pb2.ConstructResponse(urn=self.urn, state=state)
