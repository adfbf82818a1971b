"""What bootstrap.sh does when it is started again, beside a kubeadm that refuses what the real one refuses."""

from __future__ import annotations

import os
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.cluster import cloud_init

pytestmark = pytest.mark.engine

HERE = Path(cloud_init.__file__).parent

# What a join writes before kubelet.conf, by which kubeadm's preflight checks know that a machine is not clean: a
# control plane its manifests (control-plane-prepare, before check-etcd), a worker the authority's certificate.
# https://github.com/kubernetes/kubernetes/blob/v1.35.3/cmd/kubeadm/app/cmd/join.go
LEFT_BEHIND = {"control-plane": "manifests/etcd.yaml", "worker": "pki/ca.crt"}

KUBEADM = """
    case $1 in
      init) echo kubeadm init >>"$DONE" ;;
      reset) echo kubeadm reset >>"$DONE"; rm --recursive --force "$ETC"; exit ;;
      join)
        echo kubeadm join >>"$DONE"
        if [[ -e $ETC/$LEFT ]]; then echo "[ERROR FileAvailable]: $LEFT already exists" >&2; exit 1; fi
        mkdir --parents "$ETC/${LEFT%/*}"
        touch "$ETC/$LEFT" ;;
    esac
    if [[ -e $FAILS ]]; then rm "$FAILS"; exit 1; fi
"""
# The API server answers as long as there is a file that says so; each time somebody asks is noted.
CURL = """
    case $* in
      */readyz*) echo asked >>"$DONE"; [[ -e $ANSWERS ]] ;;
      *) echo of-the-machine ;;
    esac
"""
# The authorities' keys are not looked at by anything here.
FETCH_SECRET = """
    if [[ $2 == "$RUNTIME_DIRECTORY" ]]; then echo of-the-secret | tee "$2/token" >"$2/ca-cert-hash"; fi
"""
LIBRARY = f"""
    source {HERE}/lib.sh
    add_repository() {{ :; }}
    add_kubernetes() {{ :; }}
    install_packages() {{ :; }}
"""
IDLE = ["systemctl", "sysctl", "swapoff", "sed", "install", "lsb_release", "envsubst", "sleep"]


@dataclass
class Machine:
    """A machine that has booted; its programs are this one's, or do nothing."""

    directory: Path
    environment: dict[str, str]

    def bootstrap(self) -> bool:
        """Run it as systemd does, and say whether it succeeded."""
        done = subprocess.run(
            [HERE / "bootstrap.sh"], env=self.environment, capture_output=True, text=True, check=False
        )
        assert "command not found" not in done.stderr
        return not done.returncode

    def there_is(self, what: str, *, content: str = "") -> Path:
        path = self.directory / what
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    @property
    def done(self) -> list[str]:
        """What kubeadm was told, and how often the API server was asked."""
        file = self.directory / "done"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def told(self) -> list[str]:
        return [each for each in self.done if each != "asked"]


