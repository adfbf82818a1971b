"""Storage that the cluster's machines make of their own disks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spec.base import Section


class Longhorn(Section):
    """Longhorn: each volume is kept on several machines, so that a pod finds its data wherever it goes.

    Machines need open-iscsi: https://longhorn.io/docs/1.12.1/deploy/install/#installation-requirements
    """

    engine: Literal["longhorn"]
    replicas: Annotated[int, Field(ge=1, le=5)] = 3
    """Machines that keep a copy of each volume."""
