"""IAM roles for service accounts: pods assume a role with the token of their service account.

https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.data_tier.endpoint import Peer
from components.policy import assume_role

ANNOTATION = "eks.amazonaws.com/role-arn"
AUDIENCE = "sts.amazonaws.com"
TOKEN_SERVICE = Peer(ports=(443,), cidrs=("0.0.0.0/0",))
"""STS, which gives a pod credentials for its token; its addresses are Amazon's to change."""


class OidcProvider(Component):
    """The cluster's issuer of service account tokens, registered with IAM."""

    arn: pulumi.Output[str]
    host: pulumi.Output[str]
    """The issuer without its scheme, as the keys of a trust policy's conditions spell it."""

    def __init__(self, name: str, issuer: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        super().__init__("cluster:OidcProvider", name, opts)
        # Without thumbprints IAM finds them itself; looking them up here would need the network in every preview.
        provider = aws.iam.OpenIdConnectProvider(name, url=issuer, client_id_lists=[AUDIENCE], opts=self.child())
        self.arn = provider.arn
        self.host = pulumi.Output.from_input(issuer).apply(lambda url: url.removeprefix("https://"))
        self.register_outputs({"arn": self.arn})

    def trusts(self, namespace: pulumi.Input[str], service_account: str) -> pulumi.Output[str]:
        """Return the trust policy of a role that this one service account may assume."""
        subject = pulumi.Output.concat("system:serviceaccount:", namespace, ":", service_account)
        # Keys may hold no outputs in json_dumps, hence the apply.
        claims = pulumi.Output.all(self.host, subject).apply(_claims)
        return assume_role(
            {"Federated": self.arn}, action="sts:AssumeRoleWithWebIdentity", condition={"StringEquals": claims}
        )


def _claims(known: Mapping[int, str] | list[str]) -> dict[str, str]:
    host, subject = known[0], known[1]
    return {f"{host}:sub": subject, f"{host}:aud": AUDIENCE}


class ServiceAccountRole(Component):
    """What one service account may do in AWS: an inline policy, or one that AWS manages."""

    arn: pulumi.Output[str]
    granted: pulumi.Resource
    """The policy's resource: pods that use the role wait for it."""

    def __init__(
        self,
        name: str,
        issuer: OidcProvider,
        namespace: pulumi.Input[str],
        service_account: str,
        *,
        policy: pulumi.Input[str] | None = None,
        managed_policy: str | None = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Give exactly one of ``policy``, a document in JSON, and ``managed_policy``, the name of one of AWS's own."""
        super().__init__("cluster:ServiceAccountRole", name, opts)
        role = aws.iam.Role(
            name,
            description=f"Service account {service_account}",
            assume_role_policy=issuer.trusts(namespace, service_account),
            opts=self.child(),
        )
        self.arn = role.arn
        if managed_policy is not None:
            self.granted = aws.iam.RolePolicyAttachment(
                name,
                role=role.name,
                policy_arn=f"arn:aws:iam::aws:policy/{managed_policy}",
                opts=self.child(),
            )
        else:
            assert policy is not None
            self.granted = aws.iam.RolePolicy(name, role=role.id, policy=policy, opts=self.child())
        self.register_outputs({"arn": self.arn})
