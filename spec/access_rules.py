"""Rules for what people reach from outside, and from where."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from spec.cluster import EksCluster, KubeadmCluster
from spec.mistakes import Mistake, Path
from spec.platform import Platform
from spec.rules import rule

# The largest networks that anybody was given are of /8: https://www.iana.org/assignments/ipv4-address-space
_LARGEST = 8


@rule
def what_people_administer_by_is_closed_to_the_world(platform: Platform) -> Iterator[Mistake]:
    """SSH and the API server are for networks that somebody can name."""
    cluster = platform.cluster
    open_to: list[tuple[Path, str, list[str]]] = []
    if platform.bastion:
        open_to.append((("bastion", "sshCidrs"), "SSH", platform.bastion.ssh_cidrs))
    if isinstance(cluster, EksCluster):
        open_to.append((("cluster", "publicAccessCidrs"), "the API server", cluster.public_access_cidrs))
    if isinstance(cluster, KubeadmCluster):
        open_to.append((("cluster", "apiAccessCidrs"), "the API server", cluster.api_access_cidrs))
    for path, what, cidrs in open_to:
        for position, cidr in enumerate(cidrs):
            if IPv4Network(cidr).prefixlen < _LARGEST:
                remedy = "name the networks of the office or the VPN, or leave it out"
                yield Mistake((*path, position), f"opens {what} to the world", remedy, cidr)


@rule
def everybody_gets_into_eks_once(platform: Platform) -> Iterator[Mistake]:
    """EKS has one access entry for a principal, and the program calls it by the last part of the ARN."""
    if not isinstance(platform.cluster, EksCluster):
        return
    given = {"adminRoleArns": platform.cluster.admin_role_arns, "viewRoleArns": platform.cluster.view_role_arns}
    first: dict[str, str] = {}
    for key, arns in given.items():
        names: set[str] = set()
        for position, arn in enumerate(arns):
            path, name = ("cluster", key, position), arn.rpartition("/")[2]
            if arn in first:
                yield Mistake(path, "gets in already", f"{first[arn]} has it: leave it out of one of them", arn)
            elif name in names:
                yield Mistake(path, f"ends in {name}, as another does", "give each role a name of its own", arn)
            first.setdefault(arn, key)
            names.add(name)


@rule
def a_bastion_has_somewhere_to_stand(platform: Platform) -> Iterator[Mistake]:
    """It needs a way out to Session Manager, and for SSH a way in."""
    if platform.bastion is None or platform.network is None:
        return
    wanted = "public" if platform.bastion.ssh_cidrs else "private"
    if not any(tier.routing == wanted for tier in platform.network.tiers):
        yield Mistake(("network", "tiers"), f"has no {wanted} tier for the bastion", f"add one with routing: {wanted}")
