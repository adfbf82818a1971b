"""Versions of Kubernetes that machines are brought to."""

from __future__ import annotations

import pulumi
import pytest

from components.cluster.upgrades import TAG, SkippedMinor, one_minor_at_a_time
from tests.recorder import run


def change(before: str, after: str) -> None:
    """Ask what watches over a machine's tag whether it may go from one version to the other."""

    def program() -> None:
        hook = (one_minor_at_a_time("any").before_update or [None])[0]
        assert isinstance(hook, pulumi.ResourceHook)
        tags = [{"tags": {TAG: version}} for version in (before, after)]
        hook(pulumi.ResourceHookArgs("urn", "id", "any-0", "type", new_inputs=tags[1], old_inputs=tags[0]))

    run(program)


@pytest.mark.parametrize("after", ["1.35.3", "1.35.9", "1.36.0", "1.34.2"])
def test_a_machine_goes_up_by_a_patch_or_a_minor_and_may_be_told_to_stay(after: str) -> None:
    change("1.35.3", after)


def test_a_skipped_minor_is_refused_with_the_one_between() -> None:
    with pytest.raises(SkippedMinor, match=r"kubernetesVersion = 1\.37\.0: any-0 has 1\.35\.3.* newest 1\.36 first"):
        change("1.35.3", "1.37.0")
