"""The registry: a repository for each service, whose tags stay what they are."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.registry import Registry
from spec.registry import Registry as Spec
from tests.recorder import Recorder, run

REPOSITORY = "aws:ecr/repository:Repository"
POLICY = "aws:ecr/lifecyclePolicy:LifecyclePolicy"


ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"


def build(*, protect: bool = False, preview: bool = False, **given: Any) -> Recorder:
    spec = Spec.model_validate({"keepImages": 20, "untaggedDays": 3, **given})
    services = ["web", "api"]
    return run(
        lambda: Registry("shop", spec, services, protect=protect, opts=pulumi.ResourceOptions()), preview=preview
    )


def test_each_service_has_a_repository_under_the_platforms_name() -> None:
    assert {repository["name"] for repository in build().all(REPOSITORY)} == {"shop/web", "shop/api"}


def test_images_are_scanned_when_they_are_pushed_and_their_tags_never_move() -> None:
    for repository in build().all(REPOSITORY):
        assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository["imageTagMutability"] == "IMMUTABLE"


def test_untagged_images_go_soon_and_all_but_the_newest_at_last() -> None:
    rules = json.loads(build().one(POLICY, "shop-web")["policy"])["rules"]
    untagged, newest = (rule["selection"] for rule in sorted(rules, key=lambda rule: rule["rulePriority"]))
    assert (untagged["tagStatus"], untagged["countNumber"]) == ("untagged", 3)
    assert (newest["tagStatus"], newest["countType"], newest["countNumber"]) == ("any", "imageCountMoreThan", 20)


def test_protection_keeps_repositories_and_their_images() -> None:
    for protect in (True, False):
        repository = build(protect=protect).one(REPOSITORY, "shop-web")
        assert repository.options.get("protect", False) is protect
        assert repository["forceDelete"] is not protect


def test_pipelines_of_named_repositories_push_from_one_branch_and_do_nothing_else() -> None:
    made = build(pushedBy={"repositories": ["acme/web", "acme/api"]})
    (trust,) = json.loads(made.one(ROLE)["assumeRolePolicy"])["Statement"]
    assert made.one(PROVIDER)["url"] == "https://token.actions.githubusercontent.com"
    assert made.one(PROVIDER).urn in made.one(ROLE).dependencies
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": [
            "repo:acme/web:ref:refs/heads/main",
            "repo:acme/api:ref:refs/heads/main",
        ],
    }
    sign_in, push = json.loads(made.one(ROLE_POLICY)["policy"])["Statement"]
    assert (sign_in["Action"], sign_in["Resource"]) == (["ecr:GetAuthorizationToken"], ["*"])
    assert "ecr:PutImage" in push["Action"]
    assert not [action for action in push["Action"] if "*" in action or "Delete" in action]
    assert len(push["Resource"]) == 2
    assert "*" not in push["Resource"]


def test_an_account_that_knows_github_already_is_told_so_no_second_time() -> None:
    known = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    made = build(pushedBy={"repositories": ["acme/web"], "provider": known})
    assert made.all(PROVIDER) == []
    (trust,) = json.loads(made.one(ROLE)["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Federated": known}


def test_without_a_word_nobody_gets_a_role() -> None:
    assert build().all(ROLE) == []


def test_a_preview_shows_every_resource_of_an_up() -> None:
    assert sorted(build(preview=True).urns()) == sorted(build().urns())
