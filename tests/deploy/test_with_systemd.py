"""What the units let the service do is enough for it; and the script of the backup timer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.deploy.proxies import DEPLOY
from tests.http.wire import WIRES
from tests.torture.postgresql import PostgreSQL

from reticket.testing import running_server
from reticket.testing.server import without_settings
from reticket.testing.waiting import until

BACKUP = DEPLOY / "systemd" / "reticket-backup"
UNIT = (DEPLOY / "systemd" / "reticket.service").read_text()
AKINON = WIRES[0]

AS_ROOT_ALONE = {"fchown"}
"""SQLite gives its files to the owner of the database, where root opens it."""

DENY_WRITE_EXECUTE = """
import ctypes, os, sys
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
assert ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""
"""prctl(2), Linux 6.3; systemd does it by filters of system calls."""


def calls_in(group):
    """The system calls of a group of systemd's, of those inside it too."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    ).stdout
    names = [line.strip() for line in said.splitlines()[1:] if line.strip()[:1] not in ("", "#")]
    inner = [calls_in(name) if name.startswith("@") else {name} for name in names]
    return set().union(*inner)


def allowed():
    """As systemd.exec(5) reads the lines: the first is the list, `~` takes away, others add."""
    found = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", UNIT, re.MULTILINE):
        for name in line.lstrip("~").split():
            calls = calls_in(name) if name.startswith("@") else {name}
            found = found - calls if line.startswith("~") else found | calls
    return found


@pytest.fixture
def traced(tmp_path):
    """An interpreter that writes down the system calls of all that it runs, and denies memory that
    can be written and executed.
    """
    trace, first = tmp_path / "trace", tmp_path / "first.py"
    first.write_text(DENY_WRITE_EXECUTE)
    strace = shutil.which("strace")
    assert strace, "strace is not installed"
    script = tmp_path / "python"
    script.write_text(
        f"#!/bin/sh\nexec {strace} --daemonize --follow-forks --output={trace} "
        f'{sys.executable} {first} {sys.executable} "$@"\n'
    )
    script.chmod(0o755)
    return script, trace


def test_the_service_needs_no_other_system_calls(monkeypatch, tmp_path, traced):
    script, trace = traced
    monkeypatch.setattr(sys, "executable", str(script))
    with running_server(tmp_path, settings={"RETICKET_WORKERS": "2"}) as server:
        assert AKINON.is_good(AKINON.refresh(server.url, AKINON.sign_in(server.url)))
        ends = re.compile(rf"^{server.process.pid} +\+{{3}} exited with 0 \+{{3}}$", re.MULTILINE)
    until(lambda: ends.search(trace.read_text()), "the end of the trace", trace.read_text)
    used = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert {"execve", "setpriority", "accept4"} <= used
    assert used - allowed() - AS_ROOT_ALONE == set()


def backup(folder, programs=(), **settings):
    """The script as the timer runs it."""
    here = [str(Path(sys.executable).parent), *map(str, programs)]
    clean = without_settings()
    path = {"PATH": ":".join([*here, clean["PATH"]])}
    return subprocess.run(
        [BACKUP, folder, "14"], env=clean | path | settings, capture_output=True, text=True
    )


@pytest.fixture
def folder(tmp_path):
    """Where backups go; an old one and a fresh one are there."""
    place = tmp_path / "backups"
    for name, days in (("old", 20), ("fresh", 3)):
        (place / name).mkdir(parents=True)
        at = place.stat().st_mtime - days * 86400
        os.utime(place / name, (at, at))
    return place


def made(folder):
    (new,) = set(folder.iterdir()) - {folder / "old", folder / "fresh"}
    return {each.name for each in new.iterdir()}


def test_a_backup_of_files_is_made_and_old_backups_are_deleted(tmp_path, folder):
    with running_server(tmp_path) as server:
        ended = backup(folder, RETICKET_DATA=str(server.data))
    assert ended.returncode == 0, ended.stderr
    assert {"families.sqlite", "directory.sqlite"} <= made(folder)
    assert not (folder / "old").exists()
    assert (folder / "fresh").exists()


def test_a_backup_that_fails_removes_nothing(tmp_path, folder):
    ended = backup(folder, RETICKET_DATA=str(tmp_path / "nowhere"))
    assert ended.returncode != 0
    assert (folder / "old").exists()


@pytest.mark.parametrize("is_directory_in_a_file", [False, True])
def test_a_backup_of_a_server_can_be_read_by_its_tools(tmp_path, folder, is_directory_in_a_file):
    with PostgreSQL.fresh() as database:
        stores = {"RETICKET_SESSIONS": database.url}
        stores |= {} if is_directory_in_a_file else {"RETICKET_DIRECTORY": database.url}
        with running_server(tmp_path, settings=stores) as server:
            AKINON.sign_in(server.url)
            programs = database._programs
            ended = backup(folder, [programs], RETICKET_DATA=str(server.data), **stores)
    assert ended.returncode == 0, ended.stderr
    there = made(folder)
    assert "sessions.dump" in there
    assert ("directory.sqlite" in there) == is_directory_in_a_file
    assert "families.sqlite" not in there
    (dump,) = folder.glob("*/sessions.dump")
    said = subprocess.run(
        [programs / "pg_restore", "--list", dump], capture_output=True, text=True, check=True
    ).stdout
    assert " TABLE DATA public families" in said
