"""Helm releases: third-party charts as ``charts/versions.yaml`` pins them, from upstream or from a mirror."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from charts.pins import Pin, pins

# The chart of an application service, relative to the project so that state does not depend on where the checkout is.
SERVICE_CHART = "./charts/service"
WITHOUT_ISSUERS = "./charts/without_issuers.py"
"""A post-renderer, likewise relative."""


class UnknownChart(pulumi.RunError):
    """A chart that charts/versions.yaml does not pin."""

    def __init__(self, chart: str) -> None:
        near = get_close_matches(chart, _pins(), n=1)
        hint = f"did you mean {near[0]}?" if near else "add it with its repository and version"
        super().__init__(f"chart {chart} is not in charts/versions.yaml: {hint}")


class NoMirror(pulumi.RunError):
    """A directory of charts that does not exist."""

    def __init__(self, mirror: str) -> None:
        super().__init__(
            f"groundwork:chartMirror = {mirror!r} is no directory of this machine: make it with `make mirror`, or "
            "name one that is there, from where the project is, or a URL"
        )


@cache
def _pins() -> Mapping[str, Pin]:
    return pins()


class Charts:
    """Where third-party charts come from."""

    def __init__(self, mirror: str | None = None) -> None:
        """Take charts from ``mirror``, a directory or URL that holds ``<name>-<version>.tgz``, or from upstream.

        Raises NoMirror for a directory that is not there, before helm could say of the first chart that it is missing.
        """
        if mirror and "://" not in mirror and not Path(mirror).is_dir():
            raise NoMirror(mirror)
        self._mirror = mirror.rstrip("/") if mirror else None

    def release(
        self,
        name: str,
        chart: str,
        *,
        namespace: pulumi.Input[str],
        values: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
        version: str | None = None,
        timeout_seconds: int = 600,
        awaited: bool = True,
        post_renderer: str | None = None,
    ) -> kubernetes.helm.v3.Release:
        """Return a release of a pinned chart: a real Helm install, so that hooks run and teardown is Helm's.

        ``name`` is the release's name, too. ``version`` takes the place of the pinned one. ``timeout_seconds`` bounds
        the wait until its pods are ready; without ``awaited`` there is no such wait, for pods that start only once what
        they refer to has been made. ``post_renderer`` is a program that Helm sends what it renders through. Raises
        UnknownChart for a chart that is not pinned.
        """
        pin = _pins().get(chart)
        if pin is None:
            raise UnknownChart(chart)
        pin = replace(pin, version=version or pin.version)
        return kubernetes.helm.v3.Release(
            name,
            name=name,
            version=pin.version,
            namespace=namespace,
            values=values,
            timeout=timeout_seconds,
            skip_await=None if awaited else True,
            cleanup_on_fail=True,
            postrender=post_renderer,
            opts=opts,
            **self._source(pin),
        )

    def _source(self, pin: Pin) -> dict[str, Any]:
        if self._mirror:
            return {"chart": f"{self._mirror}/{pin.archive}"}
        if pin.is_oci:
            return {"chart": f"{pin.repository}/{pin.chart}"}
        return {"chart": pin.chart, "repository_opts": kubernetes.helm.v3.RepositoryOptsArgs(repo=pin.repository)}
