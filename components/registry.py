"""The registry for the services' images, in ECR."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.component import Component
from spec.registry import Registry as Spec


class Registry(Component):
    """A repository for each service, called ``<platform>/<service>``."""

    urls: pulumi.Output[dict[str, str]]
    """Service -> what its image is pushed to and pulled from, without the tag."""

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
        self.register_outputs({"urls": self.urls})


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
