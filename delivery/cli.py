"""The commands of `python -m delivery`.

What a workflow goes on with is printed to standard output as `name=value`, fit for $GITHUB_OUTPUT; what is for people
goes to standard error. Secrets come by environment alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from delivery import __doc__ as purpose
from delivery.errors import Refused

if TYPE_CHECKING:
    from delivery.preview import Preview

Options = argparse.Namespace


def tell(text: str) -> None:
    """Say something to whoever reads the log."""
    print(text, file=sys.stderr, flush=True)


def notice(text: str) -> None:
    """Write an annotation that shows on the run's page."""
    tell(f"::notice::{text}")


def output(name: str, value: str) -> None:
    """Hand a value on. Raises Refused for one of several lines, which would name outputs of its own."""
    if "\n" in value or "\r" in value:
        raise Refused(f"{name} has more than one line")
    print(f"{name}={value}", flush=True)


def affected(options: Options) -> None:
    """Find the stacks that a change can affect."""
    from delivery.affected import affected as find
    from delivery.git import Git
    from delivery.roles import matrix

    found = find(Git(options.directory), options.base, options.head)
    said = {
        stack: "; ".join(reasons[:3]) + (f"; and {len(reasons) - 3} more" if len(reasons) > 3 else "")
        for stack, reasons in found.items()
    }
    for stack, reason in said.items():
        tell(f"{stack}: {reason}")
    if not found:
        tell("no stack is affected")
    if options.roles:
        output("stacks", matrix(said, _variables(), options.roles, fork=options.fork, notice=notice))
    else:
        output("stacks", json.dumps(list(found)))


def graphs(options: Options) -> None:
    """Print what a change does to the reviewed graphs, in Markdown; it needs no credentials."""
    from delivery.comment import render

    found = _graph_changes(options)
    print("## What the reviewed graphs say\n")
    for stack, preview in found.items():
        print(render(stack, preview))
    print("Which of these is a replacement, a preview tells." if found else "No stack's graph changes.")


def _graph_changes(options: Options) -> dict[str, Preview]:
    """Return what the commits of ``head`` since it left ``base`` do to the reviewed graphs."""
    from delivery.git import Git
    from delivery.graphs import changes

    git = Git(options.directory)
    return changes(git.files(git("merge-base", options.base, options.head)), git.files(options.head))


def stacks(options: Options) -> None:
    """List the stacks that have a role of their own."""
    from delivery.roles import matrix

    files = sorted(path.name for path in options.directory.glob("Pulumi.*.yaml"))
    if not files:
        raise Refused(f"{options.directory.resolve()} has no Pulumi.<stack>.yaml: give the checkout by --directory")
    names = {name.removeprefix("Pulumi.").removesuffix(".yaml"): "" for name in files}
    output("stacks", matrix(names, _variables(), options.roles, fork=False, notice=notice))


def bump(options: Options) -> None:
    """Set an image's tag in the GitOps repository: by a push, or by a pull request."""
    from delivery import bump as bumping
    from delivery.git import clone
    from delivery.github import GitHub
    from delivery.tags import Place

    token = os.environ.get("GITOPS_TOKEN", "")
    what = options.service or options.image or options.file
    onto = f"bump/{_slug(what)}-{_slug(options.tag)}" if options.by == "pull-request" else ""
    with tempfile.TemporaryDirectory() as directory:
        git = clone(options.repository, options.branch, Path(directory), token)
        found = bumping.find(git, options.service, options.stack_file) if options.service else Place(options.file)
        place = replace(found, key=options.key or found.key, image=options.image)
        result = bumping.bump(git, options.branch, place, options.tag, onto=onto, source=options.source)
    tell(f"{place}: {result.tag} ({result.outcome}, {result.commit[:12]})")
    output("commit", result.commit)
    output("changed", str(result.outcome == "pushed").lower())
    if onto and result.outcome == "pushed":
        match = re.search(r"[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", options.repository)
        github = GitHub(match[1] if match else "", token, os.environ.get("GITHUB_API_URL") or GitHub.api)
        title = f"Bump {place} to {options.tag}"
        output("pull-request", github.pull_request(onto, options.branch, title, options.source))


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")


def rollback(options: Options) -> None:
    """Take a bump back, unless another tag was set since."""
    from delivery.bump import roll_back
    from delivery.git import clone

    with tempfile.TemporaryDirectory() as directory:
        git = clone(options.repository, options.branch, Path(directory), os.environ.get("GITOPS_TOKEN", ""))
        result = roll_back(git, options.branch, options.commit, reason=options.reason)
    tell(f"{result.outcome}: the tag is {result.tag} ({result.commit[:12]})")
    output("commit", result.commit)
    output("outcome", result.outcome)
    output("tag", result.tag)


