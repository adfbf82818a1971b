"""The commands of `python -m sandbox`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.account import Corrupt
from sandbox.providers import ROOT, Providers
from sandbox.workspace import Unusable, Workspace, attachment
from tools import ToolUnavailable, ensure

if TYPE_CHECKING:
    from pulumi import automation as auto

    from sandbox.engine import Narrator

tell = partial(print, file=sys.stderr, flush=True)
"""Everything but a command's product goes to stderr."""

say = partial(print, flush=True)
"""What the engine prints is the product of most commands."""


@dataclass
class Session:
    """One operation under way. recovered: the account lacks things that the state lists."""

    workspace: Workspace
    stack: auto.Stack
    say: Narrator
    providers: Providers
    recovered: bool

    @property
    def options(self) -> dict[str, Any]:
        """Options that every operation of the engine is run with."""
        return {
            "on_output": self.say,
            "on_error": once(tell),
            "color": "always" if sys.stdout.isatty() else "never",
            "suppress_progress": True,
        }


def once(write: Callable[[str], object]) -> Callable[[str], None]:
    """Return a writer of the engine's errors that leaves out what it repeats: the error that the program ended with.

    A program that runs inside of this process logs its error, and the engine then prints it as one that nobody handled.
    """
    repeats = False

    def write_once(line: str) -> None:
        nonlocal repeats
        repeats = repeats or "error: an unhandled error occurred:" in line
        if not repeats:
            write(line)

    return write_once


@contextmanager
def session(workspace: Workspace, command: str, say: Callable[[str], object] = say) -> Iterator[Session]:
    """Have a workspace, its providers and its engine. The providers start while the engine's API is imported."""
    with workspace.held(command) as notes:
        for note in notes:
            tell(note)
        with Providers(workspace) as providers:
            pulumi = ensure("pulumi")
            for key in workspace.prepare():
                tell(f"{key} is encrypted for others; the sandbox uses a stand-in.")
            from sandbox import engine

            with engine.Narrator(say) as narrator:
                stack = engine.stack(workspace, pulumi, providers.ports())
                lost = providers.lost()
                if lost:
                    tell(f"The account lacks {len(lost)} things of the state; it is refreshed first.")
                yield Session(workspace, stack, narrator, providers, bool(lost))


def up(arguments: argparse.Namespace) -> None:
    """Create or change what the stack describes."""
    with session(arguments.workspace, "up") as now:
        asked = {"refresh": now.recovered or None, "replace": arguments.replace, **_packs(arguments)}
        now.stack.up(suppress_outputs=True, **asked, **now.options)
        _show(now.workspace, f" in {now.say.seconds:.0f} s")


def show(arguments: argparse.Namespace) -> None:
    """Print what came up: endpoints, services, nodes, and how to look further."""
    _show(arguments.workspace)


def _show(workspace: Workspace, took: str = "") -> None:
    from sandbox import summary

    resources = workspace.deployment()["deployment"].get("resources", [])
    if not resources:
        raise Unusable(f"Nothing is up: python -m sandbox up {workspace.stack}")
    summary.show(summary.console(), workspace.stack, resources, took)


def preview(arguments: argparse.Namespace) -> None:
    """Show what `up` would change, and change nothing."""
    with session(arguments.workspace, "preview", *([tell] if arguments.json else [])) as now:
        asked = {"refresh": now.recovered or None, "replace": arguments.replace, **_packs(arguments)}
        if arguments.json:
            _preview_as_json(now, asked)
            return
        found = now.stack.preview(diff=True, **asked, **now.options)
        if not {kind for kind, number in found.change_summary.items() if number} - {"same", "read"}:
            now.say("No changes: what is there is what the stack describes.")


def _preview_as_json(now: Session, asked: dict[str, Any]) -> None:
    """Print the engine's document, also that of a preview which fails; why it did, is told besides."""
    lines: list[str] = []
    write = once(tell)
    try:
        now.stack.preview(json=True, color="never", on_output=lines.append, on_error=write, **asked)
    finally:
        text = "\n".join(lines)
        print(text)
        said = json.loads(text)["diagnostics"] if text.startswith("{") and '"diagnostics"' in text else []
        for each in said:
            if each.get("severity") == "error":
                write(each["message"].rstrip())


def _packs(arguments: argparse.Namespace) -> dict[str, Any]:
    """The policy packs that the engine asks; each brings what starts it, as this engine has no host of languages."""
    packs = [str(pack.resolve()) for pack in arguments.policy_pack]
    os.environ["PATH"] = os.pathsep.join([*packs, os.environ.get("PATH", "")])
    return {"policy_packs": packs} if packs else {}


def refresh(arguments: argparse.Namespace) -> None:
    """Take into the state what is in the account."""
    with session(arguments.workspace, "refresh") as now:
        now.stack.refresh(**now.options)


def destroy(arguments: argparse.Namespace) -> None:
    """Delete everything: on purpose, so protection is taken off first, as on a real account."""
    with session(arguments.workspace, "destroy") as now:
        options = {"refresh": now.recovered or None, "preview_only": arguments.preview_only or None}
        try:
            if not arguments.preview_only:
                _unprotect(now)
            now.stack.destroy(**options, **now.options)
        finally:
            left = {} if arguments.preview_only else now.providers.close()
            for kind, number in left.items():
                now.say(f"  left in the emulated account: {number} {kind}")
        if not left and not arguments.preview_only:
            now.say("Nothing is left in the emulated account.")


