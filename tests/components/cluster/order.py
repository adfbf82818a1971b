"""In which order resources are made and, the other way round, destroyed."""

from __future__ import annotations

from tests.recorder import Recorder


def waits_for(made: Recorder, urn: str) -> set[str]:
    """Everything that has to be there before a resource is made; a child waits for what its parent waits for."""
    by_urn = {registered.urn: registered for registered in made}
    found: set[str] = set()
    open_ = [urn]
    while open_:
        registered = by_urn.get(open_.pop())
        while registered:
            new = registered.dependencies - found
            found |= new
            open_ += new
            registered = by_urn.get(registered.parent)
    return found
