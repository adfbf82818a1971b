"""A static site in a bucket behind CloudFront: its files there, and back again.

Pages go last, and what they refer to is never deleted: whoever has the old page open still finds its parts.
"""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from delivery.errors import Refused

VERSION = "version.txt"
"""Holds the commit that a site was built from."""

_PAGES = ("*.html", VERSION)
_FOR_EVER, _FOR_A_WHILE, _NEVER = "public, max-age=31536000, immutable", "public, max-age=300", "no-cache"


def upload(site: Path, bucket: str, kept: Path, *, immutable: str) -> str:
    """Put the files of a directory into a bucket; return the version that was there before, empty where none was.

    immutable: pattern of files whose names have a digest of their content, and which browsers may keep for ever. Of the
    others, what is overwritten goes to the directory ``kept`` first. Raises Refused with AWS' own words.
    """
    files = _files(site)
    if not files:
        raise Refused(f"there is nothing in {site}")
    with _told():
        s3 = boto3.client("s3")
        _keep(s3, bucket, [name for name in files if not fnmatchcase(name, immutable)], kept)
        _put(s3, bucket, files, immutable)
    return _version(kept)


def restore(kept: Path, bucket: str) -> str:
    """Put back what ``upload`` overwrote; return its version. Raises Refused where there was nothing before."""
    files = _files(kept)
    if not files:
        raise Refused(f"there is nothing to go back to: {bucket} had none of these pages before")
    with _told():
        _put(boto3.client("s3"), bucket, files, immutable="")
    return _version(kept)


def invalidate(distribution: str) -> None:
    """Have CloudFront ask the bucket anew, and wait until it does everywhere. Raises Refused."""
    with _told():
        cloudfront = boto3.client("cloudfront")
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(uuid.uuid4())}
        made = cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
        waiter = cloudfront.get_waiter("invalidation_completed")
        waiter.wait(DistributionId=distribution, Id=made["Invalidation"]["Id"], WaiterConfig={"Delay": 5})


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Refused(str(error)) from None


def _files(directory: Path) -> dict[str, Path]:
    """The keys of the files below a directory, which may not be there."""
    return {path.relative_to(directory).as_posix(): path for path in sorted(directory.rglob("*")) if path.is_file()}


def _keep(s3: Any, bucket: str, names: Sequence[str], kept: Path) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    there = {each["Key"] for page in pages for each in page.get("Contents", [])}
    for name in there.intersection(names):
        path = kept / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=bucket, Key=name)["Body"].read())


def _put(s3: Any, bucket: str, files: Mapping[str, Path], immutable: str) -> None:
    """Write the files, a kind of them after the other."""
    kinds: dict[str, list[str]] = {_FOR_EVER: [], _FOR_A_WHILE: [], _NEVER: []}
    for name in files:
        kinds[_caching(name, immutable)].append(name)

    def put(name: str, caching: str) -> None:
        kind, encoding = mimetypes.guess_type(name)
        more = {"ContentEncoding": encoding} if encoding else {}
        body = files[name].read_bytes()
        s3.put_object(
            Bucket=bucket, Key=name, Body=body, CacheControl=caching, ContentType=kind or "binary/octet-stream", **more
        )

    with ThreadPoolExecutor() as pool:
        for caching, names in kinds.items():
            # To a list, so that all of a kind are there, or have failed, before the next begins.
            list(pool.map(put, names, [caching] * len(names)))


def _caching(name: str, immutable: str) -> str:
    if fnmatchcase(name, immutable):
        return _FOR_EVER
    return _NEVER if any(fnmatchcase(name, each) for each in _PAGES) else _FOR_A_WHILE


def _version(directory: Path) -> str:
    path = directory / VERSION
    return path.read_text(errors="replace").strip() if path.is_file() else ""
