"""Write the GitOps repository of a stack, or check one.

Usage: python -m gitops init STACK DIR [--layout …] [--manifests …] [--url …] [--dry-run] [--overwrite]
       python -m gitops check DIR
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gitops import place
from gitops.check import check
from gitops.layout import KINDS, MANIFESTS, Layout
from gitops.program import NotForGit, Release, releases
from gitops.render import NotRendered
from gitops.tree import files
from spec.load import from_file, stack_file
from spec.mistakes import SpecError
from spec.platform import Platform
from tools import ToolUnavailable


class Refused(Exception):
    """What was asked for is not done; the message says why, and what would be."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when nothing was done or a repository is not sound."""
    parser = argparse.ArgumentParser(
        prog="python -m gitops",
        description="The GitOps repository of a stack's services.",
        epilog="docs/gitops.md says what stands where in such a repository, and what does not belong in it.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="write the repository of a stack's services")
    init.add_argument("stack")
    init.add_argument("directory", type=Path, metavar="DIR", help="working copy of the repository, or its folder")
    init.add_argument("--layout", choices=KINDS, help="whom it is for; what the stack's file says, else applicationSet")
    init.add_argument("--manifests", choices=MANIFESTS, help="what a service's folder holds; else as the file says")
    init.add_argument("--url", help="address of the repository, where the stack's file does not say it")
    init.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
    init.add_argument(
        "--overwrite",
        action="store_true",
        help="write files that differ anew; versions that run stay as the repository has them",
    )
    checking = commands.add_parser("check", help="every path exists, Kustomize builds, Helm renders")
    checking.add_argument("directory", type=Path, metavar="DIR")
    checking.add_argument("--path", default="/", help="folder of the repository that DIR is (default: its root)")
    options = parser.parse_args(arguments)
    try:
        return _check(options) if options.command == "check" else _init(options)
    except (SpecError, NotForGit, NotRendered, place.Unreadable, Refused, ToolUnavailable) as error:
        print(error, file=sys.stderr)
        return 1


def _init(options: argparse.Namespace) -> int:
    if options.directory.exists() and not options.directory.is_dir():
        raise Refused(f"{options.directory} is no directory: nothing can be written below it")
    platform = from_file(stack_file(options.stack))
    layout = _layout(platform, options)
    running = place.tags(options.directory)
    found = [_running(release, running) for release in releases(platform)]
    tree = files(platform, found, layout)
    _refuse_unsound(tree, layout)
    plan = place.plan(options.directory, tree)
    _tell(plan, found, running)
    if options.dry_run:
        print("nothing was written: it is a dry run")
        return 0
    if plan.changed and not options.overwrite:
        raise Refused("nothing was written: files differ; --overwrite writes them anew, Git keeps what they were")
    place.write(options.directory, tree)
    print(f"wrote {len(plan.new) + len(plan.changed)} files for {len(found)} services to {options.directory}")
    return 0


def _layout(platform: Platform, options: argparse.Namespace) -> Layout:
    given = {"kind": options.layout, "manifests": options.manifests, "url": options.url}
    layout = dataclasses.replace(Layout.of(platform), **{key: value for key, value in given.items() if value})
    if layout.kind == "appOfApps" and not layout.url:
        raise Refused("appOfApps needs the repository's address: groundwork:gitops.repository.url, or --url")
    return layout


def _running(release: Release, tags: dict[str, str]) -> Release:
    """Return a release with the version that the repository runs, which pipelines may have raised since."""
    image = release.values["image"]
    values = {**release.values, "image": {**image, "tag": tags.get(release.name, image["tag"])}}
    return dataclasses.replace(release, values=values)


def _refuse_unsound(tree: dict[str, str], layout: Layout) -> None:
    """Raise Refused for a tree that an engine of GitOps could not read; it never gets to people then."""
    with tempfile.TemporaryDirectory() as directory:
        place.write(Path(directory), tree)
        if problems := check(Path(directory), layout.path).problems:
            raise Refused("\n".join(["nothing was written: the repository would not be sound", *problems]))


def _tell(plan: place.Plan, found: Sequence[Release], running: dict[str, str]) -> None:
    for sign, paths in (("+", plan.new), ("~", plan.changed)):
        for path in paths:
            print(f"{sign} {path}")
    for release in found:
        if release.name in running:
            print(f"= {release.name} runs {running[release.name]}, as the repository has it")
    for path in plan.others:
        print(f"? {path} is no service of the stack; remove it if it should go")


def _check(options: argparse.Namespace) -> int:
    if not options.directory.is_dir():
        raise Refused(f"{options.directory} is no directory: give the working copy of a repository, or its folder")
    report = check(options.directory, options.path)
    for problem in report.problems:
        print(problem, file=sys.stderr)
    if report.problems:
        return 1
    print(f"sound: {len(report.objects)} services, {sum(map(len, report.objects.values()))} objects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
