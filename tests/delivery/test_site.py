"""A site in a bucket: its files there, behind moto, and back again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudfront.models import Invalidation

from delivery.cli import main
from sandbox.aws.account import Account
from spec.load import ROOT
from tests.delivery.conftest import write

pytestmark = pytest.mark.engine

BUCKET = "site-prod"


class Cloud:
    """A bucket and a distribution, and what they were asked, in order."""

    def __init__(self) -> None:
        boto3.setup_default_session()
        self.s3: Any = boto3.client("s3")
        self.cloudfront: Any = boto3.client("cloudfront")
        self.s3.create_bucket(Bucket=BUCKET)
        origin = {
            "Id": "s3",
            "DomainName": f"{BUCKET}.s3.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        config = {
            "CallerReference": "x",
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "s3", "ViewerProtocolPolicy": "redirect-to-https"},
            "Comment": "",
            "Enabled": True,
        }
        self.distribution = self.cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
        self.asked: list[tuple[str, str]] = []
        self.wrote: list[str] = []
        session: Any = boto3.DEFAULT_SESSION
        session.events.register("before-parameter-build", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.asked.append((model.service_model.service_name, model.name))
        if model.name == "PutObject":
            self.wrote.append(params["Key"])

    def text(self, key: str) -> str:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()

    def head(self, key: str) -> dict[str, Any]:
        return self.s3.head_object(Bucket=BUCKET, Key=key)

    def invalidations(self) -> int:
        return self.cloudfront.list_invalidations(DistributionId=self.distribution)["InvalidationList"]["Quantity"]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    # In capitals in moto, and so never what a waiter waits for.
    monkeypatch.setattr(Invalidation, "status", property(lambda _: "Completed", lambda *_: None), raising=False)
    Account()  # An empty one: moto, once something in this process has started it, keeps what others have made.
    with mock_aws():
        yield Cloud()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def build(directory: Path, version: str) -> Path:
    site = directory / f"site-{version}"
    write(site, "index.html", f"<script src=/assets/app-{version}.js>")
    write(site, "docs/index.html", version)
    write(site, f"assets/app-{version}.js", version)
    write(site, "assets/fonts/a.css", "a{}")
    write(site, "favicon.svg", version)
    write(site, ".well-known/security.txt", "us")
    write(site, "version.txt", f"{version}\n")
    return site


def run(cloud: Cloud, *arguments: str, kept: Path) -> int:
    return main(["site", *arguments, BUCKET, "--kept", str(kept), "--distribution", cloud.distribution])


def upload(cloud: Cloud, site: Path, kept: Path) -> int:
    return main(
        ["site", "upload", BUCKET, "--site", str(site), "--kept", str(kept), "--distribution", cloud.distribution]
    )


def test_browsers_keep_what_has_a_digest_in_its_name_and_ask_for_pages_every_time(cloud: Cloud, tmp_path: Path) -> None:
    assert upload(cloud, build(tmp_path, "v1"), tmp_path / "kept") == 0
    kept = {key: cloud.head(key)["CacheControl"] for key in cloud.wrote}
    for_ever, for_a_while = "public, max-age=31536000, immutable", "public, max-age=300"
    assert kept == {
        "assets/app-v1.js": for_ever,
        "assets/fonts/a.css": for_ever,
        "favicon.svg": for_a_while,
        ".well-known/security.txt": for_a_while,
        "index.html": "no-cache",
        "docs/index.html": "no-cache",
        "version.txt": "no-cache",
    }
    assert cloud.head("index.html")["ContentType"] == "text/html"
    assert cloud.head("favicon.svg")["ContentType"] == "image/svg+xml"
    assert cloud.invalidations() == 1


def test_pages_go_after_all_that_they_refer_to(cloud: Cloud, tmp_path: Path) -> None:
    upload(cloud, build(tmp_path, "v1"), tmp_path / "kept")
    pages = {"index.html", "docs/index.html", "version.txt"}
    assert set(cloud.wrote[-len(pages) :]) == pages
    assert set(cloud.wrote[:2]) == {"assets/app-v1.js", "assets/fonts/a.css"}


def test_the_site_of_before_comes_back_and_nothing_is_ever_deleted(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(cloud, build(tmp_path, "v1"), tmp_path / "first")
    assert capsys.readouterr().out == "before=\n"
    upload(cloud, build(tmp_path, "v2"), tmp_path / "kept")
    assert capsys.readouterr().out == "before=v1\n"
    assert cloud.text("assets/app-v1.js") == "v1", "whoever has the old page open asks for it"
    assert run(cloud, "restore", kept=tmp_path / "kept") == 0
    assert capsys.readouterr().out == "before=v1\n"
    assert cloud.text("index.html") == "<script src=/assets/app-v1.js>"
    assert [cloud.text(key) for key in ("docs/index.html", "favicon.svg")] == ["v1", "v1"]
    assert cloud.text("version.txt") == "v1\n"
    assert (cloud.head("index.html")["CacheControl"], cloud.head("index.html")["ContentType"]) == (
        "no-cache",
        "text/html",
    )
    assert cloud.wrote[-1] != "favicon.svg", "pages last"
    assert cloud.text("assets/app-v2.js") == "v2"
    assert cloud.invalidations() == 3


def test_without_anything_before_there_is_nothing_to_go_back_to(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(cloud, build(tmp_path, "v1"), tmp_path / "kept")
    assert run(cloud, "restore", kept=tmp_path / "kept") == 1
    assert f"nothing to go back to: {BUCKET} had none of these pages before" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("bucket", "distribution", "said"),
    [("nowhere", "", "bucket does not exist"), (BUCKET, "E0", "distribution does not exist")],
)
def test_what_aws_refuses_is_told_in_its_words(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str], bucket: str, distribution: str, said: str
) -> None:
    paths = ["--site", str(build(tmp_path, "v1")), "--kept", str(tmp_path / "kept")]
    assert main(["site", "upload", bucket, *paths, "--distribution", distribution or cloud.distribution]) == 1
    assert said in capsys.readouterr().err


def test_an_empty_directory_is_not_uploaded(cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert upload(cloud, tmp_path / "dist", tmp_path / "kept") == 1
    assert "there is nothing in" in capsys.readouterr().err
    assert cloud.wrote == []


def test_the_policy_that_the_page_gives_the_role_allows_what_is_asked_and_no_more(cloud: Cloud, tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        upload(cloud, build(tmp_path, version), tmp_path / "kept")
    run(cloud, "restore", kept=tmp_path / "kept")
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    needed = {f"{service}:{'ListBucket' if name == 'ListObjectsV2' else name}" for service, name in cloud.asked}
    (policy,) = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "delivery.md").read_text(), re.DOTALL)
    allowed = [action for each in json.loads(policy)["Statement"] for action in each["Action"]]
    assert sorted(allowed) == sorted(needed)