@pytest.fixture
def boot(tmp_path: Path) -> Callable[..., Machine]:
    """Make a machine of a role, whose ``settings`` differ from those of every one."""

    def made(role: str, **settings: str) -> Machine:
        machine = Machine(tmp_path, {})
        etc, left = str(tmp_path / "etc"), LEFT_BEHIND["worker" if role == "worker" else "control-plane"]
        programs = {
            **{f"bin/{name}": "" for name in IDLE},
            "bin/kubeadm": KUBEADM,
            "bin/curl": CURL,
            "groundwork/lib.sh": LIBRARY,
            "groundwork/fetch_secret.py": FETCH_SECRET,
            **{f"groundwork/{name}.yaml": "" for name in ("init", "join")},
            "groundwork/restore_etcd.sh": "",
            "groundwork/etcd_snapshot.py": '[[ -e $SNAPSHOT ]] && echo etcd/newest || exit "${NO_SNAPSHOT:-3}"',
        }
        for name, text in programs.items():
            machine.there_is(name, content=f"#!/bin/bash\n{textwrap.dedent(text)}\n").chmod(0o755)
        for name in ("run", "keep"):
            (tmp_path / name).mkdir()
        fake = {"ETC": etc, "LEFT": left}
        fake |= {name.upper(): str(tmp_path / name) for name in ("done", "answers", "fails", "snapshot")}
        names = (
            "REGION CLUSTER_NAME KUBERNETES_VERSION CONTAINERD_VERSION CONTROL_PLANE_ENDPOINT JOIN_SECRET NODE_LABELS"
        )
        environment = {
            **os.environ,
            **dict.fromkeys([*names.split(), "CONTROL_PLANE_SECRET", "SNAPSHOTS"], "of-the-stack"),
            **fake,
            "ROLE": role,
            "CONTROL_PLANE_MACHINES": "1",
            "GROUNDWORK": str(tmp_path / "groundwork"),
            "RUNTIME_DIRECTORY": str(tmp_path / "run"),
            "STATE_DIRECTORY": str(tmp_path / "keep"),
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            **settings,
        }
        machine.environment = environment
        return machine

    return made


@pytest.mark.parametrize("role", ["worker", "control-plane"])
def test_a_join_that_failed_midway_is_cleared_away_and_tried_again(boot: Callable[..., Machine], role: str) -> None:
    machine = boot(role)
    machine.there_is("fails")
    assert not machine.bootstrap()
    assert machine.bootstrap()
    assert machine.told == ["kubeadm join", "kubeadm reset", "kubeadm join"]


def test_a_machine_that_has_never_tried_is_not_reset(boot: Callable[..., Machine]) -> None:
    machine = boot("worker")
    assert machine.bootstrap()
    assert machine.told == ["kubeadm join"]


def test_a_machine_that_has_joined_is_left_alone(boot: Callable[..., Machine]) -> None:
    machine = boot("worker")
    assert machine.bootstrap()
    machine.bootstrap()
    assert "kubeadm reset" not in machine.told


def test_a_founding_that_failed_goes_on_with_what_it_has(boot: Callable[..., Machine]) -> None:
    machine = boot("first")
    machine.there_is("fails")
    assert not machine.bootstrap()
    assert machine.bootstrap()
    assert machine.told == ["kubeadm init", "kubeadm init"]


def test_a_founding_after_a_join_that_failed_keeps_what_it_has_founded(boot: Callable[..., Machine]) -> None:
    machine = boot("first")
    answers, _ = machine.there_is("answers"), machine.there_is("fails")
    assert not machine.bootstrap()
    answers.unlink()
    machine.there_is("fails")
    assert not machine.bootstrap()
    assert machine.bootstrap()
    assert machine.told == ["kubeadm join", "kubeadm reset", "kubeadm init", "kubeadm init"]


def test_a_first_machine_joins_where_the_others_answer(boot: Callable[..., Machine]) -> None:
    machine = boot("first", CONTROL_PLANE_MACHINES="3")
    machine.there_is("answers")
    assert machine.bootstrap()
    assert machine.done == ["asked", "kubeadm join"]


@pytest.mark.parametrize(
    ("machines", "snapshot", "patient"), [("3", True, True), ("3", False, False), ("1", True, False)]
)
def test_patience_is_for_others_who_may_be_there(
    boot: Callable[..., Machine], machines: str, snapshot: bool, patient: bool
) -> None:
    machine = boot("first", CONTROL_PLANE_MACHINES=machines)
    if snapshot:
        machine.there_is("snapshot")
    assert machine.bootstrap()
    assert machine.told == ["kubeadm init"]
    assert machine.done.count("asked") == (12 if patient else 4)


def test_who_cannot_tell_whether_there_was_a_cluster_founds_none(boot: Callable[..., Machine]) -> None:
    machine = boot("first", CONTROL_PLANE_MACHINES="3", NO_SNAPSHOT="1")
    assert not machine.bootstrap()
    assert machine.told == []
