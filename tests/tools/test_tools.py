"""How programs come onto the machine: the order of the ways, the cache, and what is said when there is none.

Nothing is downloaded or built for real: publishers are files, and `go` is a script that writes another.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
import socket
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import catalog, ensure, progress, ways
from tools.__main__ import main
from tools.catalog import CATALOG, Tool
from tools.install import ToolUnavailable

WANTED = "3.258.0"


def script(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


class Machine:
    """A machine on which nothing is to be had until a test puts it there."""

    def __init__(self, directory: Path) -> None:
        self.bin = directory / "bin"
        self.bin.mkdir()
        self.cache = directory / "cache"
        self.program = self.cache / "tools" / f"pulumi-{WANTED}" / "pulumi"
        self.site = directory / "site"
        self.site.mkdir()
        self._builds = directory / "builds"

    @property
    def builds(self) -> int:
        return len(self._builds.read_text().splitlines()) if self._builds.exists() else 0

    def has(self, version: str) -> Path:
        """Put a pulumi on the PATH."""
        script(self.bin / "pulumi", f"echo v{version}")
        return self.bin / "pulumi"

    def has_go(self, *, building: str = WANTED, seconds: float = 0) -> None:
        """Put a go on the PATH whose builds take `seconds` and say that they are version `building`."""
        script(
            self.bin / "go",
            f"echo built >> '{self._builds}'",
            f"/bin/sleep {seconds}",
            'while [ "$1" != -o ]; do shift; done',
            f"""printf '#!/bin/sh\\necho v{building}\\n' > "$2" """,
            '/bin/chmod +x "$2"',
        )

    def go_fails(self, saying: str) -> None:
        script(self.bin / "go", f"echo '{saying}'", "exit 2")

    def publishes(self, version: str = WANTED, *, checksum: str | None = None) -> None:
        """Publish a release whose pulumi says it is `version`."""
        program = f"#!/bin/sh\necho v{version}\n".encode()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            member = tarfile.TarInfo("pulumi/pulumi")
            member.size = len(program)
            tar.addfile(member, io.BytesIO(program))
        (self.site / "pulumi.tar.gz").write_bytes(packed.getvalue())
        checksum = checksum or hashlib.sha256(packed.getvalue()).hexdigest()
        (self.site / "checksums.txt").write_text(f"{checksum}  pulumi.tar.gz\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    pulumi = dataclasses.replace(
        catalog.find("pulumi"),
        archive=(machine.site / "pulumi.tar.gz").as_uri(),
        checksums=(machine.site / "checksums.txt").as_uri(),
    )
    monkeypatch.setattr(catalog, "CATALOG", (pulumi,))
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setenv("GROUNDWORK_CACHE", str(machine.cache))
    return machine


def test_a_program_on_the_path_is_taken_as_it_is(machine: Machine) -> None:
    found = machine.has(WANTED)
    machine.publishes()
    machine.has_go()
    assert ensure("pulumi") == found
    assert not machine.cache.exists()
    assert machine.builds == 0


def test_a_newer_program_on_the_path_will_do(machine: Machine) -> None:
    found = machine.has("3.1000.1")
    assert ensure("pulumi") == found


def test_a_release_is_downloaded_before_anything_is_built(machine: Machine) -> None:
    machine.publishes()
    machine.has_go()
    assert ensure("pulumi") == machine.program
    assert machine.builds == 0


def test_without_a_release_the_program_is_built(machine: Machine) -> None:
    machine.has_go()
    assert ensure("pulumi") == machine.program
    assert machine.builds == 1


@pytest.mark.parametrize("version", ["3.257.9", "2.300.0", "4.0.0"])
def test_a_program_of_another_age_on_the_path_is_passed_over(machine: Machine, version: str) -> None:
    machine.has(version)
    machine.publishes()
    assert ensure("pulumi") == machine.program


def test_a_program_on_the_path_that_does_not_run_is_passed_over(machine: Machine) -> None:
    script(machine.bin / "pulumi", "echo 'cannot find the loader' >&2", "exit 127")
    machine.publishes()
    assert ensure("pulumi") == machine.program


def test_a_release_that_is_not_what_was_published_is_not_used(machine: Machine) -> None:
    machine.publishes(checksum="0" * 64)
    with pytest.raises(ToolUnavailable, match="does not have the checksum"):
        ensure("pulumi")
    assert not machine.program.exists()


def test_a_publisher_that_does_not_answer_is_not_waited_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has_go()
    monkeypatch.setattr(ways, "ANSWER_TIMEOUT", 0.2)
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/pulumi.tar.gz"
        tool = dataclasses.replace(catalog.find("pulumi"), checksums=url)
        with pytest.raises(ways.Unavailable, match="no answer within"):
            ways.download(tool, machine.site)
        monkeypatch.setattr(catalog, "CATALOG", (tool,))
        assert ensure("pulumi") == machine.program


def test_a_built_program_that_says_another_version_is_not_kept(machine: Machine) -> None:
    machine.has_go(building="0.0.0")
    with pytest.raises(ToolUnavailable, match=r"it says it is 0\.0\.0"):
        ensure("pulumi")
    assert [path.name for path in machine.program.parent.iterdir()] == [".lock"]


def test_what_was_built_once_is_used_again(machine: Machine) -> None:
    machine.has_go()
    assert ensure("pulumi") == ensure("pulumi")
    assert machine.builds == 1


def test_two_runs_at_once_build_once(machine: Machine) -> None:
    machine.has_go(seconds=0.5)
    found: list[Path] = []
    runs = [threading.Thread(target=lambda: found.append(ensure("pulumi"))) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert found == [machine.program, machine.program]
    assert machine.builds == 1


def test_what_a_killed_run_left_is_cleared_away(machine: Machine) -> None:
    half_made = machine.program.parent / ".making-killed" / "pulumi"
    script(half_made, "echo half")
    machine.has_go()
    ensure("pulumi")
    assert not half_made.parent.exists()


def test_when_no_way_works_the_error_names_all_three_and_why(machine: Machine) -> None:
    old = machine.has("3.100.0")
    machine.go_fails("go: module lookup disabled")
    with pytest.raises(ToolUnavailable) as caught:
        ensure("pulumi")
    message = str(caught.value)
    assert f"on the PATH: {old} is 3.100.0, too old: {WANTED} is the oldest that is tested" in message
    assert re.search(r"downloaded: .*No such file", message)
    assert re.search(r"built from Go modules: .*ended with 2:\ngo: module lookup disabled", message)


def test_without_go_the_error_says_so(machine: Machine) -> None:
    with pytest.raises(ToolUnavailable, match="built from Go modules: no go on the PATH"):
        ensure("pulumi")


def test_the_command_line_prints_the_path_and_nothing_else(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.has_go()
    assert main(["path", "pulumi"]) == 0
    written = capsys.readouterr()
    assert written.out == f"{machine.program}\n"
    assert "building pulumi" in written.err


@pytest.mark.parametrize("arguments", [["ensure", "kubectl"], ["path", "kubectl"]])
def test_an_unknown_name_is_refused_with_those_there_are(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert "there are pulumi, helm, actionlint" in capsys.readouterr().err


def test_a_long_command_is_never_silent(capsys: pytest.CaptureFixture[str]) -> None:
    work = "import time; print('linking', flush=True); time.sleep(1)"
    progress.run("building", [sys.executable, "-c", work], period=0.1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 7
    assert lines[0] == "groundwork: building"
    assert lines[-2] == "groundwork: building, 1 s: step 1, linking"
    assert lines[-1] == "groundwork: building: done in 1 s"


def test_the_usual_period_is_under_ten_seconds() -> None:
    assert 0 < progress.PERIOD < 10


@pytest.mark.parametrize("tool", CATALOG, ids=lambda tool: tool.name)
class TestCatalog:
    def test_the_go_module_pins_the_version_that_is_downloaded(self, tool: Tool) -> None:
        text = (tool.module / "go.mod").read_text()
        assert re.search(rf"^(tool |\t){re.escape(tool.package)}$", text, re.MULTILINE)
        pinned = dict(re.findall(r"^(?:require )?\t?(\S+) v(\S+)", text, re.MULTILINE))
        module = next(path for path in ancestors(tool.package) if path in pinned)
        version = tool.module_version or tool.version
        assert pinned[module] == version
        assert f"{module} v{version} h1:" in (tool.module / "go.sum").read_text()

    @pytest.mark.parametrize("where", [lambda tool: tool.archive, lambda tool: tool.checksums])
    def test_downloads_are_pinned_and_encrypted(self, tool: Tool, where: Callable[[Tool], str]) -> None:
        url = tool.fill(where(tool))
        assert not url or (url.startswith("https://") and tool.version in url)


def test_helm_assumes_the_kubernetes_its_client_is_for() -> None:
    helm = catalog.find("helm")
    client = re.search(r"k8s\.io/client-go v0\.(\d+)\.", (helm.module / "go.mod").read_text())
    assert client is not None
    minors = {value for name, value in helm.variables.items() if name.endswith("k8sVersionMinor")}
    assert minors == {client.group(1)}


def ancestors(package: str) -> list[str]:
    parts = package.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
