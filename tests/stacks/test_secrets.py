"""The mechanism for secrets is one setting of a stack file, whichever platform it is."""

from __future__ import annotations

from typing import Any

import pytest

from spec.load import from_file, stack_file, stacks
from tests.stack_objects import Made, made, made_of

pytestmark = pytest.mark.engine

KINDS = {"external-secrets": "ExternalSecret", "sealed-secrets": "SealedSecret"}
# What is no secret, although a Secret holds it, since that is where Grafana looks for datasources.
# Pairs that two parts of one operator know each other by, and nobody else reads, are not kept for anybody either.
SETTINGS = {"datasource-logs", "log-store-ca", "barman-cloud-server-tls", "barman-cloud-client-tls"}
# Where mechanisms themselves keep what they need.
OWN = {"secret-store", "sealed-secrets"}


def _with(stack: str, mechanism: str) -> Made:
    spec = from_file(stack_file(stack))
    given: dict[str, Any] = {"security": spec.security.model_copy(update={"secrets": mechanism})}
    # What people keep in a vault is not the program's to bring by another mechanism.
    alertmanager = spec.observability and spec.observability.alertmanager
    if spec.observability and alertmanager and alertmanager.notify and alertmanager.notify.vault_secret:
        notify = alertmanager.notify.model_copy(update={"vault_secret": None, "existing_secret": "theirs"})
        theirs = alertmanager.model_copy(update={"notify": notify})
        given["observability"] = spec.observability.model_copy(update={"alertmanager": theirs})
    return made_of(spec.model_copy(update=given))


def _kept(of: Made, kind: str) -> set[tuple[str, str]]:
    """Return namespaces and names, those that Pulumi chose without what it chose."""
    found = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in of.of_kind(kind)}
    return {(namespace, name.rpartition("-")[0] if _chosen(name) else name) for namespace, name in found}


def _chosen(name: str) -> bool:
    suffix = name.rpartition("-")[2]
    return len(suffix) == 8 and all(each in "0123456789abcdef" for each in suffix)


@pytest.mark.parametrize("stack", stacks())
@pytest.mark.parametrize("mechanism", KINDS)
def test_every_secret_of_the_program_goes_by_the_mechanism(stack: str, mechanism: str) -> None:
    plain, chosen = _with(stack, "kubernetes"), _with(stack, mechanism)
    expected = {each for each in _kept(plain, "Secret") if each[1] not in SETTINGS}
    assert _kept(chosen, KINDS[mechanism]) == expected
    left = {each for each in _kept(chosen, "Secret") if each[0] not in OWN}
    assert left & expected == set()


def test_prod_keeps_its_secrets_in_secrets_manager() -> None:
    prod = made("prod")
    [store] = prod.of_kind("ClusterSecretStore")
    assert store["spec"]["provider"] == {"aws": {"service": "SecretsManager", "region": "us-east-1"}}
    found = [each["spec"] for each in prod.of_kind("ExternalSecret")]
    keys = {each["dataFrom"][0]["extract"]["key"] for each in found if "dataFrom" in each}
    [theirs] = [each["data"] for each in found if "data" in each]
    assert {each["remoteRef"]["key"] for each in theirs} == {"tiketi/alertmanager-receivers"}
    assert {"tiketi/monitoring/grafana-admin", "tiketi/ticketing/postgres-payment"} <= keys
    assert all(key.startswith("tiketi/") for key in keys)
