"""CPU and memory as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spec.base import quantity

MIB = 1024**2
KINDS = ("cpu", "memory")


@dataclass(frozen=True)
class Amount:
    """So much CPU, in thousandths of a core, and so much memory, in bytes."""

    cpu: int = 0
    memory: int = 0

    @classmethod
    def of(cls, quantities: Mapping[str, str]) -> Amount:
        """Return Kubernetes quantities as numbers; what is not given counts as nothing."""
        cpu, memory = (quantity(quantities.get(kind, "0")) for kind in KINDS)
        return cls(int(cpu * 1000), int(memory))

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.cpu + other.cpu, self.memory + other.memory)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.cpu - other.cpu, self.memory - other.memory)

    def __mul__(self, number: int) -> Amount:
        return Amount(self.cpu * number, self.memory * number)

    def __or__(self, other: Amount) -> Amount:
        """The larger of each."""
        return Amount(max(self.cpu, other.cpu), max(self.memory, other.memory))

    def __le__(self, other: Amount) -> bool:
        """Whether both fit into the other's."""
        return self.cpu <= other.cpu and self.memory <= other.memory

    def __str__(self) -> str:
        return ", ".join(readable(kind, getattr(self, kind)) for kind in KINDS)


def total(amounts: Mapping[str, Amount] | list[Amount]) -> Amount:
    """Return the sum of amounts."""
    given = amounts.values() if isinstance(amounts, Mapping) else amounts
    return sum(given, Amount())


def readable(kind: str, amount: int) -> str:
    """Return an amount of ``cpu`` or ``memory`` for people."""
    if kind == "cpu":
        return f"{amount / 1000:g} CPU"
    return f"{amount / 1024**3:.2f} Gi" if amount >= 1024 * MIB else f"{amount / MIB:.0f} Mi"
