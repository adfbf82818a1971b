#!/usr/bin/python3
"""etcd's snapshots in S3: etcd_snapshot.py save BUCKET, … newest BUCKET, … fetch BUCKET FILE.

save keeps what this machine's etcd holds; newest says which was kept last, and fetch gets it: both end with 3 where
there is none.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname

import boto3

PREFIX = "etcd/"
NONE = 3
# Where etcd's static pod keeps its data, on the machine and in its container alike.
DATA = Path(os.environ.get("ETCD_DATA", "/var/lib/etcd"))
KEYS = "/etc/kubernetes/pki/etcd"


def save(s3, bucket: str) -> int:
    file = DATA / "snapshot.db"
    etcd = subprocess.check_output(["crictl", "ps", "--quiet", "--name", "^etcd$"], text=True).strip()
    if not etcd:
        sys.exit("etcd does not run on this machine")
    tls = [f"--cacert={KEYS}/ca.crt", f"--cert={KEYS}/server.crt", f"--key={KEYS}/server.key"]
    subprocess.run(["crictl", "exec", etcd, "etcdctl", *tls, "snapshot", "save", str(file)], check=True)
    subprocess.run(["crictl", "exec", etcd, "etcdutl", "snapshot", "status", str(file)], check=True)
    # Names sort by time.
    key = f"{PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{gethostname()}.db"
    s3.upload_file(str(file), bucket, key)
    file.unlink()
    print(f"kept s3://{bucket}/{key}")
    return 0


def last(s3, bucket: str) -> str:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    return max((each["Key"] for page in pages for each in page.get("Contents", ())), default="")


def newest(s3, bucket: str) -> int:
    key = last(s3, bucket)
    print(f"the newest snapshot is s3://{bucket}/{key}" if key else f"there is no snapshot in s3://{bucket}")
    return 0 if key else NONE


def fetch(s3, bucket: str, file: str) -> int:
    key = last(s3, bucket)
    if not key:
        return NONE
    s3.download_file(bucket, key, file)
    print(f"fetched s3://{bucket}/{key}")
    return 0


command, *arguments = sys.argv[1:]
client = boto3.client("s3", region_name=os.environ["REGION"])
sys.exit({"save": save, "newest": newest, "fetch": fetch}[command](client, *arguments))
