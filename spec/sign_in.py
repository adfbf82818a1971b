"""Who gets through to the user interfaces."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from spec.base import Host, Name, Secret, Section


class _SignIn(Section):
    """What every provider has."""

    replicas: Annotated[int, Field(ge=1, le=10)] = 1
    """Of the proxy that knows who has signed in: while there is none, nobody gets through."""
    session_hours: Annotated[int, Field(ge=1, le=720)] = 12
    """After which one signs in again."""
    pool: Name | None = None


class Cognito(_SignIn):
    """A user pool of the program's own in Amazon Cognito: whoever an administrator adds to it may sign in."""

    provider: Literal["cognito"]
    mfa: bool = True
    """Asks everybody for a second factor, a code from an authenticator app."""


class Oidc(_SignIn):
    """An OpenID Connect provider that somebody else runs, such as Keycloak, Google or Okta."""

    provider: Literal["oidc"]
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9/_.~-]*)?$")]
    """URL, as the provider's tokens have it; its configuration is found below it."""
    client_id: Annotated[str, StringConstraints(min_length=1)]
    """The provider has to know, as redirect URLs, `https://<host>/oauth2/callback` of every user interface."""
    client_secret: Secret
    """Encrypted: `pulumi config set --secret --path 'groundwork:ingress.signIn.clientSecret'`."""
    email_domains: list[Host] = []
    """Whose addresses may sign in."""
    groups: list[Annotated[str, StringConstraints(min_length=1)]] = []
    """Groups, one of which people have to be in, by the token's claim `groups`."""


SignIn = Annotated[Cognito | Oidc, Field(discriminator="provider")]
