"""Where a stack's sandbox keeps what outlives a command, who may work on it, and what a killed run left there.

`<checkout>/.sandbox/<stack>/` (or `$GROUNDWORK_SANDBOX/<stack>/`) holds the state (a file backend), the emulated
account and `work/`, a mirror of the checkout by links in which the stack file is a copy: the engine writes the
salt of its encryption there, and the checkout is never dirtied.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox.account import Corrupt
from sandbox.schema import did_you_mean
from spec import stack_yaml

PASSPHRASE: Final = "sandbox"
"""Encrypts nothing that is anyone's."""

_PATIENCE: Final = 30.0
"""Seconds to wait for an engine whose command was killed: it ends when it next writes to it."""


class Unusable(Exception):
    """A command cannot begin. The message says why and what to do."""


def stacks(checkout: Path) -> list[str]:
    """Names of the stacks that a checkout has a file for."""
    return sorted(path.name.split(".", 1)[1].rpartition(".")[0] for path in checkout.glob("Pulumi.*.yaml"))


@dataclass(frozen=True)
class Workspace:
    """The sandbox of one stack. `checkout` is the directory of Pulumi.yaml and of the program."""

    checkout: Path
    stack: str

    @classmethod
    def of(cls, checkout: Path, stack: str) -> Workspace:
        """Raises Unusable for a checkout without a project, or a stack without a file."""
        if not (checkout / "Pulumi.yaml").exists():
            raise Unusable(f"There is no Pulumi.yaml in {checkout}.")
        there = stacks(checkout)
        if stack not in there:
            listed = ", ".join(there) or "none"
            raise Unusable(f"There is no stack {stack}{did_you_mean(stack, there)}\nStacks: {listed}")
        return cls(checkout, stack)

    @property
    def directory(self) -> Path:
        """Everything of this stack's sandbox."""
        root = os.environ.get("GROUNDWORK_SANDBOX")
        return (Path(root).absolute() if root else self.checkout / ".sandbox") / self.stack

    @property
    def account(self) -> Path:
        """File of the emulated account."""
        return self.directory / "account.pickle"

    @property
    def work(self) -> Path:
        """Directory the engine runs in."""
        return self.directory / "work"

    @cached_property
    def project(self) -> str:
        """The project's name."""
        return yaml.safe_load((self.checkout / "Pulumi.yaml").read_text())["name"]

    @property
    def checkpoint(self) -> Path:
        """The state file, as the file backend names it."""
        return self.directory / "state" / ".pulumi" / "stacks" / self.project / f"{self.stack}.json"

    def environment(self, ports: Mapping[str, int]) -> dict[str, str]:
        """What attaches the engine to the emulated providers, to this state, and to nothing else."""
        return {
            **attachment(ports),
            "PULUMI_BACKEND_URL": (self.directory / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_HOME": str(self.directory / "home"),
        }

    @property
    def switch(self) -> str | None:
        """The key of the configuration that protects resources, where the project declares one."""
        declared = yaml.safe_load((self.checkout / "Pulumi.yaml").read_text()).get("config") or {}
        return f"{self.project}:protect" if "protect" in declared else None

    # Preparing

    def prepare(self) -> list[str]:
        """Make the directories and the mirror of the checkout; return the config keys that stand-ins were put for."""
        for directory in (self.directory / "state", self.directory / "home", self.work):
            directory.mkdir(parents=True, exist_ok=True)
        for path in self.work.iterdir():
            if path.is_symlink():
                path.unlink()
        for path in self.checkout.iterdir():
            if not path.name.startswith((".", "Pulumi.")):
                (self.work / path.name).symlink_to(path)
        shutil.copyfile(self.checkout / "Pulumi.yaml", self.work / "Pulumi.yaml")
        return self._copy_stack_file()

    def _copy_stack_file(self) -> list[str]:
        """Copy the stack file with the sandbox's own encryption. Raises Unusable for one that Pulumi would not read.

        What is encrypted for somebody else cannot be read here; the program gets a text that says so.
        """
        name = f"Pulumi.{self.stack}.yaml"
        try:
            settings = stack_yaml.load((self.checkout / name).read_bytes()) or {}
        except ValueError as error:
            raise Unusable(f"{name} is not YAML as Pulumi reads it: {error}") from None
        if not isinstance(settings, dict):
            raise Unusable(f"{name} is a {type(settings).__name__}; a stack file holds its settings under config:")
        stood_in: list[str] = []
        settings["config"] = _without_ciphertext(settings.get("config") or {}, "", stood_in)
        for key in ("secretsprovider", "encryptedkey", "encryptionsalt"):
            settings.pop(key, None)
        copy = self.work / name
        before = yaml.safe_load(copy.read_text()) if copy.exists() else {}
        if before and "encryptionsalt" in before:
            settings["encryptionsalt"] = before["encryptionsalt"]
        _replace(copy, yaml.safe_dump(settings, sort_keys=False))
        return stood_in

    # State

    def deployment(self) -> dict[str, Any]:
        """The state in Pulumi's deployment format, as `pulumi stack export` has it. Raises Corrupt or Unusable."""
        checkpoint = self._read_checkpoint()
        if checkpoint is None:
            raise Unusable(f"{self.stack} has no state yet: `python -m sandbox up {self.stack}` makes it.")
        return {"version": checkpoint["version"], "deployment": checkpoint["checkpoint"].get("latest") or {}}

    def protected(self) -> int:
        """How many resources of the state the engine refuses to delete."""
        latest = (self._read_checkpoint() or {}).get("checkpoint", {}).get("latest") or {}
        return sum(bool(resource.get("protect")) for resource in latest.get("resources") or ())

    def _read_checkpoint(self) -> dict[str, Any] | None:
        if not self.checkpoint.exists():
            return None
        try:
            checkpoint = json.loads(self.checkpoint.read_text())
            checkpoint["checkpoint"].get("latest")
            return checkpoint
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            backup = self.checkpoint.with_name(self.checkpoint.name + ".bak")
            remedy = (
                f"restore the one before it:\n  cp {backup} {self.checkpoint}"
                if backup.exists()
                else (f"move it away and begin anew:\n  mv {self.checkpoint} {self.checkpoint}.bad")
            )
            raise Corrupt(
                f"The state is not one that Pulumi wrote: {self.checkpoint}\n  {type(error).__name__}: {error}\n"
                f"It was left as it is. Repair it, or {remedy}"
            ) from error

    # One at a time

    @contextmanager
    def held(self, command: str) -> Iterator[list[str]]:
        """Have the stack to oneself; yields what was cleaned up after a run that was killed.

        The kernel lets go of the lock when its holder dies, so what is written in it tells a run that ended from
        one that was killed. Raises Unusable if another run is alive, Corrupt if the state cannot be read.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.directory / "lock", "a+") as lock:
            lock.seek(0)
            holder = lock.read()
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unusable(_busy(self.stack, holder)) from None
            self._read_checkpoint()
            notes = [f"The last run was killed ({_describe(holder)}); going on from there."] if holder else []
            notes += self._release_engine_locks() + self._drop_pending_operations()
            self._drop_unfinished_files()
            _rewrite(lock, json.dumps({"pid": os.getpid(), "command": command, "since": _now()}))
            try:
                yield notes
            finally:
                _rewrite(lock, "")

    def _release_engine_locks(self) -> list[str]:
        """Remove the backend's locks whose engine is gone; wait a little for one that is still ending."""
        notes = []
        locks = self.directory / "state" / ".pulumi" / "locks"
        for path in sorted(locks.rglob("*.json")):
            try:
                pid = int(json.loads(path.read_text())["pid"])
            except (ValueError, KeyError, TypeError, FileNotFoundError):
                pid = 0
            deadline = time.monotonic() + _PATIENCE
            while (alive := _is_engine(pid)) and time.monotonic() < deadline:
                time.sleep(0.2)
            if alive:
                raise Unusable(
                    f"{self.stack} is locked by a Pulumi engine that is still at work, process {pid} ({path}).\n"
                    f"Wait for it, or end it: kill {pid}"
                )
            path.unlink(missing_ok=True)
            notes.append(f"Cleared the lock of process {pid}, which is gone.")
        return notes

    def _drop_pending_operations(self) -> list[str]:
        """Forget operations that had begun: the account either finished them, or takes them back."""
        checkpoint = self._read_checkpoint()
        latest: dict[str, Any] = (checkpoint or {}).get("checkpoint", {}).get("latest") or {}
        pending: list[dict[str, Any]] = latest.pop("pending_operations", None) or []
        if not pending:
            return []
        _replace(self.checkpoint, json.dumps(checkpoint, indent=4))
        names = ", ".join(operation["resource"]["urn"].rpartition("::")[2] for operation in pending)
        return [f"Cleared {len(pending)} operations that had begun: {names}"]

    def _drop_unfinished_files(self) -> None:
        """Remove what a killed engine was in the middle of writing; the files of the state themselves are always whole.

        The file backend puts the attributes of each file beside it, in place, and fails with ``EOF`` where they are cut
        off; it does without them where there are none
        (https://pkg.go.dev/gocloud.dev/blob/fileblob#hdr-Blob_Attributes).
        """
        for path in (self.directory / "state" / ".pulumi").rglob("*.*"):
            if path.suffix == ".tmp" or (path.suffix == ".attrs" and not _is_json(path)):
                path.unlink()


def attachment(ports: Mapping[str, int]) -> dict[str, str]:
    """Environment that makes an engine use the providers on these ports and download none."""
    return {
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{package}:{port}" for package, port in ports.items()),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def _without_ciphertext(value: Any, path: str, found: list[str]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"secure"}:
            found.append(path)
            return f"stand-in-for-{path}"
        return {k: _without_ciphertext(v, f"{path}.{k}" if path else str(k), found) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_ciphertext(item, f"{path}[{i}]", found) for i, item in enumerate(value)]
    return value


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
        return True
    except ValueError:
        return False


def _is_engine(pid: int) -> bool:
    """Whether a process is alive and a Pulumi engine, not another that was given the same number since."""
    if not pid:
        return False
    try:
        os.kill(pid, 0)
        return not Path("/proc/self").exists() or b"pulumi" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return True


def _busy(stack: str, holder: str) -> str:
    try:
        remedy = f"Wait for it, or end it: kill {json.loads(holder)['pid']}"
    except (ValueError, KeyError):
        remedy = "Wait for it."
    return f"{stack} is being worked on by another run ({_describe(holder)}).\n{remedy}"


def _describe(holder: str) -> str:
    try:
        known = json.loads(holder)
        return f"`{known['command']}`, process {known['pid']}, since {known['since']}"
    except (ValueError, KeyError):
        return "it has just begun"


def _now() -> str:
    return datetime.now().isoformat(sep=" ", timespec="seconds")


def _rewrite(file: Any, text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader finds either the old one or this one, whole."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    os.replace(temporary, path)
