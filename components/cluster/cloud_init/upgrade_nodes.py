#!/usr/bin/python3
"""Brings nodes to the Kubernetes version that their machines are tagged with: control plane first, one at a time.

A node is drained before it is told its version, by an annotation that upgrade.sh on the machine reads; once its kubelet
reports that version, it takes pods again. Each run does what comes next and no more, so one that is cut short is no
harm. Of several control-plane machines, the first that is ready does it. usage: upgrade_nodes.py REGION
"""

import json
import subprocess
import sys
from socket import gethostname

import boto3

TAG = "kubernetes-version"
TOLD = "groundwork/kubernetes-version"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=10s")
DRAIN = ("--ignore-daemonsets", "--delete-emptydir-data", "--timeout=5m")


def kubectl(*arguments: str) -> str:
    return subprocess.run([*KUBECTL, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def tagged(region: str) -> dict[str, str]:
    """The version that each machine is to have, by instance id."""
    machines = boto3.client("ec2", region_name=region).get_paginator("describe_instances")
    pages = machines.paginate(Filters=[{"Name": "tag-key", "Values": [TAG]}])
    found = [machine for page in pages for each in page["Reservations"] for machine in each["Instances"]]
    return {each["InstanceId"]: next(tag["Value"] for tag in each["Tags"] if tag["Key"] == TAG) for each in found}


def is_ready(node: dict) -> bool:
    conditions = node["status"]["conditions"]
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def is_of_control_plane(node: dict) -> bool:
    return CONTROL_PLANE in node["metadata"]["labels"]


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def may_follow(wanted: str, has: str) -> bool:
    """Whether kubeadm goes from one to the other: up, and over one minor version at most."""
    return numbers(has) < numbers(wanted) and numbers(wanted)[1] - numbers(has)[1] <= 1


def step(nodes: list[dict], versions: dict[str, str]) -> None:
    """Do what is next for the first node that is not as it should be."""
    for node in nodes:
        name = node["metadata"]["name"]
        wanted = versions.get(node["spec"].get("providerID", "").rpartition("/")[2])
        has = node["status"]["nodeInfo"]["kubeletVersion"].removeprefix("v")
        told = node["metadata"].get("annotations", {}).get(TOLD)
        if has == wanted and told and is_ready(node):
            kubectl("uncordon", name)
            kubectl("annotate", "node", name, f"{TOLD}-")
            print(f"{name}: has {has}, and takes pods again", flush=True)
        elif (has == wanted and not told) or wanted is None:
            continue
        elif has != wanted and not may_follow(wanted, has):
            sys.exit(f"{name}: has {has}; kubeadm does not go to {wanted} from there, only up by one minor version")
        elif told != wanted:
            print(f"{name}: {has} to {wanted}, draining", flush=True)
            kubectl("drain", name, *DRAIN)
            kubectl("annotate", "--overwrite", "node", name, f"{TOLD}={wanted}")
        else:
            print(f"{name}: on its way from {has} to {wanted}", flush=True)
        return


def main(region: str) -> None:
    nodes = json.loads(kubectl("get", "nodes", "--output=json"))["items"]
    nodes.sort(key=lambda node: (not is_of_control_plane(node), node["metadata"]["name"]))
    able = [node["metadata"]["name"] for node in nodes if is_of_control_plane(node) and is_ready(node)]
    if able[:1] == [gethostname()]:
        step(nodes, tagged(region))


if __name__ == "__main__":
    main(sys.argv[1])