def pages(options: Options) -> None:
    """Take Cloudflare Pages back to the deployment before the current one."""
    from delivery.pages import API, roll_back

    account, token = (os.environ.get(f"CLOUDFLARE_{name}", "") for name in ("ACCOUNT_ID", "API_TOKEN"))
    if not (account and token):
        raise Refused("CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN must be set in the environment")
    output("url", roll_back(account, options.project, token, os.environ.get("CLOUDFLARE_API_BASE_URL") or API))


def site(options: Options) -> None:
    """Put a site into a bucket behind CloudFront, keeping what it overwrites, or put that back."""
    from delivery import site as sites

    if options.do == "upload":
        before = sites.upload(options.site, options.bucket, options.kept, immutable=options.immutable)
        tell(f"{options.site} is in {options.bucket}; before: {before or 'no version'}")
    else:
        before = sites.restore(options.kept, options.bucket)
        tell(f"{options.bucket} has {before or 'its pages of before'} again")
    sites.invalidate(options.distribution)
    output("before", before)


def verify(options: Options) -> None:
    """Wait until a rollout is done and a public path answers; end with 1 when it fails or takes too long."""
    from delivery import rollout
    from delivery.verify import Smoke, rollouts, smoke

    wanted = rollout.Wanted(options.revision, options.image)
    looks: dict[str, rollout.Look] = {}
    authority = options.authority
    if bool(options.argocd) != bool(options.application):
        raise Refused(
            "give --argocd and --application together: which application, and where Argo CD is asked about it"
        )
    if options.argocd:
        token = os.environ.get("ARGOCD_TOKEN", "")
        look = rollout.watch_argo_cd(options.argocd, options.application, token, wanted, authority=authority)
        looks[f"application {options.application}"] = look
    for text in options.object:
        kind, _, path = text.partition("/")
        namespace, _, name = path.partition("/")
        if kind not in rollout.KINDS or not name:
            raise Refused(f"--object {text}: write it KIND/NAMESPACE/NAME, of kind {', '.join(rollout.KINDS)}")
        token = os.environ.get("KUBERNETES_TOKEN", "")
        look = rollout.watch_cluster(options.server, kind, namespace, name, token, wanted, authority=authority)
        looks[text] = look
    checks = [Smoke(url, options.status, options.contains, options.times, authority) for url in options.url]
    if not looks and not checks:
        raise Refused("there is nothing to verify: give --url, --argocd or --object")
    if options.check:
        tell(f"to be verified: {', '.join([*looks, *options.url])}")
        return
    deadline = time.monotonic() + options.timeout
    rollouts(looks, deadline, interval=options.interval, tell=tell)
    for check in checks:
        smoke(check, deadline, interval=options.interval, tell=tell)


def comment(options: Options) -> None:
    """Write what a preview says as the one comment of a pull request; without --pull-request, print it."""
    from delivery import comment as comments
    from delivery.preview import Preview, read

    failed = options.failed == "true"
    text = options.preview.read_text() if options.preview.exists() else ""
    preview = Preview() if failed and not text.strip() else read(text)
    cost = options.cost.read_text().strip() if options.cost and options.cost.exists() else ""
    body = comments.render(
        options.stack,
        preview,
        graph=_graph_changes(options).get(options.stack) if options.base else None,
        reasons=[each for each in options.reason if each],
        cost=cost,
        log=_log(),
        failed="the preview" if failed or preview.errors else "",
    )
    if not options.pull_request:
        print(body, end="")
        return
    from delivery.github import GitHub

    tell(GitHub.from_environment().comment(options.pull_request, comments.marker(options.stack), body))


def _variables() -> dict[str, str]:
    """Return the repository's variables, which a workflow hands over as JSON in VARS. Raises Refused."""
    try:
        return json.loads(os.environ.get("VARS") or "{}")
    except ValueError as error:
        raise Refused(f"VARS is not JSON, as `toJSON(vars)` makes it in a workflow: {error}") from None


def _given(variable: str) -> str:
    """Return an environment variable that GitHub sets. Raises Refused."""
    if not (value := os.environ.get(variable, "")):
        raise Refused(f"{variable} is not set: this runs in a workflow of GitHub, which sets it")
    return value


