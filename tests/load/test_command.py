"""The command, with a kubectl that plays a cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from load.__main__ import SCRIPT, main
from spec.load import from_file, stack_file
from spec.load_test import LoadTest
from tests.load.test_measured import KAFKA, POSTGRES

KUBECTL = """\
#!/bin/sh
echo "$@" >> "$0.calls"
case "$*" in
  *"create job"*) ;;
  *"get job"*) printf '%s' "$STATUS" ;;
  *logs*kafka*) cat "$0.kafka" ;;
  *logs*postgres*) cat "$0.postgres" ;;
esac
"""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "kubectl"
    program.write_text(KUBECTL)
    program.chmod(0o755)
    (tmp_path / "kubectl.kafka").write_text(KAFKA)
    (tmp_path / "kubectl.postgres").write_text(POSTGRES)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("STATUS", "1,")
    return tmp_path


def test_a_job_is_started_from_the_cronjob_that_stands_ready(cluster: Path, capsys: Any) -> None:
    assert main(["--only", "postgres", "--kubeconfig", "/k"]) == 0
    calls = (cluster / "kubectl.calls").read_text().splitlines()
    created = r"--kubeconfig /k --namespace load-test create job postgres-\\d+ --from=cronjob/postgres"
    assert re.fullmatch(created.replace("\\\\", "\\"), calls[0])
    assert "PostgreSQL: transactions" in capsys.readouterr().out


def test_a_number_that_misses_fails_the_command(cluster: Path) -> None:
    (cluster / "kubectl.kafka").write_text(KAFKA.replace("12 ms 99th", "1200 ms 99th"))
    assert main(["--only", "kafka"]) == 1


def test_a_job_that_fails_is_told_with_its_log(cluster: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("STATUS", ",1")
    (cluster / "kubectl.kafka").write_text("SaslAuthenticationException")
    assert main(["--only", "kafka"]) == 2
    assert "SaslAuthenticationException" in capsys.readouterr().err


def test_who_has_no_k6_is_told_where_to_get_it(cluster: Path, capsys: Any) -> None:
    assert main(["--only", "k6"]) == 2
    assert "https://grafana.com/docs/k6" in capsys.readouterr().err


def test_a_stack_without_a_load_test_is_told_what_it_lacks(capsys: Any) -> None:
    assert main(["tacklebox"]) == 2
    assert "has no data.loadTest" in capsys.readouterr().err


@pytest.fixture
def without_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = from_file(stack_file("dev"))
    data = platform.data.model_copy(update={"kafka": None})
    monkeypatch.setattr("load.__main__.from_file", lambda _: platform.model_copy(update={"data": data}))


def test_only_engines_that_there_are_are_pushed(cluster: Path, without_kafka: None) -> None:
    k6 = cluster / "k6"
    k6.write_text("#!/bin/sh\n")
    k6.chmod(0o755)
    assert main([]) == 0
    assert "kafka" not in (cluster / "kubectl.calls").read_text()


def test_an_engine_that_there_is_not_is_told_with_those_there_are(without_kafka: None, capsys: Any) -> None:
    assert main(["--only", "kafka"]) == 2
    assert "has no kafka in the cluster; there are k6, postgres" in capsys.readouterr().err


def test_the_script_pushes_as_hard_as_the_platform_is_meant_to_bear() -> None:
    text = SCRIPT.read_text()
    targets = [int(target) for target in re.findall(r"target: (\d+)", text)]
    assert (min(targets), max(targets)) == (500, 1000)
    users = dict(re.findall(r"(preAllocatedVUs|maxVUs): (\d+)", text))
    assert users == {"preAllocatedVUs": "100", "maxVUs": "200"}
    assert LoadTest().messages_per_second == 2500
    assert LoadTest().transactions_per_second == 1000
    assert json.dumps(["rate<0.01"]).replace('"', "'") in text
