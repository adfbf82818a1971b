"""The provider process: one gRPC server a package, all over one account.

`python -m sandbox.server` writes one line of JSON to stdout once its ports are open, another once the
account is loaded, and serves until its stdin ends or SIGTERM comes; then the account is saved. Its parent's
death ends its stdin, so that what a killed run created is not forgotten.
"""

from __future__ import annotations

import argparse
import functools
import json
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox import faults, registry, wire
from sandbox.account import Cloud, Key, type_of
from sandbox.command import ACCOUNT
from sandbox.emulator import Emulator, Properties, Refused, Resource, Secret

WORKERS: Final = 256
"""Threads that answer requests: one that a fault delays holds its thread, and must not keep the others waiting."""

CHANNEL_OPTIONS: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
"""No message is too long: gRPC's own limit is 4 MB."""

log = logging.getLogger("sandbox")


def answering(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose Refused becomes an error of the request, and whose bugs name emulator and resource."""

    @functools.wraps(method)
    def answer(self: Provider, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except Refused as refusal:
            at = f"{refusal.property}: " if refusal.property else ""
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{at}{refusal.reason}")
        except grpc.RpcError as error:
            context.abort(grpc.StatusCode.UNKNOWN, cast(grpc.Call, error).details() or "")
        except Exception as error:
            subject = getattr(request, "urn", "") or getattr(request, "tok", "") or method.__name__
            log.error("%s %s\n%s", method.__name__, subject, traceback.format_exc())
            where = traceback.extract_tb(error.__traceback__)[-1]
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"the emulator of {self.package} failed at {Path(where.filename).name}:{where.lineno}: "
                f"{type(error).__name__}: {error}",
            )

    return answer


def echo(message: Struct, before: Properties, after: Properties) -> Struct:
    """The message that `before` was read from, with its secrets, if nothing was changed in it."""
    return message if after == before else wire.pack(wire.sealed(after, Value(struct_value=message)))


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One package's provider. Requests of different provider instances come over different connections."""

    def __init__(self, package: str, cloud: Cloud, faults: faults.Faults) -> None:
        self.package = package
        self._cloud = cloud
        self._faults = faults
        self._instances: dict[str, str] = {}

    def _ask(self, question: Callable[[Emulator], Any]) -> Any:
        return self._cloud.ask(self.package, question)

    def _provider(self, context: grpc.ServicerContext) -> str:
        return self._instances.get(context.peer(), context.peer())

    def _resource(self, request: Any, context: grpc.ServicerContext) -> Resource:
        name = request.urn.split("::", 3)[3]
        return Resource(type_of(request.urn), name, request.urn, self._provider(context))

    def _outputs(self, outputs: Properties, *given: Struct) -> Struct:
        """Outputs as a message; secret, if a secret was given to an emulator that spreads it."""
        spreads = registry.kind(self.package).secrets_spread
        if spreads and any(wire.SECRET.encode() in message.SerializeToString() for message in given):
            outputs = {name: value if value is None else Secret(value) for name, value in outputs.items()}
        for message in given:
            outputs = wire.sealed(outputs, Value(struct_value=message))
        return wire.pack(outputs)

    # What every provider answers about itself

    def Attach(self, request, context):
        return Empty()

    def Cancel(self, request, context):
        self._faults.cancelled.set()
        return Empty()

    @answering
    def Handshake(self, request, context):
        # Where secrets are not accepted, the engine itself marks outputs that have a secret input's name.
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=version(f"pulumi-{self.package}"))

    def GetSchema(self, request, context):
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self.package}))

    def GetMapping(self, request, context):
        return provider_pb2.GetMappingResponse()

    # Configuration

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    @answering
    def DiffConfig(self, request, context):
        olds, news = wire.unpack(request.old_inputs), wire.unpack(request.news)
        replaces = self._ask(lambda emulator: emulator.replaces_provider(olds, news))
        return provider_pb2.DiffResponse(replaces=replaces)

    @answering
    def Configure(self, request, context):
        provider = request.urn or context.peer()
        self._instances[context.peer()] = provider
        self._cloud.configure(self.package, provider, wire.unpack(request.args))
        return provider_pb2.ConfigureResponse(supportsPreview=True, acceptSecrets=True)

    # Resources

    @answering
    def Check(self, request, context):
        r = self._resource(request, context)
        olds, news = wire.unpack(request.olds), wire.unpack(request.news)
        try:
            inputs = self._ask(lambda emulator: emulator.check(r, olds, news))
        except Refused as refusal:
            failure = provider_pb2.CheckFailure(property=refusal.property, reason=refusal.reason)
            return provider_pb2.CheckResponse(failures=[failure])
        return provider_pb2.CheckResponse(inputs=echo(request.news, news, inputs))

    @answering
    def Diff(self, request, context):
        """What replaces, and what never settles: the engine computes the rest, nested, where `changes` is not set."""
        r = self._resource(request, context)
        olds, news = wire.unpack(request.old_inputs), wire.unpack(request.news)
        replaces = self._ask(lambda emulator: emulator.replaces(r, olds, news))
        before = bool(replaces) and self._ask(lambda emulator: emulator.delete_before_replace(r, news))
        answer = provider_pb2.DiffResponse(replaces=replaces, deleteBeforeReplace=before)
        if differ := self._ask(lambda emulator: emulator.never_settles(r, news)):
            answer.changes = provider_pb2.DiffResponse.DIFF_SOME
            answer.diffs.extend(differ)
        return answer

    @answering
    def Create(self, request, context):
        r, inputs = self._resource(request, context), wire.unpack(request.properties)
        if request.preview:
            known = self._ask(lambda emulator: emulator.preview(r, inputs))
            return provider_pb2.CreateResponse(properties=self._outputs(known, request.properties))
        self._faults.strike(r.type, "create")

        def create(emulator: Emulator) -> tuple[str, Properties]:
            id, outputs = emulator.create(r, inputs)
            self._cloud.record(r, id, outputs)
            return id, outputs

        id, outputs = self._ask(create)
        return provider_pb2.CreateResponse(id=id, properties=self._outputs(outputs, request.properties))

    @answering
    def Read(self, request, context):
        r = self._resource(request, context)
        inputs, outputs = wire.unpack(request.inputs), wire.unpack(request.properties)
        self._faults.strike(r.type, "read")
        found = self._ask(lambda emulator: emulator.read(r, request.id, inputs, outputs))
        if found is None:
            self._cloud.record(r, request.id, None)
            return provider_pb2.ReadResponse()
        self._cloud.record(r, request.id, found[1])
        return provider_pb2.ReadResponse(
            id=request.id,
            inputs=echo(request.inputs, inputs, found[0]),
            properties=echo(request.properties, outputs, found[1]),
        )

    @answering
    def Update(self, request, context):
        r = self._resource(request, context)
        olds, news = wire.unpack(request.old_inputs), wire.unpack(request.news)
        before = wire.unpack(request.olds)
        if request.preview:
            known = self._ask(lambda emulator: emulator.preview_update(r, olds, news, before))
            return provider_pb2.UpdateResponse(properties=self._outputs(known, request.news, request.olds))
        self._faults.strike(r.type, "update")

        def update(emulator: Emulator) -> Properties:
            changed = emulator.update(r, request.id, olds, news, before)
            self._cloud.record(r, request.id, changed)
            return changed

        outputs = self._ask(update)
        return provider_pb2.UpdateResponse(properties=self._outputs(outputs, request.news, request.olds))

    @answering
    def Delete(self, request, context):
        r, outputs = self._resource(request, context), wire.unpack(request.properties)
        self._faults.strike(r.type, "delete")

        def delete(emulator: Emulator) -> None:
            emulator.delete(r, request.id, outputs)
            self._cloud.record(r, request.id, None)

        self._ask(delete)
        return Empty()

    # Functions; components that a provider would make, and their methods, are refused

    @answering
    def Invoke(self, request, context):
        args, provider = wire.unpack(request.args), self._provider(context)
        self._faults.strike(request.tok, "invoke")
        found = self._ask(lambda emulator: emulator.invoke(request.tok, args, provider))
        return provider_pb2.InvokeResponse(**{"return": wire.pack(found)})  # type: ignore

    @answering
    def Call(self, request, context):
        raise Refused(f"the sandbox does not have the method {request.tok}")

    @answering
    def Construct(self, request, context):
        raise Refused(f"the sandbox does not have the component {request.type}")