def admit(options: Options) -> None:
    """Decide whether the comment that a workflow was started by may bring a stack up; reply if not."""
    from delivery import apply
    from delivery.github import GitHub

    event = json.loads(Path(_given("GITHUB_EVENT_PATH")).read_text())
    asked = apply.request(event)
    if asked is None:
        tell("the comment asks for nothing")
        return
    if options.sha:
        asked = apply.Request(asked.stack, options.sha, asked.author, asked.number)
    github = GitHub.from_environment()
    allowed = os.environ.get("APPLY_ALLOWED", "").replace(",", " ").split()
    try:
        admission = apply.admit(github, asked, _variables(), allowed)
    except apply.NotAdmitted as error:
        github.reply(asked.number, f"`pulumi up {asked.stack}` was refused:\n\n{error}")
        raise
    tell(f"{admission.stack} at {admission.sha}, asked for by {asked.author}")
    output("stack", admission.stack)
    output("sha", admission.sha)
    output("role", admission.role)
    output("number", str(asked.number))


def result(options: Options) -> None:
    """Say on a pull request, and on the commit, how an update went."""
    from delivery import apply
    from delivery.comment import render, summary
    from delivery.github import GitHub
    from delivery.preview import Preview, read

    text = options.events.read_text() if options.events.exists() else ""
    done = read(text) if text.strip() else Preview()
    said = summary(done) if options.outcome == "success" else options.outcome
    github = GitHub.from_environment()
    state, failed = ("success", "") if options.outcome == "success" else ("failure", "the update")
    github.status(options.sha, f"{apply.CONTEXT} {options.stack}", state, said, _log())
    head = f"`pulumi up {options.stack}` at {options.sha[:12]}: **{options.outcome}**"
    tell(github.reply(options.pull_request, f"{head}\n\n{render(options.stack, done, log=_log(), failed=failed)}"))


def drift(options: Options) -> None:
    """Open, update or close the one issue about drift, from the events of each stack's refresh."""
    from delivery.drift import report
    from delivery.github import GitHub
    from delivery.preview import Preview, read

    found = {}
    for path in sorted(options.reports.glob("**/*.json")):
        text = path.read_text()
        found[path.stem] = read(text) if text.strip() else Preview(errors=["the refresh said nothing"])
    tell(f"{', '.join(found) or 'no stack'}: issue {report(GitHub.from_environment(), found, _log())}")


def notify(options: Options) -> None:
    """Tell a Slack channel (SLACK_WEBHOOK_URL) and the commit's status how a deployment went."""
    from delivery import notify as notifying
    from delivery.github import GitHub

    if webhook := os.environ.get("SLACK_WEBHOOK_URL"):
        notifying.slack(webhook, options.state, options.text, _log())
    else:
        tell("no SLACK_WEBHOOK_URL: nobody is told by Slack")
    if options.sha:
        notifying.commit(GitHub.from_environment(), options.sha, options.service, options.state, options.text, _log())


def rehearse(options: Options) -> None:
    """Go through the whole loop on this machine: commit, bump, render, verify, roll back."""
    from delivery.rehearsal import rehearse as through
    from gitops.__main__ import main as gitops
    from tools import ensure

    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        tell(f"$ python -m gitops init {options.stack} {directory}/tree")
        with redirect_stdout(sys.stderr):
            failed = gitops(["init", options.stack, str(directory / "tree")])
        if failed:
            raise Refused(f"there is no GitOps repository of {options.stack} to rehearse with")
        through(directory / "tree", directory / "run", options.service, ensure("helm"), main, lambda text: print(text))


