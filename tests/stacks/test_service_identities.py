"""What prod's services may do in AWS, asked back from the emulated account with boto3."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from pulumi.runtime.mocks import MockMonitor

from sandbox.mocks import EmulatedMocks
from spec.load import from_file, stack_file
from stacks.platform import build
from tests.recorder import run_under

pytestmark = pytest.mark.engine

ACCOUNT = "kubernetes:core/v1:ServiceAccount"
IMAGES = ["arn:aws:s3:::tiketi-images-prod", "arn:aws:s3:::tiketi-images-prod/*"]


@pytest.fixture(scope="module")
def cloud() -> EmulatedMocks:
    """An account with prod in it."""
    made = EmulatedMocks()
    run_under(MockMonitor(made), lambda: build(from_file(stack_file("prod"))))
    return made


def role_of(cloud: EmulatedMocks, service: str) -> tuple[Any, list[Any]]:
    """Return the trust of the role that a service's account names, and what its policies allow."""
    (account,) = [each for each in cloud.registered if each.typ == ACCOUNT and each.name == f"service-{service}"]
    role = account.inputs["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].rpartition("/")[2]

    def asked(emulator: Any) -> Any:
        iam = emulator.account.client("iam", "us-east-1")
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert attached == []
        documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        return iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"], documents

    trust, documents = cloud.cloud.ask("aws", asked)
    return trust, [each for document in documents for each in document["Statement"]]


@pytest.mark.parametrize(
    ("service", "actions"),
    [
        ("event", {"s3:GetObject", "s3:ListBucket"}),
        ("admin", {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject"}),
    ],
)
def test_a_service_may_do_with_images_what_it_needs_and_its_account_alone_takes_the_role(
    cloud: EmulatedMocks, service: str, actions: set[str]
) -> None:
    trust, (allowed,) = role_of(cloud, service)
    assert (set(allowed["Action"]), allowed["Resource"]) == (actions, IMAGES)
    assert f"system:serviceaccount:ticketing:{service}" in unquote(str(trust))