class Server:
    """The emulated cloud on loopback ports, one a package."""

    def __init__(self, cloud: Cloud, packages: list[str], injected: faults.Faults) -> None:
        self.cloud = cloud
        self._faults = injected
        self.ports: dict[str, int] = {}
        self._servers: list[grpc.Server] = []
        workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="provider")
        for package in packages:
            server = grpc.server(workers, options=CHANNEL_OPTIONS)
            provider = Provider(package, cloud, injected)
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
            self.ports[package] = server.add_insecure_port("127.0.0.1:0")
            server.start()
            self._servers.append(server)

    def warm(self) -> None:
        """Import and restore every emulator, so that no request has to wait for it."""
        for package in self.ports:
            try:
                registry.kind(package)
                self.cloud.emulator(package)
            except Exception:
                log.error("%s\n%s", package, traceback.format_exc())

    def stop(self) -> None:
        """Take no more requests, let those under way end, and save the account."""
        self._faults.cancelled.set()
        for stopped in [server.stop(grace=10.0) for server in self._servers]:
            stopped.wait()
        self.cloud.save()


def checkpoint_keys(path: Path) -> list[Key]:
    """What a checkpoint file lists as created; nothing if there is no file yet."""
    if not path.exists():
        return []
    latest = json.loads(path.read_text())["checkpoint"].get("latest") or {}
    return [
        Key(resource["urn"], resource["id"])
        for resource in latest.get("resources") or ()
        if resource.get("custom")
        and resource.get("id")
        and not resource.get("external")
        and not type_of(resource["urn"]).startswith("pulumi:")
    ]


def main(argv: list[str] | None = None) -> int:
    """Serve until stdin ends or SIGTERM comes."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.server", description="Serve the emulated cloud.")
    parser.add_argument("--account", type=Path, required=True, help="file of the emulated account")
    parser.add_argument("--checkpoint", type=Path, help="state that the account is made to follow")
    parser.add_argument("--only", default=",".join(registry.PACKAGES), help="packages, comma-separated")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ[ACCOUNT] = str(arguments.account.parent.absolute() / "account")
    injected = faults.Faults.parse(os.environ.get(faults.VARIABLE))
    server = Server(Cloud(arguments.account), arguments.only.split(","), injected)
    print(json.dumps({"ports": server.ports}), flush=True)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), done.set()), daemon=True).start()
    try:
        lost = server.cloud.load(checkpoint_keys(arguments.checkpoint) if arguments.checkpoint else None)
    except Exception as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    print(json.dumps({"lost": lost}), flush=True)
    threading.Thread(target=server.warm, daemon=True).start()
    done.wait()
    server.stop()
    print(json.dumps({"holds": server.cloud.holds()}), flush=True)
    return 0


if __name__ == "__main__":
    # What a server leaves to its interpreter's end would wait for threads that gRPC holds. Every line was flushed.
    os._exit(main())
