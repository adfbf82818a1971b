"""Amazon Cognito: people who may sign in, and a client of OpenID Connect that asks them to."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.cloud.contract import OidcClient
from components.component import Component

_PASSWORD_LENGTH = 14
# After which an invitation is void.
_INVITED_DAYS = 3


class UserPool(Component):
    """A user pool that an administrator alone adds people to, its sign-in page, and one client.

    There are no users in it: `aws cognito-idp admin-create-user` invites one by mail.
    """

    client: OidcClient

    def __init__(
        self,
        name: str,
        *,
        region: str,
        callbacks: Sequence[str],
        mfa: bool,
        protect: bool,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Make the pool in ``region``, and a client that sends people who have signed in to one of ``callbacks``.

        ``mfa`` asks everybody for a second factor; ``protect`` guards the pool, and with it the accounts.
        """
        super().__init__("cloud:UserPool", name, opts)
        pool = aws.cognito.UserPool(
            name,
            username_attributes=["email"],
            auto_verified_attributes=["email"],
            mfa_configuration="ON" if mfa else "OFF",
            software_token_mfa_configuration={"enabled": True} if mfa else None,
            admin_create_user_config={"allow_admin_create_user_only": True},
            account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
            password_policy={
                "minimum_length": _PASSWORD_LENGTH,
                "require_lowercase": True,
                "require_uppercase": True,
                "require_numbers": True,
                "require_symbols": False,
                "temporary_password_validity_days": _INVITED_DAYS,
            },
            deletion_protection="ACTIVE" if protect else "INACTIVE",
            tags={"Name": name},
            opts=self.child(protect=protect),
        )
        # The name of a sign-in page is unique in its region, across all accounts.
        suffix = random.RandomId(f"{name}-domain", byte_length=4, opts=self.child())
        page = aws.cognito.UserPoolDomain(
            name,
            domain=pulumi.Output.concat(f"{name}-", suffix.hex),
            user_pool_id=pool.id,
            opts=self.child(),
        )
        client = aws.cognito.UserPoolClient(
            name,
            user_pool_id=pool.id,
            generate_secret=True,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=["openid", "email", "profile"],
            callback_urls=list(callbacks),
            supported_identity_providers=["COGNITO"],
            # No way to sign in past the page.
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            opts=self.child(),
        )
        self.client = OidcClient(
            issuer=pulumi.Output.concat(f"https://cognito-idp.{region}.amazonaws.com/", pool.id),
            id=client.id,
            secret=pulumi.Output.secret(client.client_secret),
            depends_on=[page],
        )
        self.register_outputs({"userPoolId": pool.id})
