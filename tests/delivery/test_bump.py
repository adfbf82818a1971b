"""Bumps and roll backs, on real repositories."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from delivery import bump as bumps
from delivery import git as gits
from delivery.bump import bump, find, roll_back
from delivery.errors import Refused
from delivery.git import Git, GitFailed, clone
from delivery.tags import Place
from tests.delivery.conftest import KUSTOMIZATION, VALUES, Remote, git, save, write

pytestmark = pytest.mark.engine

AUTH = Place("services/auth/values.yaml")
USER = Place("overlays/prod/kustomization.yaml", image="user-service")
BLOG = Place("overlays/prod/kustomization.yaml", image="blog-service")


@pytest.fixture
def work(gitops: Remote, tmp_path: Path) -> Git:
    return clone(gitops.url, "main", tmp_path / "work")


def test_a_bump_is_one_commit_of_one_line(gitops: Remote, work: Git) -> None:
    done = bump(work, "main", AUTH, "v2", source="https://github.com/acme/auth/commit/abc")
    assert (done.outcome, done.tag, done.commit) == ("pushed", "v2", git(gitops.path, "rev-parse", "main"))
    assert gitops.show(AUTH.file) == VALUES.replace("v1", "v2").strip()
    assert (
        git(gitops.path, "show", "--shortstat", "--format=", "main") == "1 file changed, 1 insertion(+), 1 deletion(-)"
    )
    assert gitops.log()[0] == "Bump auth to v2"
    assert "https://github.com/acme/auth/commit/abc" in gitops.log("%B")


def test_the_same_bump_again_is_no_commit(gitops: Remote, work: Git) -> None:
    first = bump(work, "main", AUTH, "v2")
    again = bump(work, "main", AUTH, "v2")
    assert (again.outcome, again.commit) == ("unchanged", first.commit)
    assert len(gitops.log()) == 2


def test_a_bump_starts_from_what_was_pushed_meanwhile(gitops: Remote, work: Git, tmp_path: Path) -> None:
    other = clone(gitops.url, "main", tmp_path / "other")
    bump(other, "main", USER, "aaa")
    bump(work, "main", AUTH, "v2")
    assert 'newTag: "aaa"' in gitops.show(USER.file)
    assert "tag: v2" in gitops.show(AUTH.file)


def test_two_bumps_at_once_both_survive(gitops: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both start on the same base before either pushes; neighbours in one file, where a merge would fail."""
    start, tries, edit = threading.Barrier(2), [], bumps._edit

    def together(work: Git, place: Place, tag: str) -> str:
        tries.append(place)
        if tries.count(place) == 1:
            start.wait(10)
        return edit(work, place, tag)

    monkeypatch.setattr(bumps, "_edit", together)
    works = [clone(gitops.url, "main", tmp_path / name) for name in ("one", "two")]
    with ThreadPoolExecutor() as both:
        done = list(both.map(bump, works, ("main", "main"), (USER, BLOG), ("aaaaaaa", "bbbbbbb")))
    assert [each.outcome for each in done] == ["pushed", "pushed"]
    tags = {each["name"]: each["newTag"] for each in yaml.safe_load(gitops.show(USER.file))["images"]}
    assert tags == {"user-service": "aaaaaaa", "blog-service": "bbbbbbb"}
    assert len(tries) == 3, "one of them came second and started anew"


def test_four_bumps_at_once_all_survive(gitops: Remote, tmp_path: Path) -> None:
    seed = clone(gitops.url, "main", tmp_path / "seed2")
    places = [Place(f"services/s{n}/values.yaml") for n in range(4)]
    for place in places:
        write(seed.directory, place.file, VALUES)
    save(seed.directory, "Four services")
    git(seed.directory, "push", "--quiet", "origin", "main")
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(lambda place: bump(clone(gitops.url, "main", tmp_path / place.file), "main", place, "v2"), places)
        )
    assert all("tag: v2" in gitops.show(place.file) for place in places)


