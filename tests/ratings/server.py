"""A PostgreSQL server of the tests' own (Debian's package): on a socket in a folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any


class NoPostgres(Exception):
    """There is no PostgreSQL on this host."""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        url: Of a database, `{}` for its name.
        restart: Restarts the server, without asking those who are connected.
    """

    url: str
    restart: Callable[[], None]


@contextmanager
def postgres() -> Iterator[Server]:
    """A server, started and at the end stopped.

    Raises:
        NoPostgres: It is not installed.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (str(programs[-1]) if programs else None)
    if found is None:
        raise NoPostgres("there is no initdb on this host: `make postgres` installs PostgreSQL")
    bin_folder = Path(found).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="emorl-"))  # a socket's path may only have about a hundred characters
    account: dict[str, Any] = {}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        other = known.get("postgres") or known["nobody"]
        shutil.chown(folder, other.pw_uid, other.pw_gid)
        account = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
    options = f"-c fsync=off -c listen_addresses= -c unix_socket_directories={folder}"

    def run(*command: str) -> None:
        with open(folder / "output.txt", "ab") as output:  # not a pipe, which the server would hold open
            ended = subprocess.run(command, stdout=output, stderr=output, cwd=folder, check=False, **account)
        assert ended.returncode == 0, (folder / "output.txt").read_text()

    def control(act: str, *more: str) -> None:
        run(f"{bin_folder}/pg_ctl", "-D", f"{folder}/data", "-w", "-t", "120", act, *more)

    try:
        run(f"{bin_folder}/initdb", "-D", f"{folder}/data", "-U", "emorl", "-A", "trust", "-E", "UTF8", "--no-sync")
        control("start", "-o", options)
        try:
            url = f"postgresql://emorl@/{{}}?host={folder}"
            yield Server(url, partial(control, "restart", "-m", "immediate", "-o", options))
        finally:
            control("stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str) -> str:
    """The URL of an empty database on a server; `url` has `{}` for its name."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.format(name)
