"""The packages of the emulated cloud, and where the emulator of each is."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from sandbox.emulator import Emulator

PACKAGES: Final = {
    "aws": "sandbox.aws:Aws",
    "cloudflare": "sandbox.cloudflare:Cloudflare",
    "command": "sandbox.command:Command",
    "kubernetes": "sandbox.kubernetes:Kubernetes",
    "random": "sandbox.random:Random",
    "tls": "sandbox.tls:Tls",
}
"""Package name -> module:class, imported when its first request comes (or when the server warms up)."""


def kind(package: str) -> type[Emulator]:
    """The emulator class of a package. Raises KeyError for a package that there is none of."""
    module, name = PACKAGES[package].split(":")
    return getattr(import_module(module), name)
