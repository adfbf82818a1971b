"""The emulated `kubernetes` package: clusters that check what they are given as an API server does."""

from sandbox.kubernetes.emulator import Kubernetes
from sandbox.kubernetes.manifests import manifests

__all__ = ["Kubernetes", "manifests"]
