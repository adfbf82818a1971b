"""The bastion: a machine inside the network from which people reach the data tier."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from spec.base import Cidr, Section


class Bastion(Section):
    """One small machine, reached by Session Manager: `aws ssm start-session`."""

    instance_type: Annotated[str, StringConstraints(pattern=r"^t\d[a-z]*\.[a-z0-9]+$")] = "t3.micro"
    """A burstable type; it does nothing most of the day."""
    ssh_cidrs: list[Cidr] = []
    """Networks that may also come by SSH, to which end the machine stands in a public tier; without any it has no
    public address, and no port is open."""
    key_name: str | None = None
    """EC2 key pair for SSH; without it, EC2 Instance Connect puts a key there for a minute."""
