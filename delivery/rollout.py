"""What Argo CD's and Flux's objects say of a rollout: under way, done, or failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from delivery.http import ask, json_of

State = Literal["waiting", "done", "failed"]


@dataclass(frozen=True)
class Progress:
    """Where a rollout is, and in whose words."""

    state: State
    said: str


Look = Callable[[], Progress]


@dataclass(frozen=True)
class Wanted:
    """What has to be rolled out. Empty: whatever is newest."""

    revision: str = ""
    """Commit of the GitOps repository."""
    image: str = ""
    """End of an image's name, such as ``auth:1a2b3c`` or ``:1a2b3c``: it also tells where a later commit was synced."""


def argo_cd(application: Mapping[str, Any], wanted: Wanted) -> Progress:
    """Judge an Application.

    https://argo-cd.readthedocs.io/en/stable/operator-manual/health/
    """
    status = application.get("status", {})
    sync, health = status.get("sync", {}), status.get("health", {})
    operation = status.get("operationState", {})
    revisions = _all(sync.get("revisions"), sync.get("revision"))
    synced = _all(*(operation.get("syncResult", {}).get(key) for key in ("revisions", "revision")))
    where = ", ".join(revision[:12] for revision in revisions) or "nothing"
    said = f"{sync.get('status', 'not compared yet')} at {where}, {health.get('status', 'health unknown')}"
    if _met(wanted.revision, synced) and operation.get("phase") in ("Failed", "Error"):
        return Progress("failed", f"the sync of {where} failed: {operation.get('message', '')}")
    arrived = _met(wanted.revision, revisions) or _has_image(status, wanted)
    if not arrived or sync.get("status") != "Synced":
        return Progress("waiting", said)
    if not _runs(status, wanted):
        return Progress("waiting", f"{said}, but no image ends in {wanted.image}")
    if health.get("status") == "Degraded":
        return Progress("failed", f"{said}: {health.get('message') or _unwell(status)}")
    finished = operation.get("phase", "Succeeded") == "Succeeded"
    return Progress("done" if health.get("status") == "Healthy" and finished else "waiting", said)


def flux(resource: Mapping[str, Any], wanted: Wanted) -> Progress:
    """Judge a Kustomization or a HelmRelease.

    https://fluxcd.io/flux/components/kustomize/kustomizations/#conditions
    """
    status, metadata = resource.get("status", {}), resource.get("metadata", {})
    conditions = {each["type"]: each for each in status.get("conditions", [])}
    ready = conditions.get("Ready", {})
    said = ready.get("message") or "not reconciled yet"
    if status.get("observedGeneration", -1) != metadata.get("generation"):
        return Progress("waiting", f"its controller has not seen its newest form: {said}")
    if conditions.get("Stalled", {}).get("status") == "True":
        return Progress("failed", conditions["Stalled"].get("message", said))
    attempted, applied = status.get("lastAttemptedRevision", ""), status.get("lastAppliedRevision", "")
    if wanted.revision and resource.get("kind") == "Kustomization":
        if ready.get("status") == "False" and ready.get("reason") in _FAILED and wanted.revision in attempted:
            return Progress("failed", said)
        if wanted.revision not in applied:
            return Progress("waiting", f"at {applied or 'nothing'}: {said}")
    elif ready.get("status") == "False" and ready.get("reason") in _FAILED:
        return Progress("failed", said)
    return Progress("done" if ready.get("status") == "True" else "waiting", said)


# Reasons of a condition after which a controller tries no further, or only the same again.
# https://pkg.go.dev/github.com/fluxcd/helm-controller/api/v2#pkg-constants
_FAILED = (
    "ArtifactFailed", "BuildFailed", "HealthCheckFailed", "InstallFailed", "ReconciliationFailed", "RollbackSucceeded",
    "TestFailed", "UninstallSucceeded", "UpgradeFailed",
)  # fmt: skip


def _all(*values: Any) -> list[str]:
    lists: list[Sequence[str]] = [[value] if isinstance(value, str) else value or [] for value in values]
    return list(dict.fromkeys(entry for each in lists for entry in each if entry))


def _met(revision: str, revisions: list[str]) -> bool:
    return not revision or any(each.startswith(revision) for each in revisions)


def _has_image(status: Mapping[str, Any], wanted: Wanted) -> bool:
    return bool(wanted.image) and _runs(status, wanted)


def _runs(status: Mapping[str, Any], wanted: Wanted) -> bool:
    return any(image.endswith(wanted.image) for image in status.get("summary", {}).get("images", [""]))


def _unwell(status: Mapping[str, Any]) -> str:
    """The resources that are not healthy, in their own words."""
    bad = [each for each in status.get("resources", []) if each.get("health", {}).get("status") == "Degraded"]
    return "; ".join(f"{each['kind']} {each['name']}: {each['health'].get('message', '')}" for each in bad)


def watch_argo_cd(server: str, application: str, token: str, wanted: Wanted, *, authority: str = "") -> Look:
    """Return a look at an Application through Argo CD's own API, which also makes it compare with Git at once.

    That API is reached where people reach its user interface: a pipeline needs no way to the cluster.
    """
    url = f"{server.rstrip('/')}/api/v1/applications/{application}?refresh=normal"

    def look() -> Progress:
        answer = ask(url, token=token, timeout=30, authority=authority)
        return _unanswered(answer.status, answer.body) or argo_cd(json_of(answer, url), wanted)

    return look


# What a resource is called on a command line, and where the API server has it.
_FLUX = {
    "kustomization": "kustomize.toolkit.fluxcd.io/v1/namespaces/{}/kustomizations/{}",
    "helmrelease": "helm.toolkit.fluxcd.io/v2/namespaces/{}/helmreleases/{}",
    "application": "argoproj.io/v1alpha1/namespaces/{}/applications/{}",
}
KINDS = tuple(_FLUX)


def watch_cluster(
    server: str, kind: str, namespace: str, name: str, token: str, wanted: Wanted, *, authority: str = ""
) -> Look:
    """Return a look at an object through the API server, or ``kubectl proxy`` in front of it."""
    url = f"{server.rstrip('/')}/apis/{_FLUX[kind].format(namespace, name)}"
    judge = argo_cd if kind == "application" else flux

    def look() -> Progress:
        answer = ask(url, token=token, timeout=30, authority=authority)
        return _unanswered(answer.status, answer.body) or judge(json_of(answer, url), wanted)

    return look


def _unanswered(status: int, body: str) -> Progress | None:
    """What an answer without an object means: a server that is away may come back, a refused token will not."""
    if status in (401, 403):
        return Progress("failed", f"the server answers {status}: the token may not read this")
    if status == 404:
        return Progress("waiting", "there is no such object yet")
    if status == 0 or status >= 500:
        return Progress("waiting", f"the server answers {status or 'nothing'}: {body.strip()[:120]}")
    return None
