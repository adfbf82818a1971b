"""A tag is set by changing its characters and no others."""

from __future__ import annotations

import pytest
import yaml

from delivery.errors import Refused
from delivery.tags import Place, read, write
from tests.delivery.conftest import KUSTOMIZATION, VALUES

AUTH = Place("services/auth/values.yaml")
USER = Place("overlays/prod/kustomization.yaml", image="user-service")


def test_of_helm_values_only_the_tag_changes_and_comments_stay() -> None:
    assert write(VALUES, AUTH, "v2") == VALUES.replace("tag: v1  #", "tag: v2  #")
    assert read(VALUES, AUTH) == "v1"


def test_of_a_kustomization_only_the_named_images_tag_changes() -> None:
    assert write(KUSTOMIZATION, USER, "3333333") == KUSTOMIZATION.replace("1111111", "3333333")
    blog = Place(USER.file, image="blog-service")
    assert write(KUSTOMIZATION, blog, "abc") == KUSTOMIZATION.replace("'2222222'", "'abc'")


def test_windows_line_ends_stay() -> None:
    assert write(VALUES.replace("\n", "\r\n"), AUTH, "v2") == VALUES.replace("v1", "v2").replace("\n", "\r\n")


def test_a_key_anywhere_in_the_values_can_be_named() -> None:
    text = "spec: {values: {web: {image: {tag: a, repository: b}}}}\n"
    assert write(text, Place("release.yaml", "spec.values.web.image.tag"), "c") == text.replace("tag: a", "tag: c")


def test_of_a_stack_file_only_the_named_services_tag_changes() -> None:
    text = """\
config:
  groundwork:services:
    - {name: web, image: {repository: a, tag: v1}}
    - name: auth
      image: {repository: b, tag: v1}  # by the pipeline
"""
    auth = Place("Pulumi.prod.yaml", "config.groundwork:services[auth].image.tag")
    assert write(text, auth, "v2") == text.replace("repository: b, tag: v1", "repository: b, tag: v2")
    with pytest.raises(Refused, match=r"services\[queue\]\.image\.tag has no tag; add it"):
        write(text, Place(auth.file, "config.groundwork:services[queue].image.tag"), "v2")


@pytest.mark.parametrize("tag", ["1234567", "12345e7", "0x1234", "1e10", "1.10", "true", "e1", "no", "2026-11-21"])
def test_a_tag_that_reads_as_something_else_is_put_in_quotes(tag: str) -> None:
    """A Git SHA of digits alone, or of digits around one e, would be a number to Helm."""
    changed = write(VALUES, AUTH, tag)
    assert f'tag: "{tag}"  #' in changed
    assert yaml.safe_load(changed)["image"]["tag"] == tag


@pytest.mark.parametrize("tag", ["", "a b", "x\ny: z", '"', "-leading", "a" * 129, "tag # comment"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(Refused, match="is no tag of an image"):
        write(VALUES, AUTH, tag)


def test_a_file_without_the_key_is_refused_with_what_to_add() -> None:
    with pytest.raises(Refused, match=r"values.yaml image.tag has no tag; add it"):
        write("replicas: 1\n", AUTH, "v2")


def test_an_image_that_the_kustomization_lacks_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match="no entry named 'users'; there are user-service, blog-service"):
        write(KUSTOMIZATION, Place(USER.file, image="users"), "v2")


def test_a_kustomization_of_several_images_needs_the_name_of_one_and_of_a_single_one_none() -> None:
    with pytest.raises(Refused, match="name the image whose tag is meant; there are user-service, blog-service"):
        write(KUSTOMIZATION, Place(USER.file), "v2")
    single = "images: [{name: podinfo, newTag: a}]\n"
    assert write(single, Place(USER.file), "b") == single.replace("newTag: a", "newTag: b")


def test_a_digest_beside_the_tag_is_refused_for_it_would_win() -> None:
    pinned = VALUES.replace("tag: v1", "digest: sha256:00\n  tag: v1")
    with pytest.raises(Refused, match="a digest wins"):
        write(pinned, AUTH, "v2")
    assert write(VALUES.replace("tag: v1", 'digest: ""\n  tag: v1'), AUTH, "v2")


def test_what_is_not_yaml_is_refused() -> None:
    with pytest.raises(Refused, match="is not YAML"):
        write("image: [", AUTH, "v2")
