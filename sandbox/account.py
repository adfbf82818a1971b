"""The emulated account: what all packages hold, kept in one file between processes.

Beside each package's own snapshot the account keeps a ledger of what was created through the engine. After
a run that was killed, ledger and checkpoint may differ: a thing was created whose step was never written, or
the account was never saved. `Cloud.load` makes the account follow the checkpoint.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from sandbox import registry
from sandbox.emulator import Emulator, Known, Properties, Refused, Resource

T = TypeVar("T")
FORMAT: Final = "groundwork-account-1"


class Corrupt(Exception):
    """A file of the sandbox's state that cannot be read; the message says which, and the remedy."""


class Key(NamedTuple):
    """What the checkpoint knows a thing by: two of one URN exist while one replaces the other."""

    urn: str
    id: str


@dataclass
class Account:
    """What is written to disk: configurations by the provider's URN, things by Key, snapshots by package."""

    providers: dict[str, Properties] = field(default_factory=dict)
    ledger: dict[Key, tuple[Resource, Properties]] = field(default_factory=dict)
    snapshots: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Account:
        """The account in a file, an empty one if there is no file. Raises Corrupt."""
        if not path.exists():
            return cls()
        try:
            format, *fields = pickle.loads(path.read_bytes())
            if format != FORMAT:
                raise ValueError(f"its format is {format!r}")
            return cls(*fields)
        except Exception as error:
            raise Corrupt(
                f"The emulated account cannot be read: {path}\n  {type(error).__name__}: {error}\n"
                f"It was left as it is. To begin with an empty account, move it away:\n  mv {path} {path}.bad\n"
                "What the state still lists is then made anew by the next `up`."
            ) from error

    def save(self, path: Path) -> None:
        """Write the account so that a reader finds either the old one or this one, whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                pickle.dump((FORMAT, self.providers, self.ledger, self.snapshots), file, protocol=5)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


class Cloud:
    """The emulators of all packages over one account, each behind a lock: moto is not thread-safe.

    path: the account's file; None keeps nothing. One process has it at a time: the next waits in `load`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._ledger = threading.RLock()
        self._locks = {package: threading.RLock() for package in registry.PACKAGES}
        self._path = path
        self._emulators: dict[str, Emulator] = {}
        self._account: Future[Account] = Future()
        self._changed = False
        if path is None:
            self._account.set_result(Account())

    @property
    def account(self) -> Account:
        """The account, waited for until it is loaded. Raises Corrupt."""
        return self._account.result()

    def load(self, checkpoint: Iterable[Key] | None = None) -> list[str]:
        """Load the account, once no other process has it; until then requests wait. Raises Corrupt.

        checkpoint: what the engine's state lists. What the account has beyond that is deleted, and the URNs of what it
        lacks are returned. None leaves the account as it is.
        """
        assert self._path
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._owner = os.open(self._path.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
            fcntl.flock(self._owner, fcntl.LOCK_EX)
            account = Account.load(self._path)
            lost = [] if checkpoint is None else self._reconcile(account, set(checkpoint))
            self._account.set_result(account)
            return lost
        except BaseException as error:
            self._account.set_exception(error)
            raise

    def emulator(self, package: str) -> Emulator:
        """The emulator of a package, restored from the account when first asked for."""
        account = self.account
        with self._locks[package]:
            return self._emulator(account, package)

    def _emulator(self, account: Account, package: str) -> Emulator:
        if package not in self._emulators:
            emulator = registry.kind(package)()
            if (snapshot := account.snapshots.get(package)) is not None:
                emulator.restore(snapshot)
            for urn, config in account.providers.items():
                if f"pulumi:providers:{package}::" in urn:
                    emulator.configure(urn, config)
            self._emulators[package] = emulator
        return self._emulators[package]

    def ask(self, package: str, question: Callable[[Emulator], T]) -> T:
        """What an emulator answers, nobody else asking it at the same time."""
        with self._locks[package]:
            return question(self.emulator(package))

    def record(self, r: Resource, id: str, outputs: Properties | None) -> None:
        """Enter into the ledger what was created or changed, or that it was deleted (None)."""
        with self._ledger:
            self._changed = True
            if outputs is None:
                self.account.ledger.pop(Key(r.urn, id), None)
            else:
                secret = isinstance(self.emulator(package_of(r.type)), Known)
                self.account.ledger[Key(r.urn, id)] = r, {} if secret else outputs

    def configure(self, package: str, urn: str, config: Properties) -> None:
        """Take a provider's configuration, and keep it for what must be deleted in another run."""
        self.ask(package, lambda emulator: emulator.configure(urn, config))
        with self._ledger:
            self.account.providers[urn] = config

    def _reconcile(self, account: Account, checkpoint: set[Key]) -> list[str]:
        """Delete what no checkpoint entry knows, newest first; return URNs whose thing the account lacks.

        What is deleted had been created by a run that ended before its checkpoint said so: the next run
        creates it again, and would find the name taken.
        """
        for key in [key for key in reversed(account.ledger) if key not in checkpoint]:
            r, outputs = account.ledger.pop(key)
            self._changed = True
            try:
                self._emulator(account, package_of(r.type)).delete(r, key.id, outputs)
            except Refused as refusal:
                print(f"{key.urn}: left in the account: {refusal}", flush=True)
        known = registry.PACKAGES.keys()
        return [key.urn for key in checkpoint - account.ledger.keys() if package_of(type_of(key.urn)) in known]

    def holds(self) -> Counter[str]:
        """How many things there are by package and kind, as the emulators themselves count them."""
        found: Counter[str] = Counter()
        for package in set(self._emulators) | set(self.account.snapshots):
            for kind, number in self.ask(package, lambda emulator: emulator.holds()).items():
                found[f"{package} {kind}"] += number
        return +found

    def save(self) -> None:
        """Write the account to its file, if there is one and anything was changed."""
        with ExitStack() as locked:
            for lock in (*self._locks.values(), self._ledger):
                locked.enter_context(lock)
            if self._path is None or not self._changed:
                return
            snapshots = {name: emulator.snapshot() for name, emulator in self._emulators.items()}
            self.account.snapshots |= {name: held for name, held in snapshots.items() if held is not None}
            self.account.save(self._path)
            self._changed = False


def type_of(urn: str) -> str:
    """The type token in a URN, its parents' types left out."""
    return urn.split("::", 3)[2].rpartition("$")[2]


def package_of(token: str) -> str:
    """The package of a type or function token: `aws` for `aws:ec2/vpc:Vpc` and `pulumi:providers:aws`."""
    return token.rpartition(":")[2] if token.startswith("pulumi:providers:") else token.partition(":")[0]