def _unprotect(now: Session) -> None:
    """Take protection off what has it, by the project's own switch; without one, the engine refuses to delete it.

    The clouds' own protection, which no option of the engine's touches, comes off in the same `up`.
    """
    number, switch = now.workspace.protected(), now.workspace.switch
    if not number or switch is None:
        return
    are = "resource is" if number == 1 else "resources are"
    now.say(f"{number} {are} protected: first `up` with {switch} false, which takes that off, then the destroy.")
    from pulumi import automation as auto

    # In the copy of the stack file alone, which is made anew for every command.
    now.stack.set_config(switch, auto.ConfigValue("false"))
    now.stack.up(refresh=now.recovered or None, suppress_outputs=True, **now.options)


def export(arguments: argparse.Namespace) -> None:
    """Print the state as Pulumi's deployment JSON."""
    print(json.dumps(arguments.workspace.deployment(), indent=4))


def manifests(arguments: argparse.Namespace) -> None:
    """Print every Kubernetes object as YAML; secrets are masked."""
    import yaml

    from sandbox.account import Account
    from sandbox.kubernetes import manifests as of_snapshot

    if not arguments.workspace.account.exists():
        raise Unusable(f"Nothing is up yet: python -m sandbox up {arguments.workspace.stack}")
    snapshots = Account.load(arguments.workspace.account).snapshots
    for document in of_snapshot(snapshots.get("kubernetes")):
        text = yaml.safe_dump(document, sort_keys=False)
        if arguments.output is None:
            print(f"---\n{text}", end="")
            continue
        metadata = document.get("metadata", {})
        parts = metadata.get("namespace"), document["kind"], metadata.get("name")
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / ("-".join(filter(None, parts)).lower() + ".yaml")).write_text(text)


def network(arguments: argparse.Namespace) -> None:
    """Print who reaches whom by security groups, the route tables and the machines of the emulated AWS account."""
    from sandbox import summary
    from sandbox.aws import account, network

    if not arguments.workspace.account.exists():
        raise Unusable(f"Nothing is up yet: python -m sandbox up {arguments.workspace.stack}")
    console = summary.console()
    with account.open(arguments.workspace.account) as there:
        for title, rows in network.tables(there):
            if rows:
                console.print(summary.table(title, rows))


def serve(arguments: argparse.Namespace) -> None:
    """Serve the emulated providers, and print the environment that attaches them."""
    from sandbox import registry

    only = arguments.only.split(",") if arguments.only else None
    if unknown := set(only or ()) - registry.PACKAGES.keys():
        raise Unusable(f"No such packages: {', '.join(sorted(unknown))}. There are {', '.join(registry.PACKAGES)}")
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    workspace = arguments.workspace or Workspace(arguments.directory, "serve")
    with workspace.held("serve"), Providers(workspace, only, follow=arguments.workspace is not None) as providers:
        ports = providers.ports()
        variables = attachment(ports) if arguments.workspace is None else workspace.environment(ports)
        if arguments.workspace is not None:
            workspace.prepare()
        providers.lost()
        for name, value in variables.items():
            print(f"export {name}='{value}'", flush=True)
        tell("Serving until Ctrl-C; the account is saved then.")
        done.wait()


def doctor(arguments: argparse.Namespace) -> None:
    """Say what is found, what is missing and how to get it."""
    from sandbox import doctor

    if not doctor.report():
        raise Unusable("Something that the sandbox needs is missing and cannot be had.")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m sandbox", description="Run a stack on an emulated cloud.")
    top.add_argument("-C", "--directory", type=Path, default=ROOT, help="directory of Pulumi.yaml")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    on_one = (up, show, preview, refresh, destroy, export, manifests, network)
    stack: dict[Callable[..., None], Any] = {**dict.fromkeys(on_one, 1), serve: "?", doctor: None}
    made: dict[Callable[..., None], argparse.ArgumentParser] = {}
    for command, number in stack.items():
        made[command] = commands.add_parser(command.__name__, help=command.__doc__, description=command.__doc__)
        made[command].set_defaults(run=command)
        if number is not None:
            made[command].add_argument("stack", metavar="STACK", nargs=None if number == 1 else number)
    made[preview].add_argument("--json", action="store_true", help="as `pulumi preview --json` prints it")
    for command in (up, preview):
        made[command].add_argument(
            "--policy-pack", type=Path, metavar="DIR", action="append", default=[], help="refuse what its policies do"
        )
        made[command].add_argument(
            "--replace", metavar="URN", action="append", default=[], help="make this resource anew"
        )
    made[destroy].add_argument(
        "--preview-only", action="store_true", help="show what would be deleted, and what is protected from it"
    )
    made[manifests].add_argument("--output", type=Path, metavar="DIR", help="write one file an object there")
    made[serve].add_argument("--only", metavar="PACKAGES", help="comma-separated: random,tls,command")
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0: done; 1: refused or failed, and it was said why; 2: no such command."""
    arguments = parser().parse_args(argv)
    arguments.directory = arguments.directory.resolve()
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    # Images of Python often set it; without bytecode the program compiles 800 modules of the SDKs in every run, which
    # takes half of a preview and a fifth of its memory.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        stack = getattr(arguments, "stack", None)
        arguments.workspace = Workspace.of(arguments.directory, stack) if stack else None
        arguments.run(arguments)
        return 0
    except (Unusable, Corrupt, ToolUnavailable) as error:
        tell(f"error: {error}")
    except BrokenPipeError:
        # Whoever reads has seen enough, and nothing more can be said there, not even at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        tell("Interrupted; `up` goes on from here.")
    except Exception as error:
        # What the engine refused it has already said, line by line.
        if not type(error).__module__.startswith("pulumi.automation"):
            raise
        elif "error:" not in str(error):
            tell(f"error: {error}")
    return 1
