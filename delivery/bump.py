"""A new tag into the GitOps repository, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from delivery.errors import Refused
from delivery.git import Git, push
from delivery.tags import Place, read, write

# What stands before the folder of a service.
_FOLDER = re.compile(r"^(?:.*/)?services/[^/]+/(?=[^/]+/[^/]+$)")

Outcome = Literal["pushed", "unchanged", "superseded"]


@dataclass(frozen=True)
class Result:
    """What became of a bump or a roll back."""

    outcome: Outcome
    """``unchanged`` where the tag was there already, ``superseded`` where somebody has set another since."""
    commit: str
    """What was pushed; else the newest commit of the branch."""
    tag: str
    """What the file says now."""


def bump(git: Git, branch: str, place: Place, tag: str, *, onto: str = "", source: str = "") -> Result:
    """Set the tag at ``place`` on the newest ``branch``, and push.

    With ``onto``, the commit goes to a branch of that name made anew from ``branch``, for a pull request. ``source``
    says where the image comes from: a URL that goes into the commit's message.
    """

    def change() -> str | None:
        before = _edit(git, place, tag)
        return None if before == tag else _message(place, before, tag, source)

    if onto:
        return _propose(git, branch, onto, change, tag)
    commit = push(git, branch, change)
    return Result("pushed" if commit else "unchanged", commit or git("rev-parse", "HEAD"), tag)


def find(git: Git, service: str, stack_file: str = "") -> Place:
    """Return where the tag of a service is: in ``stack_file``, or by the layout that ``python -m gitops init`` writes.

    That is ``services/<namespace>/<service>/`` with a values.yaml or, without one, a kustomization.yaml, in the
    repository or in a folder of it. Raises Refused where there is none, or more than one.
    """
    if stack_file:
        return Place(stack_file, f"config.groundwork:services[{service}].image.tag")
    for name in ("values.yaml", "kustomization.yaml"):
        paths = [path for path in git("ls-files", "-z").split("\0") if _FOLDER.sub("", path) == f"{service}/{name}"]
        if len(paths) > 1:
            raise Refused(f"there are several services {service}: {', '.join(paths)}; name the one meant with --file")
        if paths:
            return Place(paths[0])
    raise Refused(f"the repository has no services/<namespace>/{service}/values.yaml or kustomization.yaml")


def roll_back(git: Git, branch: str, commit: str, *, reason: str = "") -> Result:
    """Set the tag that ``commit`` replaced, unless it was changed again since, and push.

    It is a revert of that one value rather than of lines, so that bumps of other services beside it never conflict.
    Raises Refused where ``commit`` is no bump.
    """
    message = git("show", "--no-patch", "--format=%B", commit)
    place, before, after = _recorded(message, commit)
    outcome: Outcome = "unchanged"

    def change() -> str | None:
        nonlocal outcome
        now = read(_text(git, place), place)
        if now != after:
            outcome = "unchanged" if now == before else "superseded"
            return None
        _edit(git, place, before)
        title = message.splitlines()[0]
        because = f"\n\n{reason}" if reason else ""
        trailers = _trailers(place, after, before)
        return f'Revert "{title}"{because}\n\nThis reverts commit {git("rev-parse", commit)}.\n\n{trailers}'

    pushed = push(git, branch, change)
    tag = read(_text(git, place), place)
    return Result("pushed" if pushed else outcome, pushed or git("rev-parse", "HEAD"), tag)


def _propose(git: Git, branch: str, onto: str, change: Callable[[], str | None], tag: str) -> Result:
    git("fetch", "--quiet", "origin", branch)
    git("reset", "--quiet", "--hard", "FETCH_HEAD")
    message = change()
    if message is None:
        return Result("unchanged", git("rev-parse", "HEAD"), tag)
    git("commit", "--quiet", "--all", "--file=-", stdin=message)
    # The branch is this bump's own: an earlier try of the same one is replaced.
    git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{onto}")
    return Result("pushed", git("rev-parse", "HEAD"), tag)


def _text(git: Git, place: Place) -> str:
    path = (git.directory / place.file).resolve()
    if not path.is_relative_to(git.directory.resolve()):
        raise Refused(f"{place.file} leads out of the repository")
    try:
        # As bytes: the line ends are the file's own.
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise Refused(f"the repository has no file {place.file}") from None


def _edit(git: Git, place: Place, tag: str) -> str:
    """Write the tag into the work tree, and return the one that was there."""
    text = _text(git, place)
    (git.directory / place.file).write_bytes(write(text, place, tag).encode())
    return read(text, place)


def _message(place: Place, before: str, tag: str, source: str) -> str:
    of_stack = re.search(r"services\[(.+?)\]", place.key)
    what = place.image or (of_stack[1] if of_stack else str(PurePosixPath(place.file).parent))
    said = f"{source}\n\n" if source else ""
    return f"Bump {what.rsplit('/', 1)[-1]} to {tag}\n\n{said}{_trailers(place, before, tag)}"


def _trailers(place: Place, before: str, after: str) -> str:
    rows = {
        "Bump-File": place.file,
        "Bump-Key": place.key,
        "Bump-Image": place.image,
        "Bump-From": before,
        "Bump-To": after,
    }
    return "\n".join(f"{name}: {value}" for name, value in rows.items() if value) + "\n"


def _recorded(message: str, commit: str) -> tuple[Place, str, str]:
    rows = dict(re.findall(r"^Bump-(\w+): (.+)$", message, re.MULTILINE))
    if "To" in rows and "From" not in rows:
        raise Refused(f"{commit} was the first to set a tag: there is none to go back to")
    try:
        return Place(rows["File"], rows["Key"], rows.get("Image", "")), rows["From"], rows["To"]
    except KeyError:
        raise Refused(f"{commit} is no bump: its message does not say which tag it replaced") from None
