"""What a package of the emulated cloud is: checks, creates, reads, updates and deletes resources.

An emulator is plain Python about plain dicts. It knows nothing of gRPC: `sandbox.server` puts it under
the real engine, `sandbox.mocks` under `pulumi.runtime.set_mocks`, so that both see the same cloud.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

Properties = dict[str, Any]
"""Camel-case properties as the provider protocol has them. Secrets are unwrapped, numbers that are whole
are ints, assets, archives and resource references stay the dicts that they are on the wire."""


class Unknown:
    """A value that is not known before something is created. There is one: `UNKNOWN`."""

    _instance: ClassVar[Unknown | None] = None

    def __new__(cls) -> Unknown:
        cls._instance = cls._instance or super().__new__(cls)
        return cls._instance

    def __reduce__(self) -> tuple[type[Unknown], tuple[()]]:
        return Unknown, ()

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def contains_unknown(value: object) -> bool:
    """Whether a value is, or holds at any depth, something not known yet."""
    if isinstance(value, Mapping):
        return any(map(contains_unknown, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(contains_unknown, value))
    return value is UNKNOWN


@dataclass(frozen=True)
class Secret:
    """An output to be kept secret though no input of the same name is (`tagsAll`, a derived URL)."""

    value: Any


@dataclass(frozen=True)
class Resource:
    """The resource that a request is about.

    type: token, such as `aws:ec2/vpc:Vpc`. name: logical name, from the URN. provider: key of the provider
    instance that sent the request, the same that `Emulator.configure` was given.
    """

    type: str
    name: str
    urn: str
    provider: str


class Refused(Exception):
    """The cloud says no. `reason` in the cloud's words; `property` is the path at fault, where one is."""

    def __init__(self, reason: str, property: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.property = property


class Emulator(ABC):
    """One Pulumi package. A type or function that it does not have is refused by its name."""

    package: ClassVar[str]

    secrets_spread: ClassVar[bool] = False
    """Whether every output depends on every input, so that one secret among these makes all of those secret."""

    def configure(self, provider: str, config: Properties) -> None:
        """Take the configuration of one provider instance (its inputs; UNKNOWN values in a preview)."""
        return None

    def replaces_provider(self, olds: Properties, news: Properties) -> list[str]:
        """Names of a provider's inputs whose change makes everything made through it be made anew."""
        return []

    def check(self, r: Resource, olds: Properties, news: Properties) -> Properties:
        """Inputs with defaults and names filled in; a generated name is taken from `olds` if it is there.

        Raises Refused for a property that is missing, unknown to the type, or that the cloud would not have.
        """
        return news

    def replaces(self, r: Resource, olds: Properties, news: Properties) -> list[str]:
        """Names of top-level inputs that differ between `olds` and `news` and cannot be changed in place."""
        return []

    def never_settles(self, r: Resource, news: Properties) -> list[str]:
        """Names of top-level inputs that the cloud does not keep, so that they differ at every `up`."""
        return []

    def delete_before_replace(self, r: Resource, news: Properties) -> bool:
        """Whether the old one must go before the new one can be: a name that only one thing can have."""
        return False

    def preview(self, r: Resource, inputs: Properties) -> Properties:
        """Outputs known before creation; one that is not known is UNKNOWN."""
        return inputs

    def preview_update(self, r: Resource, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        """Outputs known before a change; what the change may alter unforeseen is UNKNOWN."""
        return {**outputs, **news}

    @abstractmethod
    def create(self, r: Resource, inputs: Properties) -> tuple[str, Properties]:
        """Create it; return its id and every output (one left out becomes None in the program)."""

    def read(
        self, r: Resource, id: str, inputs: Properties, outputs: Properties
    ) -> tuple[Properties, Properties] | None:
        """Inputs and outputs as the cloud has them now; None if it is gone."""
        return inputs, outputs

    def update(self, r: Resource, id: str, olds: Properties, news: Properties, outputs: Properties) -> Properties:
        """Change it from inputs `olds` to inputs `news`; return every output."""
        raise Refused(f"{r.type} cannot be changed in place")

    @abstractmethod
    def delete(self, r: Resource, id: str, outputs: Properties) -> None:
        """Delete it. What is gone already is no error."""

    def invoke(self, token: str, args: Properties, provider: str) -> Properties:
        """Answer a function of the package, such as `aws:index/getRegion:getRegion`."""
        raise Refused(f"the sandbox does not have the function {token}")

    def holds(self) -> Mapping[str, int]:
        """How many things of each kind the account holds: what a `destroy` must leave empty."""
        return {}

    def snapshot(self) -> object:
        """What must outlive the process; anything that `sandbox.account` can pickle."""
        return None

    def restore(self, snapshot: Any) -> None:
        """Take back what `snapshot` gave, perhaps in another process."""
        return None


class Known(Emulator):
    """A package whose things live in the state alone (keys, passwords): nothing to keep, nothing to count."""

    def delete(self, r: Resource, id: str, outputs: Properties) -> None:
        return None
