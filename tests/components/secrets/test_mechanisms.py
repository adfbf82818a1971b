"""Each mechanism ends in a Secret by the same name with the same data, and lets nobody read more than it has to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.data_tier.endpoint import Consumer
from components.data_tier.postgres import InClusterPostgres
from components.secrets.contract import IN_CLUSTER, Secrets
from components.secrets.external import ExternalSecrets
from components.secrets.sealed import SealedSecrets
from components.secrets.vaults import CloudVault, NamespaceVault
from spec.postgres import InClusterPostgres as Spec
from tests.components.around import RELEASE, SECRET, AnyCloud, Around
from tests.components.secrets.pair import certificate, unseal
from tests.recorder import Outputs, Recorder, Registered, run

EXTERNAL = "kubernetes:external-secrets.io/v1:ExternalSecret"
STORE = "kubernetes:external-secrets.io/v1:ClusterSecretStore"
SEALED = "kubernetes:bitnami.com/v1alpha1:SealedSecret"
PASSWORD = "correct-horse"

PAIR: Mapping[str, Outputs] = {
    "tls:index/privateKey:PrivateKey": lambda _: {"privateKeyPem": "key"},
    "tls:index/selfSignedCert:SelfSignedCert": lambda _: {"certPem": certificate()},
}

Mechanism = Callable[[Around], Secrets]


def in_cloud(around: Around) -> Secrets:
    return ExternalSecrets("external-secrets", CloudVault(AnyCloud()), cluster=around.cluster, **around.common)


def in_namespace(around: Around) -> Secrets:
    vault = NamespaceVault(around.namespaces)
    return ExternalSecrets("external-secrets", vault, cluster=around.cluster, **around.common)


def sealed(around: Around) -> Secrets:
    return SealedSecrets("sealed-secrets", cluster=around.cluster, **around.common)


def kept(mechanism: Mechanism, **given: Any) -> tuple[Recorder, list[str]]:
    """Return what is registered for one secret, and the name that its owner gets."""
    names: list[str] = []

    def program() -> None:
        around = Around("shop")
        keeper = mechanism(around)
        namespace = around.namespaces.ensure("shop")
        data = {"password": pulumi.Output.secret(PASSWORD), "username": "web"}
        keeper.keep("web", data, namespace=namespace, opts=around.common["opts"], **given).apply(names.append)

    return run(program, outputs=PAIR), names


def only(made: Recorder, type: str) -> Registered:
    [found] = [each for each in made if each.type == type]
    return found


def nothing_in_clear(made: Recorder) -> bool:
    return not any(PASSWORD in json.dumps(each.inputs, default=str) for each in made if each.type != SECRET)


def test_by_default_the_program_writes_the_secret() -> None:
    made, names = kept(lambda _: IN_CLUSTER, name="postgres-web", labels={"a": "b"}, type="kubernetes.io/basic-auth")
    secret = only(made, SECRET)
    assert secret["metadata"] == {"namespace": "shop", "name": "postgres-web", "labels": {"a": "b"}}
    assert secret["stringData.password"] == PASSWORD
    assert any(path.startswith("stringData") for path in secret.secrets)
    assert secret["type"] == "kubernetes.io/basic-auth"
    assert names == ["postgres-web"]


def test_a_secret_without_a_name_never_changes() -> None:
    made, _ = kept(lambda _: IN_CLUSTER)
    assert only(made, SECRET)["immutable"] is True
    assert "name" not in only(made, SECRET)["metadata"]


@pytest.mark.parametrize("mechanism", [in_cloud, in_namespace])
def test_external_secrets_makes_the_same_secret(mechanism: Mechanism) -> None:
    made, names = kept(mechanism, name="postgres-web", labels={"a": "b"}, type="kubernetes.io/basic-auth")
    external = only(made, EXTERNAL)
    assert external["metadata.name"] == "postgres-web"
    assert external["spec.secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "platform"}
    assert external["spec.target.template"] == {"type": "kubernetes.io/basic-auth", "metadata": {"labels": {"a": "b"}}}
    assert external["spec.target.immutable"] is False
    assert names == ["postgres-web"]
    assert nothing_in_clear(made)


def test_in_the_cloud_each_has_a_place_of_its_own_and_a_change_is_fetched_at_once() -> None:
    made, _ = kept(in_cloud, name="postgres-web")
    external = only(made, EXTERNAL)
    assert external["spec.dataFrom"] == [{"extract": {"key": "any/shop/postgres-web"}}]
    assert external["metadata.annotations"]["force-sync"] == "1"


def test_what_never_changes_names_its_version_and_is_replaced_with_it() -> None:
    made, _ = kept(in_cloud)
    external = only(made, EXTERNAL)
    assert external["spec.dataFrom"] == [{"extract": {"key": "any/shop/web", "version": "uuid/1"}}]
    assert external["spec.target.immutable"] is True
    assert external.options["replaceOnChanges"] == ["spec"]


def test_the_operator_may_read_the_platforms_secrets_and_nothing_else() -> None:
    made, _ = kept(in_cloud)
    [release] = [each for each in made if each.type == RELEASE and each["chart"] == "external-secrets"]
    policy = json.loads(release["values.serviceAccount.annotations"]["may"])
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            "Resource": ["arn:aws:secretsmanager:us-east-1:*:secret:any/*"],
        }
    ]
    assert only(made, STORE)["spec.provider"] == {"aws": {"service": "SecretsManager", "region": "us-east-1"}}


@pytest.mark.parametrize("answer", [True, False])
def test_what_people_keep_in_the_vault_is_waited_for_where_an_operator_answers(answer: bool) -> None:
    def program() -> None:
        around = Around("shop")
        around.cluster.facts = replace(around.cluster.facts, operators_answer=answer)
        opts = around.common["opts"]
        in_namespace(around).fetch("receivers", "alerts", ["key"], namespace="shop", name="receivers", opts=opts)

    annotations = only(run(program), EXTERNAL)["metadata"].get("annotations")
    assert annotations == ({"pulumi.com/waitFor": "condition=Ready"} if answer else None)


def test_without_a_cloud_secrets_lie_in_a_namespace_of_their_own() -> None:
    made, _ = kept(in_namespace, name="postgres-web")
    stored = only(made, SECRET)
    assert stored["metadata.namespace"] == "secret-store"
    assert stored["immutable"] is True
    assert only(made, STORE)["spec.provider"]["kubernetes"]["remoteNamespace"] == "secret-store"
    assert stored.urn in only(made, EXTERNAL).dependencies


def test_a_sealed_secret_shows_nothing_and_becomes_the_same_secret() -> None:
    made, names = kept(sealed, name="postgres-web", labels={"a": "b"}, type="kubernetes.io/basic-auth")
    secret = only(made, SEALED)
    read = {key: unseal("shop", sealed) for key, sealed in secret["spec.encryptedData"].items()}
    assert read == {"password": PASSWORD, "username": "web"}
    assert secret["spec.template.type"] == "kubernetes.io/basic-auth"
    assert secret["spec.template.metadata.labels"] == {"a": "b"}
    assert "immutable" not in secret["spec.template"]
    assert names == ["postgres-web"]
    assert nothing_in_clear(made)


def test_the_controller_unseals_with_the_programs_key_alone() -> None:
    made, _ = kept(sealed)
    key = only(made, SECRET)
    assert key["metadata.labels"] == {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}
    [release] = [each for each in made if each.type == RELEASE and each["chart"] == "sealed-secrets"]
    assert release["values.keyrenewperiod"] == "0"
    assert key.urn in release.dependencies
    assert only(made, SEALED).options["replaceOnChanges"] == ["spec"]


@pytest.mark.parametrize("mechanism", [in_cloud, in_namespace, sealed])
def test_a_component_hands_over_all_of_its_secrets(mechanism: Mechanism) -> None:
    def program() -> None:
        around = Around("shop", "infra")
        consumer = Consumer("web", around.namespaces.ensure("shop"), frozenset({"writer"}))
        common = {**around.common, "secrets": mechanism(around)}
        InClusterPostgres("postgresql", Spec(engine="inCluster"), [consumer], cluster=around.cluster, **common)

    made = run(program, outputs=PAIR)
    names = {each["metadata.name"] for each in made if each.type in (EXTERNAL, SEALED)}
    assert names == {"postgres-role-web", "postgres-web"}
    assert {each["metadata.namespace"] for each in made if each.type == SECRET} <= {"secret-store", "sealed-secrets"}
