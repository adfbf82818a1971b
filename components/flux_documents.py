"""Names that what the program makes for Flux, and what a repository has for it, agree on."""

from __future__ import annotations

HELM, SOURCES, KUSTOMIZE, NOTIFICATIONS = (
    "helm.toolkit.fluxcd.io/v2",
    "source.toolkit.fluxcd.io/v1",
    "kustomize.toolkit.fluxcd.io/v1",
    "notification.toolkit.fluxcd.io/v1beta3",
)
SOURCE = "platform"
"""The GitRepository, in Flux's own namespace."""
DELIVERY = "delivery"
"""The ServiceAccount, one in each namespace, that Flux is when it delivers there."""
