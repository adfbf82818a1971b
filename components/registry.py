"""The registry for the services' images, in ECR."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component
from components.policy import assume_role, documents, statement
from spec.registry import Pushers
from spec.registry import Registry as Spec

# https://docs.github.com/en/actions/reference/security/oidc
_GITHUB, _AUDIENCE = "token.actions.githubusercontent.com", "sts.amazonaws.com"
# What docker and a look whether a tag is there need:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
_PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


class Registry(Component):
    """A repository for each service, called ``<platform>/<service>``."""

    urls: pulumi.Output[dict[str, str]]
    """Service -> what its image is pushed to and pulled from, without the tag."""
    push_role: pulumi.Output[str] | None
    """ARN of the role that pipelines push with, where it is asked for."""

    def __init__(
        self, name: str, spec: Spec, services: Sequence[str], *, protect: bool, opts: pulumi.ResourceOptions
    ) -> None:
        """Make the repositories; where they are not protected, they are deleted with the images in them."""
        super().__init__("registry:Registry", name, opts)
        repositories = {
            service: aws.ecr.Repository(
                f"{name}-{service}",
                name=f"{name}/{service}",
                # What was tested and scanned under a tag is what is deployed and rolled back to by it.
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration={"scan_on_push": True},
                encryption_configurations=[{"encryption_type": "AES256"}],
                force_delete=not protect,
                tags={"Name": f"{name}/{service}"},
                opts=self.child(protect=protect),
            )
            for service in services
        }
        for service, repository in repositories.items():
            aws.ecr.LifecyclePolicy(
                f"{name}-{service}", repository=repository.name, policy=_lifecycle(spec), opts=self.child()
            )
        self.urls = pulumi.Output.all(**{service: made.repository_url for service, made in repositories.items()})
        self.push_role = None
        if spec.pushed_by:
            self.push_role = self._push_role(name, spec.pushed_by, list(repositories.values()))
        self.register_outputs({"urls": self.urls})

    def _push_role(self, name: str, by: Pushers, repositories: Sequence[aws.ecr.Repository]) -> pulumi.Output[str]:
        """Return the ARN of a role that GitHub's workflows assume, of the named repositories and branch alone."""
        # Without thumbprints IAM finds them itself.
        provider = (
            by.provider
            or aws.iam.OpenIdConnectProvider(
                f"{name}-github", url=f"https://{_GITHUB}", client_id_lists=[_AUDIENCE], opts=self.child()
            ).arn
        )
        claims = {
            f"{_GITHUB}:aud": _AUDIENCE,
            f"{_GITHUB}:sub": [f"repo:{each}:ref:refs/heads/{by.branch}" for each in by.repositories],
        }
        role = aws.iam.Role(
            f"{name}-push",
            description=f"Pipelines that push images of {name}",
            assume_role_policy=assume_role(
                {"Federated": provider}, action="sts:AssumeRoleWithWebIdentity", condition={"StringEquals": claims}
            ),
            opts=self.child(),
        )
        aws.iam.RolePolicy(
            f"{name}-push",
            role=role.id,
            # GetAuthorizationToken knows no resources.
            policy=documents(
                statement(["ecr:GetAuthorizationToken"]), statement(_PUSH, [each.arn for each in repositories])
            ),
            opts=self.child(),
        )
        return role.arn


def _lifecycle(spec: Spec) -> str:
    """Return the rules by which images go.

    The one for images of any tag has to come last:
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": spec.untagged_days,
    }
    newest = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": spec.keep_images}
    descriptions = (f"Untagged for {spec.untagged_days} days", f"All but the newest {spec.keep_images}")
    rules = [
        {"rulePriority": priority, "description": text, "selection": selection, "action": {"type": "expire"}}
        for priority, (text, selection) in enumerate(zip(descriptions, (untagged, newest), strict=True), start=1)
    ]
    return json.dumps({"rules": rules})
