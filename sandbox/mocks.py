"""The emulated cloud as `pulumi.runtime.Mocks`, for what needs a program's registrations but no engine."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import MockCallArgs, MockResourceArgs, resource, settings, stack
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret, wrap_rpc_secret

from sandbox import registry, schema, wire
from sandbox.account import Cloud, package_of
from sandbox.emulator import UNKNOWN, Emulator, Properties, Refused, Resource


class EmulatedMocks(pulumi.runtime.Mocks):
    """Registrations are checked and, unless it is a preview, created in an account of this object's own.

    preview: give what would be known in a first preview; call `set_mocks(..., preview=True)` with it.
    Raises Refused, out of the program, for what an emulator does not have or the cloud would not take.
    """

    def __init__(self, preview: bool = False) -> None:
        self.cloud = Cloud()
        self.preview = preview
        self.registered: list[MockResourceArgs] = []
        """Every registration in order, with its inputs as the program gave them (secrets wrapped)."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict]:
        self.registered.append(args)
        package = package_of(args.typ)
        if args.typ.startswith("pulumi:"):
            if package in registry.PACKAGES:
                self.cloud.configure(package, _provider_urn(package, args.name), _plain(args.inputs))
            return args.resource_id or f"{args.name}-id", args.inputs
        if not args.custom and not args.resource_id:
            return None, args.inputs
        # A reference to a provider is its URN, whose last part is its name, and its id.
        provider = _provider_urn(package, args.provider.split("::")[-2]) if args.provider else ""
        r = Resource(args.typ, args.name, f"urn:pulumi:stack::project::{args.typ}::{args.name}", provider)
        inputs = _plain(args.inputs)
        id, outputs = self.cloud.ask(package, lambda emulator: self._answer(emulator, r, args.resource_id, inputs))
        secrets = {key for key, value in args.inputs.items() if is_rpc_secret(value)} | _secrets(r.type)
        return id, {
            key: wrap_rpc_secret(wire.plain(value)) if key in secrets else wire.plain(value)
            for key, value in outputs.items()
        }

    def _answer(self, emulator: Emulator, r: Resource, id: str | None, inputs: Properties) -> tuple[str, Properties]:
        if id:
            found = emulator.read(r, id, {}, inputs)
            if found is None:
                raise Refused(f"{r.type} {id} does not exist")
            return id, found[1]
        checked = emulator.check(r, {}, inputs)
        return ("", emulator.preview(r, checked)) if self.preview else emulator.create(r, checked)

    def call(self, args: MockCallArgs) -> tuple[dict, list[tuple[str, str]] | None]:
        package, given = package_of(args.token), _plain(args.args)
        provider = _provider_urn(package, args.provider.split("::")[-2]) if args.provider else ""
        return self.cloud.ask(package, lambda emulator: emulator.invoke(args.token, given, provider)), []


def run_under(monitor: pulumi_mocks.MockMonitor, program: Callable[[], Any], *, preview: bool = False) -> None:
    """Run a function that makes resources against a monitor, and wait until all of them are registered.

    Whatever the program raises is raised here. Registrations do not say where in the program they were made: the SDK
    takes a sixth of a run to find out, for messages of the engine's.
    """
    # In a thread of its own, as the caller's may have an event loop.
    nowhere = patch.object(resource, "_get_stack_trace", source_pb2.StackTrace)
    with nowhere, ThreadPoolExecutor(1) as thread:
        thread.submit(contextvars.copy_context().run, _run_under, monitor, program, preview).result()


def _run_under(monitor: pulumi_mocks.MockMonitor, program: Callable[[], Any], preview: bool) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        settings.reset_options(project="groundwork", stack="test", preview=preview)
        pulumi_mocks.set_mocks(monitor.mocks, "groundwork", "test", preview=preview, monitor=monitor)
        # A component's constructor may fail while registrations of its children are still under way: drain them.
        loop.run_until_complete(stack.run_pulumi_func(lambda: _discard(program())))
    except BaseException:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        raise
    finally:
        settings.reset_options()
        loop.close()
        asyncio.set_event_loop(None)


def _discard(_: Any) -> None:
    """A program may return what it made; the engine wants nothing."""


def _provider_urn(package: str, name: str) -> str:
    return f"urn:pulumi:stack::project::pulumi:providers:{package}::{name}"


def _secrets(type: str) -> frozenset[str]:
    """Outputs that the SDK has kept secret; none for a package whose SDK is made otherwise."""
    try:
        return schema.of(type).secrets
    except (Refused, FileNotFoundError):
        return frozenset()


def _plain(value: Any) -> Any:
    """Inputs as an emulator takes them: secrets unwrapped, unknowns as UNKNOWN, assets as their signatures."""
    if is_rpc_secret(value):
        return _plain(unwrap_rpc_secret(value))
    match value:
        case Unknown():
            return UNKNOWN
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case pulumi.FileAsset() | pulumi.FileArchive():
            return {wire.SIGNATURE: wire.ASSET, "path": value.path}
        case pulumi.StringAsset():
            return {wire.SIGNATURE: wire.ASSET, "text": value.text}
    return value
