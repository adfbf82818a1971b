#!/usr/bin/python3
"""Writes the files that a secret holds: fetch_secret.py SECRET DIRECTORY.

The secret is a JSON object of paths, relative to the directory, and their contents. Nothing of it is printed.
"""

import json
import os
import sys
from pathlib import Path

import boto3

secret, directory = sys.argv[1:]
# An ARN has the region in its fourth part.
client = boto3.client("secretsmanager", region_name=secret.split(":")[3])
files = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
for name, content in files.items():
    path = Path(directory, name)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
