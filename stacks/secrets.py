"""The mechanism that brings secret material to pods, as the stack file names it."""

from __future__ import annotations

from typing import Any

import pulumi

from components.secrets.contract import IN_CLUSTER, Secrets
from components.secrets.external import ExternalSecrets
from components.secrets.sealed import SealedSecrets
from components.secrets.vaults import CloudVault, NamespaceVault
from spec.platform import Platform
from stacks.common import without
from stacks.ground import Ground


def secrets(spec: Platform, ground: Ground, common: Any) -> Secrets:
    """Return the mechanism; ``common`` is what most parts are built with: charts, namespaces, scraping and opts."""
    parts = without(common, "pools")
    match spec.security.secrets:
        case "external-secrets":
            vault = CloudVault(ground.cloud) if ground.cloud else NamespaceVault(common["namespaces"])
            return ExternalSecrets("external-secrets", vault, cluster=ground.cluster, **parts)
        case "sealed-secrets":
            made = SealedSecrets("sealed-secrets", cluster=ground.cluster, protect=spec.protect, **parts)
            pulumi.export("sealingCertificate", made.certificate)
            return made
    return IN_CLUSTER
