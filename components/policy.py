"""IAM policy documents, as JSON that may hold outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

VERSION = "2012-10-17"


def statement(
    actions: Sequence[str], resources: Sequence[pulumi.Input[str]] = ("*",), condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a statement that allows ``actions`` on ``resources``, where ``condition`` holds."""
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return allowed | ({"Condition": condition} if condition else {})


def document(actions: Sequence[str], resources: Sequence[pulumi.Input[str]] = ("*",)) -> pulumi.Output[str]:
    """Return a policy document of one statement."""
    return documents(statement(actions, resources))


def documents(*statements: Mapping[str, Any]) -> pulumi.Output[str]:
    """Return a policy document of several statements."""
    return pulumi.Output.json_dumps({"Version": VERSION, "Statement": list(statements)})


def assume_role(
    principal: Mapping[str, Any], action: str = "sts:AssumeRole", condition: Mapping[str, Any] | None = None
) -> pulumi.Output[str]:
    """Return the trust policy of a role that ``principal`` may take by ``action``, where ``condition`` holds."""
    trusted = {"Effect": "Allow", "Principal": principal, "Action": action}
    return documents(trusted | ({"Condition": condition} if condition else {}))
