"""Who can reach whom, for every stack: computed from the NetworkPolicies that it really has.

`python -m tests.reachability.table STACK` prints a stack's table; without a stack, docs/reachability.md is written
anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from spec.load import ROOT, stacks
from spec.postgres import ExternalPostgres
from tests.reachability.pods import pods
from tests.reachability.policies import End, Outside, Pod, Policies
from tests.stack_objects import Made, made

PAGE = ROOT / "docs" / "reachability.md"

# Addresses that nobody has: https://www.rfc-editor.org/rfc/rfc5737
INTERNET = Outside("the internet", "203.0.113.9", {"https": 443})
API_SERVER = Outside("the API server", "10.255.255.254", {"https": 6443})
STRANGER = Pod("any other pod", "default", {})
DNS = Pod("cluster DNS", "kube-system", {"k8s-app": "kube-dns"}, {"dns": 53})
# What engines outside the cluster are called, by their kind in a stack file.
OUTSIDE: Mapping[str, str] = {
    "aurora": "aurora",
    "rds": "rds",
    "elastiCache": "elasticache",
    "external": "external database",
}
BALANCER = "the load balancer"
_UNHEARD_OF = 9  # the discard service: whoever may reach it anywhere has open egress

_INTRODUCTION = """\
# Who can reach whom

Written by `make reachability`, from the NetworkPolicies that the program and its charts make; a test keeps it current.
Each line is a port, and everything that may open a connection to it: the policies of both ends agree. "Any other pod"
is one in a namespace without policies. Pods of `kube-system`, and pods in their node's own network, have no policies;
databases of the cloud have security groups beside what is said here.
"""


@dataclass(frozen=True)
class Reachability:
    """The ends of a stack's connections, and the policies between them."""

    ends: tuple[End, ...]
    policies: Policies

    def pod(self, name: str) -> Pod:
        """Return the pods with a name. Raises LookupError with the names there are."""
        found = [end for end in self.ends if isinstance(end, Pod) and end.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} of {name}; there are {sorted(end.name for end in self.ends)}")
        return found[0]

    def reaching(self, target: End, port: int) -> set[str]:
        """Return the names of everything else that may connect to a port of ``target``."""
        return {end.name for end in self.ends if end is not target and self.policies.allow(end, target, port)}

    def reached(self, source: End) -> set[tuple[str, int]]:
        """Return every port that ``source`` may connect to, by the name of the end that listens there."""
        return {
            (end.name, port)
            for end in self.ends
            if end is not source
            for port in end.ports.values()
            if self.policies.allow(source, end, port)
        }


def reachability(stack: Made) -> Reachability:
    """Return who can reach whom in a stack."""
    labels = {each["metadata"]["name"]: each["metadata"].get("labels") or {} for each in stack.of_kind("Namespace")}
    ends = (*pods(stack), STRANGER, DNS, API_SERVER, INTERNET, *_balancers(stack), *_databases(stack))
    return Reachability(ends, Policies(stack.of_kind("NetworkPolicy"), labels))


def _balancers(stack: Made) -> Iterator[Outside]:
    """A load balancer that reaches services itself has an address in the network."""
    network = stack.spec.network
    if network and any(service.node_port for service in stack.spec.services):
        yield Outside(BALANCER, network.cidr.replace(".0/", ".250/").partition("/")[0])


def _databases(stack: Made) -> Iterator[Outside]:
    """Engines outside the cluster: those of the cloud have addresses in their tier, others where their owner says."""
    for name, port, engine in (("postgresql", 5432, stack.spec.data.postgres), ("redis", 6379, stack.spec.data.redis)):
        if isinstance(engine, ExternalPostgres):
            yield Outside(OUTSIDE[engine.engine], _address(engine.networks[0]), {name: engine.port})
        elif engine and engine.engine in OUTSIDE and stack.spec.network:
            tier = getattr(engine, "tier", "")
            subnet = next(each for each in stack.spec.network.subnets() if each.tier == tier)
            yield Outside(OUTSIDE[engine.engine], _address(subnet.cidr), {name: port})


def _address(cidr: str) -> str:
    return str(next(iter(IPv4Network(cidr).hosts())))


def table(stack: Made) -> str:
    """Return a stack's table in Markdown: who listens where, and who may connect."""
    found = reachability(stack)
    lines = ["| Namespace | Pods | Port | Reached by |", "|---|---|---|---|"]
    # Databases are found from within only, and what listens outside of the cluster calls nobody in it.
    callers = [end for end in found.ends if end is not DNS and end.name not in OUTSIDE.values()]
    leaving = {end.name for end in callers if isinstance(end, Pod) and found.policies.allow(end, INTERNET, _UNHEARD_OF)}
    for end in found.ends:
        namespace = f"`{end.namespace}`" if isinstance(end, Pod) else ""
        for name, port in end.ports.items():
            candidates = [each for each in callers if isinstance(end, Pod) or isinstance(each, Pod)]
            sources = {each.name for each in candidates} & found.reaching(end, port)
            neighbours = {each.name for each in candidates if isinstance(end, Pod) and _beside(end, each)}
            groups = {"every pod with open egress": leaving - {end.name}, "its namespace": neighbours}
            everybody = sources >= {each.name for each in candidates}
            who = "everybody" if everybody else ", ".join(_said(sources, groups)) or "nobody"
            lines.append(f"| {namespace} | {end.name} | {port} {name} | {who} |")
    return "\n".join(lines) + "\n"


def _beside(end: Pod, other: End) -> bool:
    return isinstance(other, Pod) and other.namespace == end.namespace and other is not end


def _said(names: set[str], groups: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield names, those of a group of several that is there as a whole by the group's."""
    for group, members in groups.items():
        if len(members) > 1 and members <= names:
            yield group
            names = names - members
    yield from sorted(names)


def page() -> str:
    """Return the page of documentation: every stack's table."""
    return _INTRODUCTION + "".join(f"\n## {stack}\n\n{table(made(stack))}" for stack in stacks())


def main() -> int:
    """Print the table of the stack that is named, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.reachability.table", description=main.__doc__)
    parser.add_argument("stack", nargs="*")
    if named := parser.parse_args().stack:
        print("\n".join(table(made(stack)) for stack in named), end="")
    else:
        PAGE.write_text(page())
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