def _log() -> str:
    """Address of the run that this is part of."""
    parts = [os.environ.get(key, "") for key in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else ""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m delivery", description=(purpose or "").splitlines()[0])
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[Options], None]) -> argparse.ArgumentParser:
        made = commands.add_parser(run.__name__, help=(run.__doc__ or "").rstrip("."), description=run.__doc__)
        made.set_defaults(run=run)
        return made

    here = Path()
    each = command(affected)
    each.add_argument("--base", default="origin/main", help="what the change is compared with")
    each.add_argument("--head", default="HEAD")
    each.add_argument("--roles", metavar="PREFIX", help="print rows with the role in variable PREFIX_<STACK> of $VARS")
    each.add_argument("--fork", type=_boolean, default=False, metavar="BOOL", help="a fork gets no role")
    each.add_argument("-C", "--directory", type=Path, default=here)

    each = command(graphs)
    each.add_argument("--base", default="origin/main", help="what the change is compared with")
    each.add_argument("--head", default="HEAD")
    each.add_argument("-C", "--directory", type=Path, default=here)

    each = command(stacks)
    each.add_argument("--roles", metavar="PREFIX", required=True)
    each.add_argument("-C", "--directory", type=Path, default=here)

    each = command(bump)
    _gitops(each)
    where = each.add_mutually_exclusive_group(required=True)
    where.add_argument("--service", default="", help="name of a folder services/<namespace>/<service>")
    each.add_argument(
        "--stack-file",
        default="",
        metavar="Pulumi.STACK.yaml",
        help="where the service's image is, if the program installs it; the repository is the platform's then",
    )
    where.add_argument("--file", default="", help="path of a values.yaml or kustomization.yaml elsewhere")
    each.add_argument("--key", default="", help="where Helm values have the tag; left out, image.tag")
    each.add_argument("--image", default="", help="name of the image in a kustomization of several")
    each.add_argument("--tag", required=True)
    each.add_argument("--source", default="", help="where the image comes from, for the commit's message")
    each.add_argument("--by", choices=["push", "pull-request"], default="push")

    each = command(rollback)
    _gitops(each)
    each.add_argument("--commit", required=True, help="the bump to take back")
    each.add_argument("--reason", default="")

    each = command(pages)
    each.add_argument("project", help="name of the Pages project")

    each = command(site)
    each.add_argument("do", choices=["upload", "restore"])
    each.add_argument("bucket")
    each.add_argument("--site", type=Path, default=Path("dist"), metavar="DIR", help="what to upload")
    each.add_argument("--kept", type=Path, required=True, metavar="DIR", help="where what is overwritten is kept")
    each.add_argument("--distribution", required=True, help="identifier of the CloudFront distribution")
    each.add_argument("--immutable", default="assets/*", help="files whose names have a digest of their content")

    each = command(verify)
    each.add_argument("--check", action="store_true", help="see that all of this can be asked, and ask nobody")
    each.add_argument("--url", action="append", type=_address, default=[], help="public path to ask")
    each.add_argument("--status", type=int, default=200)
    each.add_argument("--contains", default="", help="text that the answer has to hold")
    each.add_argument("--times", type=int, default=3, help="right answers in a row")
    each.add_argument(
        "--argocd", type=_address, metavar="URL", help="Argo CD's server; ARGOCD_TOKEN may read the application"
    )
    each.add_argument("--application", default="", help="name of the Application that it delivers")
    each.add_argument("--object", action="append", default=[], metavar="KIND/NAMESPACE/NAME", help="ask the API server")
    each.add_argument("--server", type=_address, default="http://127.0.0.1:8001", help="API server, or `kubectl proxy`")
    each.add_argument("--revision", default="", help="commit that has to be rolled out")
    each.add_argument("--image", default="", help="end of the image's name that has to run")
    each.add_argument("--authority", default="", help="file of a certificate authority")
    each.add_argument("--timeout", type=float, default=300, metavar="SECONDS")
    each.add_argument("--interval", type=float, default=5, metavar="SECONDS")

    each = command(comment)
    each.add_argument("stack")
    each.add_argument("preview", type=Path, help="what `pulumi preview --json` printed")
    each.add_argument("--cost", type=Path, help="file with the difference of costs, in Markdown")
    each.add_argument("--reason", action="append", default=[], help="why the stack is affected")
    each.add_argument("--failed", default="false", metavar="BOOL", help="the preview ended in error")
    each.add_argument("--base", default="", help="also tell what changed since then in the stack's reviewed graph")
    each.add_argument("--head", default="HEAD")
    each.add_argument("-C", "--directory", type=Path, default=here)
    each.add_argument("--pull-request", type=int, metavar="NUMBER")

    each = command(admit)
    each.add_argument("--sha", default="", help="the commit that was admitted before, and still has to be the newest")

    each = command(result)
    each.add_argument("stack")
    each.add_argument("events", type=Path, help="what `pulumi up --json` printed")
    each.add_argument("--outcome", required=True, help="of the step: success, failure, cancelled")
    each.add_argument("--sha", required=True)
    each.add_argument("--pull-request", type=int, required=True, metavar="NUMBER")

    each = command(drift)
    each.add_argument("reports", type=Path, help="directory with <stack>.json, what `pulumi refresh --json` printed")

    each = command(rehearse)
    each.add_argument("stack", nargs="?", default="prod")
    each.add_argument("service", nargs="?", default="auth")

    each = command(notify)
    each.add_argument("state", choices=["success", "failure", "pending", "error"])
    each.add_argument("text")
    each.add_argument("--sha", default="", help="commit of the application, for its status")
    each.add_argument("--service", default="")
    return top


def _gitops(each: argparse.ArgumentParser) -> None:
    each.add_argument("repository", help="address of the GitOps repository; GITOPS_TOKEN may push to it")
    each.add_argument("--branch", default="main")


def _boolean(text: str) -> bool:
    return text == "true"


def _address(text: str) -> str:
    if not re.match(r"https?://[^/]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no address; write it like https://example.com/healthz")
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0: done; 1: refused or failed, and it was said why; 2: no such command."""
    options = parser().parse_args(argv)
    try:
        options.run(options)
        return 0
    except Refused as error:
        tell(f"error: {error}")
        return 1
