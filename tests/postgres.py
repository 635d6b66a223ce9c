"""A PostgreSQL server of the tests' own, from Debian's packages: on a free port, in a folder that goes with it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

USER = "asof"
# The server refuses to run as root; Debian's package brings a user for it.
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@dataclass(frozen=True)
class Postgres:
    """A server that listens on 127.0.0.1; sessions are in UTC and look for tables in the schema main."""

    port: int

    def create_database(self, name: str) -> None:
        connection = self.connect("postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'create database "{name}"')
        connection.close()

    def connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host="127.0.0.1", port=self.port, user=USER, dbname=database, options="-c timezone=UTC -c search_path=main"
        )


@contextmanager
def running_server() -> Iterator[Postgres]:
    """Started for the length of the block, and gone with its folder after it."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="asof-postgres-"))
    if AS_SERVER:
        shutil.chown(folder, "postgres", "postgres")
    port = _free_port()
    data, log = folder / "data", folder / "log"

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*AS_SERVER, programs / program, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = log.read_text() if log.exists() else ""
            pytest.fail(f"{program} failed:\n{done.stdout}{done.stderr}{said}")

    try:
        run("initdb", "--pgdata", str(data), "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c timezone=UTC"
        run("pg_ctl", "start", "--wait", "--pgdata", str(data), "--log", str(log), "--options", options)
        try:
            yield Postgres(port)
        finally:
            run("pg_ctl", "stop", "--wait", "--mode", "immediate", "--pgdata", str(data))
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.fail("the tests start a PostgreSQL server and there is none; run: apt-get install postgresql")
    return found[-1].parent if found else Path(str(on_path)).parent


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
