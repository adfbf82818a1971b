"""What consumers of a PostgreSQL server of the platform's own sign in with: a role, a password, a Secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_random as random

from components.component import known_after
from components.data_tier.database_roles import DatabaseRoles
from components.data_tier.endpoint import Consumer, Peer
from components.data_tier.schema import Schema
from components.secrets.contract import IN_CLUSTER, Secrets
from spec.migrations import GRANTS

MASTER = "groundwork_master"
"""The role that makes the others."""

_PASSWORD_LENGTH = 40


def password(name: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Return a password of letters and digits: it ends up in URLs and shells."""
    return random.RandomPassword(name, length=_PASSWORD_LENGTH, special=False, opts=opts).result


def logins(
    name: str,
    consumers: Sequence[Consumer],
    *,
    address: Mapping[str, pulumi.Input[str]],
    master: tuple[str, pulumi.Input[str]],
    server: Peer,
    namespace: pulumi.Input[str],
    image: str,
    secrets: Secrets = IN_CLUSTER,
    migrations: Mapping[str, str] | None = None,
    opts: pulumi.ResourceOptions,
) -> dict[str, pulumi.Output[str]]:
    """Make a password, a role and a Secret for every consumer; return the names of the Secrets by consumer.

    A name is known once its role can sign in and, with ``migrations``, the tables are there.

    ``address`` is where the server is, as libpq's environment variables; ``master`` is the role that makes the others,
    with its password. The jobs that do so run ``image`` in ``namespace`` and may reach ``server`` alone. ``migrations``
    are SQL by file name; None where the tables are not the platform's affair.
    """
    if not consumers:
        return {}
    passwords = {each.name: password(f"{name}-{each.name}", opts) for each in consumers}
    user, secret = master
    job: Any = {
        "connection": {**address, "PGUSER": user, "PGPASSWORD": secret},
        "server": server,
        "namespace": namespace,
        "image": image,
        "secrets": secrets,
    }
    roles = DatabaseRoles(
        f"{name}-roles",
        consumers,
        passwords,
        granted=GRANTS in (migrations or {}),
        opts=opts,
        **job,
    )
    done = roles.done
    if migrations:
        # Grants are to roles, which have to be there; nothing in the SQL says so.
        after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[roles]))
        done = Schema(f"{name}-schema", migrations, opts=after, **job).done
    return {each.name: _secret(name, each, passwords[each.name], done, secrets, opts) for each in consumers}


def _secret(
    name: str,
    consumer: Consumer,
    password: pulumi.Output[str],
    done: pulumi.Output[str],
    secrets: Secrets,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    secret = secrets.keep(
        f"{name}-{consumer.name}",
        {"username": consumer.role, "password": password},
        namespace=consumer.namespace,
        name=f"postgres-{consumer.name}",
        # The name is the consumer's for good; two objects can't have it at the same time.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )
    return known_after(secret, done)
