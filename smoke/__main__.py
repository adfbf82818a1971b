"""Ask a platform on this machine everything that it has to answer once it is up.

Usage: pulumi stack output --json --show-secrets --stack dev | python -m smoke [--address 127.0.0.1] [--seconds 300]

The outputs hold passwords: they come by standard input and go nowhere. Hosts are looked for at the address, so that
/etc/hosts stays as it is. What is not there yet is asked for again until the time is over; ends with 1 if something
never was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from smoke.ask import Unanswered
from smoke.checks import Check, Platform, checks

_PAUSE_SECONDS = 5.0


def run(asked: Iterable[tuple[str, Check]], seconds: float, pause: float = _PAUSE_SECONDS) -> dict[str, str]:
    """Make every check until it passes, for ``seconds`` in all; return what never did, and why."""
    deadline = time.monotonic() + seconds
    waiting, why = dict(asked), dict[str, str]()
    while True:
        for name, check in list(waiting.items()):
            try:
                check()
            except Unanswered as error:
                why[name] = str(error)
            else:
                print(f"ok   {name}", flush=True)
                del waiting[name]
        if not waiting or time.monotonic() > deadline:
            return {name: why[name] for name in waiting}
        time.sleep(pause)


def _complete(outputs: Any) -> Mapping[str, Any]:
    """Return outputs that have all that is asked with. Raises ValueError with what they lack."""
    if not isinstance(outputs, dict) or not isinstance(outputs.get("endpoints"), list):
        raise ValueError("they have no endpoints")
    names = {each["name"] for each in outputs["endpoints"]}
    if "grafana" not in names:
        raise ValueError("no endpoint is Grafana's, which metrics and logs are asked for by")
    for name in ("grafana", "pgadmin"):
        if name in names and outputs.get(f"{name}Password", "[secret]") == "[secret]":
            raise ValueError(f"{name}Password is not among them, or not shown")
    return outputs


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, 1 when something was never answered, 2 for what are no outputs of a platform."""
    parser = argparse.ArgumentParser(prog="python -m smoke", description="Ask a platform all that it has to answer.")
    parser.add_argument("--address", default="127.0.0.1", help="where the platform's ports are")
    parser.add_argument("--https-port", type=int, default=8443)
    parser.add_argument("--seconds", type=float, default=300, help="how long to wait for all of it")
    options = parser.parse_args(arguments)
    try:
        outputs = _complete(json.load(sys.stdin))
    except ValueError as error:
        remedy = "pulumi stack output --json --show-secrets --stack dev | python -m smoke"
        print(f"error: these are not the outputs of a platform: {error}. Give them so: {remedy}", file=sys.stderr)
        return 2
    asked = list(checks(Platform(options.address, outputs, options.https_port)))
    missing = run(asked, options.seconds)
    for name, why in missing.items():
        print(f"MISS {name}: {why}", flush=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
