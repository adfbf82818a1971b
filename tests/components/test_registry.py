"""The registry: a repository for each service, whose tags stay what they are."""

from __future__ import annotations

import json

import pulumi

from components.registry import Registry
from spec.registry import Registry as Spec
from tests.recorder import Recorder, run

REPOSITORY = "aws:ecr/repository:Repository"
POLICY = "aws:ecr/lifecyclePolicy:LifecyclePolicy"


def build(*, protect: bool = False, preview: bool = False) -> Recorder:
    spec = Spec(keep_images=20, untagged_days=3)
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


def test_a_preview_shows_every_resource_of_an_up() -> None:
    assert sorted(build(preview=True).urns()) == sorted(build().urns())