def test_a_remote_that_refuses_for_good_is_not_asked_again(
    gitops: Remote, work: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = gitops.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho main is protected >&2\necho x >> asked\nexit 1\n")
    hook.chmod(0o755)
    monkeypatch.setattr(gits.time, "sleep", lambda _: pytest.fail("waited to try again"))
    with pytest.raises(GitFailed, match="main is protected"):
        bump(work, "main", AUTH, "v2")
    assert (gitops.path / "asked").read_text() == "x\n"


def test_a_bump_for_a_pull_request_leaves_the_branch_and_can_be_made_again(gitops: Remote, work: Git) -> None:
    for _ in range(2):
        bump(work, "main", AUTH, "v2", onto="bump/auth-v2")
        assert "tag: v1" in gitops.show(AUTH.file)
        assert "tag: v2" in gitops.show(AUTH.file, "bump/auth-v2")
        assert git(gitops.path, "rev-list", "--count", "main..bump/auth-v2") == "1"


def test_a_file_that_is_not_there_is_refused(work: Git) -> None:
    with pytest.raises(Refused, match="has no file services/none"):
        bump(work, "main", Place("services/none/values.yaml"), "v2")


def test_a_path_out_of_the_repository_is_refused(work: Git) -> None:
    with pytest.raises(Refused, match="leads out of the repository"):
        bump(work, "main", Place("../seed/services/auth/values.yaml"), "v2")


@pytest.mark.parametrize("place", [AUTH, USER], ids=str)
def test_a_roll_back_sets_the_tag_of_before_and_says_what_it_reverts(gitops: Remote, work: Git, place: Place) -> None:
    bad = bump(work, "main", place, "bad").commit
    done = roll_back(work, "main", bad, reason="https://api.tiketi.gg/healthz: 500 instead of 200")
    assert done.outcome == "pushed"
    assert gitops.show(AUTH.file) == VALUES.strip()
    assert gitops.show(USER.file) == KUSTOMIZATION.strip()
    said = git(gitops.path, "show", "--no-patch", "--format=%B", "main")
    assert said.startswith('Revert "Bump ')
    assert f"This reverts commit {bad}." in said
    assert "500 instead of 200" in said


def test_a_roll_back_keeps_what_others_did_since(gitops: Remote, work: Git) -> None:
    bad = bump(work, "main", USER, "bad").commit
    bump(work, "main", BLOG, "good")
    assert roll_back(work, "main", bad).outcome == "pushed"
    tags = {each["name"]: each["newTag"] for each in yaml.safe_load(gitops.show(USER.file))["images"]}
    assert tags == {"user-service": "1111111", "blog-service": "good"}


def test_a_roll_back_leaves_a_newer_bump_of_the_same_service_alone(gitops: Remote, work: Git) -> None:
    bad = bump(work, "main", AUTH, "bad").commit
    bump(work, "main", AUTH, "fixed")
    done = roll_back(work, "main", bad)
    assert (done.outcome, done.tag) == ("superseded", "fixed")
    assert "tag: fixed" in gitops.show(AUTH.file)


def test_a_roll_back_twice_is_one(gitops: Remote, work: Git) -> None:
    bad = bump(work, "main", AUTH, "bad").commit
    first = roll_back(work, "main", bad)
    again = roll_back(work, "main", bad)
    assert (again.outcome, again.commit) == ("unchanged", first.commit)


def test_a_roll_back_can_itself_be_taken_back(gitops: Remote, work: Git) -> None:
    bad = bump(work, "main", AUTH, "bad").commit
    undone = roll_back(work, "main", bad).commit
    roll_back(work, "main", undone)
    assert "tag: bad" in gitops.show(AUTH.file)


def test_a_commit_that_is_no_bump_is_not_rolled_back(gitops: Remote, work: Git) -> None:
    with pytest.raises(Refused, match="is no bump"):
        roll_back(work, "main", git(gitops.path, "rev-parse", "main"))


def test_a_service_is_found_by_its_name(gitops: Remote, work: Git) -> None:
    write(work.directory, "services/tickets/auth/values.yaml", VALUES)
    write(work.directory, "services/tickets/author/values.yaml", VALUES)
    write(work.directory, "blog/services/web/user/kustomization.yaml", KUSTOMIZATION)
    write(work.directory, "services/tickets/queue/values.yaml", VALUES)
    write(work.directory, "services/tickets/queue/kustomization.yaml", KUSTOMIZATION)
    save(work.directory, "The layout of `gitops init`")
    assert find(work, "auth") == Place("services/tickets/auth/values.yaml")
    assert find(work, "user") == Place("blog/services/web/user/kustomization.yaml")
    assert find(work, "queue") == Place("services/tickets/queue/values.yaml"), (
        "the kustomization makes a ConfigMap of it"
    )


def test_a_service_that_the_program_installs_is_found_in_its_stack_file(gitops: Remote, work: Git) -> None:
    text = "config: {'groundwork:services': [{name: auth, image: {repository: a, tag: v1}}]}\n"
    write(work.directory, "Pulumi.prod.yaml", text)
    git(work.directory, "add", ".")
    save(work.directory, "A stack")
    git(work.directory, "push", "--quiet", "origin", "HEAD:main")
    done = bump(work, "main", find(work, "auth", "Pulumi.prod.yaml"), "v2")
    assert gitops.show("Pulumi.prod.yaml") + "\n" == text.replace("tag: v1", "tag: v2")
    assert "Bump auth to v2" in git(work.directory, "show", "--no-patch", "--format=%s", done.commit)
    assert roll_back(work, "main", done.commit).tag == "v1"


def test_a_service_that_is_not_there_or_there_twice_is_refused(gitops: Remote, work: Git) -> None:
    with pytest.raises(Refused, match=r"no services/<namespace>/none/values\.yaml"):
        find(work, "none")
    for namespace in ("a", "b"):
        write(work.directory, f"services/{namespace}/auth/values.yaml", VALUES)
    save(work.directory, "Twice")
    with pytest.raises(Refused, match="several services auth"):
        find(work, "auth")
