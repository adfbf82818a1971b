"""Push a running platform as hard as it is meant to bear, and say whether it does.

Usage: python -m load [STACK] [--only k6|kafka|postgres] [--kubeconfig FILE]

k6 runs on this machine; the others are jobs in the cluster, started from the CronJobs of `data.loadTest`. Ends with 0
where every number is what it should be, with 1 where one is not, with 2 where something could not be run.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from components.load_test.jobs import KAFKA, NAME, POSTGRES
from load.measured import MEASURES, NothingMeasured
from spec.data import Data
from spec.load import from_file, stack_file
from spec.load_test import LoadTest
from spec.mistakes import SpecError
from spec.postgres import InClusterPostgres

SCRIPT = Path(__file__).with_name("backend.js")
K6 = "k6"
_START_SECONDS = 300


class NotRun(Exception):
    """Something that could not be run, and why."""


def kubectl(kubeconfig: str | None, *arguments: str, seconds: int = 60) -> str:
    """Return what kubectl prints. Raises NotRun."""
    given = ["--kubeconfig", kubeconfig] if kubeconfig else []
    try:
        done = subprocess.run(
            ["kubectl", *given, "--namespace", NAME, *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRun(str(error)) from None
    if done.returncode:
        raise NotRun(done.stderr.strip())
    return done.stdout


def run_job(tool: str, spec: LoadTest, kubeconfig: str | None) -> str:
    """Run a CronJob's job now and return its log. Raises NotRun where it fails or does not end."""
    job = f"{tool}-{int(time.time())}"
    kubectl(kubeconfig, "create", "job", job, f"--from=cronjob/{tool}")
    deadline = time.monotonic() + spec.seconds + _START_SECONDS
    counts = "jsonpath={.status.succeeded},{.status.failed}"
    while time.monotonic() < deadline:
        succeeded, failed = kubectl(kubeconfig, "get", "job", job, "-o", counts).split(",")
        if succeeded or failed:
            log = kubectl(kubeconfig, "logs", f"job/{job}")
            if failed:
                raise NotRun(f"job {job} failed:\n{log[-2000:]}")
            return log
        time.sleep(2)
    raise NotRun(f"job {job} has not ended; see kubectl --namespace {NAME} describe job {job}")


def push(tool: str, spec: LoadTest, kubeconfig: str | None) -> bool:
    """Run one of the tools; return whether all that it measured is as it should be."""
    if tool == K6:
        program = shutil.which(K6)
        if program is None:
            raise NotRun("k6 is not on the PATH: https://grafana.com/docs/k6/latest/set-up/install-k6/")
        return subprocess.run([program, "run", "--quiet", SCRIPT], check=False).returncode == 0
    print(f"{tool}: {spec.seconds} s …", flush=True)
    results = MEASURES[tool](run_job(tool, spec, kubeconfig), spec)
    print("\n".join(map(str, results)), flush=True)
    return all(result.good for result in results)


def _tools(data: Data) -> list[str]:
    """Return what pushes a platform with this data tier: k6, and a job for each engine in the cluster."""
    engines = {KAFKA: data.kafka is not None, POSTGRES: isinstance(data.postgres, InClusterPostgres)}
    return [K6, *(tool for tool, there in engines.items() if there)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, 1 when a number is not what it should be, 2 when something could not be run."""
    parser = argparse.ArgumentParser(prog="python -m load", description="Push a running platform, and measure.")
    parser.add_argument("stack", nargs="?", default="dev")
    parser.add_argument("--only", choices=(K6, KAFKA, POSTGRES), help="one of the tools; all of them when left out")
    parser.add_argument("--kubeconfig", help="of the cluster; what kubectl takes by itself when left out")
    options = parser.parse_args(arguments)
    try:
        data = from_file(stack_file(options.stack)).data
        if data.load_test is None:
            raise NotRun(f"Pulumi.{options.stack}.yaml has no data.loadTest, so no jobs stand ready")
        tools = _tools(data)
        if options.only and options.only not in tools:
            raise NotRun(
                f"Pulumi.{options.stack}.yaml has no {options.only} in the cluster; there are {', '.join(tools)}"
            )
        good = [push(tool, data.load_test, options.kubeconfig) for tool in tools if options.only in (None, tool)]
        return 0 if all(good) else 1
    except (NotRun, NothingMeasured, SpecError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
