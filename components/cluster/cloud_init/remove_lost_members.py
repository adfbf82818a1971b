#!/usr/bin/python3
"""Removes etcd's members whose machines are no more: kubeadm lets none join while a member does not answer.

A member is known by the address that the others reach it at, which is its machine's in this network; one that is only
silent stays. usage: remove_lost_members.py REGION NETWORK
"""

import json
import subprocess
import sys
from urllib.parse import urlsplit

import boto3

KEYS = "/etc/kubernetes/pki/etcd"
TLS = (f"--cacert={KEYS}/ca.crt", f"--cert={KEYS}/server.crt", f"--key={KEYS}/server.key")


def etcdctl(*arguments: str) -> str:
    etcd = subprocess.check_output(["crictl", "ps", "--quiet", "--name", "^etcd$"], text=True).strip()
    if not etcd:
        sys.exit("etcd does not run on this machine")
    return subprocess.check_output(["crictl", "exec", etcd, "etcdctl", *TLS, *arguments], text=True)


def members() -> dict[str, str]:
    """The address of each member, by its id as etcdctl takes it."""
    listed = json.loads(etcdctl("member", "list", "--write-out=json"))["members"]
    return {f"{each['ID']:x}": urlsplit(each["peerURLs"][0]).hostname or "" for each in listed}


def existing(region: str, network: str, addresses: list[str]) -> set[str]:
    """Those of ``addresses`` that a machine has, running or not."""
    filters = {
        "vpc-id": [network],
        "private-ip-address": addresses,
        "instance-state-name": ["pending", "running", "stopping", "stopped"],
    }
    pages = (
        boto3.client("ec2", region_name=region)
        .get_paginator("describe_instances")
        .paginate(Filters=[{"Name": name, "Values": values} for name, values in filters.items()])
    )
    return {each["PrivateIpAddress"] for page in pages for r in page["Reservations"] for each in r["Instances"]}


def main(region: str, network: str) -> None:
    known = members()
    there = existing(region, network, sorted(known.values()))
    lost = {member: address for member, address in known.items() if address not in there}
    # Most have to agree to a removal, and EC2 may be wrong about them.
    if (len(known) - len(lost)) * 2 <= len(known):
        sys.exit(f"{len(lost)} of etcd's {len(known)} members have no machine, and no majority is left: none goes")
    for member, address in lost.items():
        print(f"etcd's member {member}: the machine at {address} is no more", flush=True)
        etcdctl("member", "remove", member)


if __name__ == "__main__":
    main(*sys.argv[1:])
