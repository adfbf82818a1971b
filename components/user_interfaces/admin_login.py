"""The login of the one account that a user interface has."""

from __future__ import annotations

from typing import NamedTuple

import pulumi
import pulumi_random as random

from components.secrets.contract import Secrets

_PASSWORD_LENGTH = 24


class AdminLogin(NamedTuple):
    """A generated password, and where the interface's pods read it."""

    password: pulumi.Output[str]
    """Secret."""
    secret: pulumi.Output[str]
    """Name of the Kubernetes Secret that holds it under the key ``password``."""


def admin_login(
    name: str, interface: str, *, namespace: pulumi.Input[str], secrets: Secrets, opts: pulumi.ResourceOptions
) -> AdminLogin:
    """Generate the password and keep it in the Secret ``<interface>-admin`` of ``namespace``.

    ``name`` is the logical name of what is made, and ``opts`` are the owner's for a child.
    """
    password = random.RandomPassword(name, length=_PASSWORD_LENGTH, special=False, opts=opts).result
    secret = secrets.keep(name, {"password": password}, namespace=namespace, name=f"{interface}-admin", opts=opts)
    return AdminLogin(password, secret)
