#!/usr/bin/python3
"""Deletes the Node objects of machines that are no more, so that their pods are rescheduled and their names forgotten.

Elsewhere a cloud controller manager does this; it is the only part of one that this cluster has use for.
"""

import json
import subprocess
import sys

import boto3

region = sys.argv[1]
kubectl = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=10s")


def name_and_instance(node: dict) -> tuple[str, str]:
    return node["metadata"]["name"], node["spec"].get("providerID", "").rpartition("/")[2]


nodes = json.loads(subprocess.check_output([*kubectl, "get", "nodes", "--output=json"]))["items"]
instances = dict(filter(lambda pair: pair[1], map(name_and_instance, nodes)))
# A filter, unlike a list of ids, is no error where it names an instance that is long gone.
found = (
    boto3.client("ec2", region_name=region)
    .get_paginator("describe_instances")
    .paginate(
        Filters=[
            {"Name": "instance-id", "Values": list(instances.values())},
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
        ]
    )
)
alive = {i["InstanceId"] for page in found for r in page["Reservations"] for i in r["Instances"]}
if not alive:
    sys.exit("EC2 knows none of the machines, not even this one: that answer is not to be trusted")
for name, instance in instances.items():
    if instance not in alive:
        print(f"{name}: {instance} is no more", flush=True)
        subprocess.run([*kubectl, "delete", "node", name, "--ignore-not-found"], check=True)
