"""Audit files are rotated by size and age; revocations, reuses and key events are kept longest."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from reticket.audit import revocations
from reticket.audit.file import TIDY_INTERVAL, FileAuditLog
from reticket.audit.rotation import Rotation
from reticket.core.policy import DAY, SECOND
from reticket.core.ports import Event
from reticket.settings.audit import AuditTable
from reticket.testing import FakeClock

ENDS = ["revoked", "reused", "key_rotated", "key_retired", "key_compromised", "revocation"]
OPERATORS = [
    "policy", "client_secret_rotated", "user_password_set", "factor_removed",
    "session_started", "sessions_ended", "family_started", "families_ended",
    "recovery_codes_renewed", "application_added", "tenant_removed", "account_added",
    "backup_restored",
]  # fmt: skip
LASTING = ENDS + OPERATORS
OTHERS = ["sign_in", "sign_in_failed", "issued", "refused", "replayed", "tolerated"]


class Files:
    """An audit file under a clock that a test sets, and what lies beside it."""

    def __init__(self, folder: Path, **limits: Any) -> None:
        self.path = folder / "audit.jsonl"
        self.clock = FakeClock()
        self.leapt = 0
        self.limits = AuditTable(**limits)
        self.log = self.opened()

    def opened(self) -> FileAuditLog:
        rotation = Rotation(self.path, self.limits, self.clock, self.seconds)
        return FileAuditLog(self.path, rotation, self.seconds)

    def seconds(self) -> float:
        return self.clock() / SECOND - self.leapt

    def leap(self, seconds: int) -> None:
        """Set the clock, in no time."""
        self.leapt += seconds
        self.clock.forward(seconds)

    def tell(self, *names: str, **members: Any) -> None:
        self.log.record([Event(self.clock(), name, **members) for name in names])

    def later(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self.log.tend()

    def names(self) -> list[str]:
        return sorted(each.name for each in self.path.parent.glob("audit.*jsonl"))

    def events(self) -> list[str]:
        """The events of all files, the oldest first."""
        return [line["event"] for line in self.lines()]

    def lines(self) -> list[dict[str, Any]]:
        """The events of all files, the oldest first, with all members."""
        texts = [(self.path.parent / name).read_text() for name in self.names()]
        return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_no_file_is_deleted_by_a_clock_that_jumped(files: Files) -> None:
    files.tell("sign_in", "reused")
    files.later(DAY)
    files.leap(1000 * DAY)
    files.later(60)
    files.leap(-1000 * DAY)
    files.later(60)
    assert files.events() == ["sign_in", "reused"]
    files.later(30 * DAY)
    assert files.events() == ["reused"]


def test_a_file_is_rotated_by_the_age_of_its_first_line(files: Files) -> None:
    files.tell("sign_in")
    files.later(DAY - 1)
    assert files.names() == ["audit.jsonl"]
    files.tell("issued")
    files.later(1)
    files.tell("reused")
    assert len(files.names()) == 2
    assert files.events() == ["sign_in", "issued", "reused"]
    assert files.path.read_text().count("\n") == 1


def test_a_file_is_rotated_by_its_size(tmp_path: Path) -> None:
    files = Files(tmp_path, rotate_size=1024)
    for _ in range(3):
        files.tell("issued", device="x" * 1024)
        files.later(0)
    assert len(files.names()) == 4
    assert files.events() == ["issued"] * 3


def test_a_clock_that_goes_back_deletes_no_file(tmp_path: Path) -> None:
    files = Files(tmp_path, rotate_size=1024, total_size=1024)
    for _ in range(4):
        files.tell("reused", device="x" * 1024)
        files.later(TIDY_INTERVAL)
        files.later(-TIDY_INTERVAL)
    assert files.events() == ["reused"] * 4


def test_an_empty_file_is_not_rotated(files: Files) -> None:
    files.later(500 * DAY)
    assert files.names() == ["audit.jsonl"]


def test_only_regular_files_are_rotated() -> None:
    rotation = Rotation(Path("/dev/null"), AuditTable(), FakeClock())
    log = FileAuditLog(Path("/dev/null"), rotation)
    log.record([Event(0, "issued")])
    with capture_logs() as said:
        assert log.tend() == 0
    assert said == []


def test_revocations_reuses_key_and_operator_events_are_kept_longest(files: Files) -> None:
    files.tell(*OTHERS, *LASTING[:-1])
    files.tell(LASTING[-1], device="\ud800")
    files.tell("refused", family="0a", cause="revoked")
    files.tell("refused", family="0a", cause="revoked")
    files.later(DAY)
    files.later(30 * DAY - 1)
    assert files.events() == [*OTHERS, *LASTING, "refused", "refused"]
    files.later(TIDY_INTERVAL)
    assert files.events() == [*LASTING, "refused"]
    files.later(370 * DAY - 2 * TIDY_INTERVAL)
    assert files.events() == [*LASTING, "refused"]
    files.later(2 * TIDY_INTERVAL)
    assert files.events() == []


def test_at_the_size_limit_the_oldest_other_lines_are_deleted_and_no_revocation(
    tmp_path: Path,
) -> None:
    files = Files(tmp_path, rotate_size=1024, total_size=3000)
    with capture_logs() as said:
        for _ in range(5):
            files.tell("issued", device="x" * 1000)
            files.tell("reused")
            files.later(TIDY_INTERVAL)
        files.later(TIDY_INTERVAL)
    assert [line["event"] for line in said] == ["audit_shortened_early"] * 3
    assert files.events() == ["reused"] * 3 + ["issued", "reused"] * 2


def test_one_line_about_an_ended_session_is_kept(
    files: Files,
) -> None:
    files.tell("refused", family="0a", cause="revoked")
    files.path.write_text(files.path.read_text().replace('"session":', '"family":'))
    files.tell("refused", family="0a", cause="revoked")
    files.tell("refused", family="0b", cause="revoked")
    files.later(DAY)
    files.later(31 * DAY)
    assert [line.get("family", line.get("session")) for line in files.lines()] == ["0a", "0b"]


def test_kept_lines_of_a_session_have_no_device(files: Files) -> None:
    said = ('Opera "5", "device":"x"', "a\\", "\ud800,", "curl/8")
    for number, device in enumerate(said):
        for event, cause in (("revoked", "sign_out"), ("reused", None), ("refused", "revoked")):
            detail = {"client": "spa"}
            files.tell(
                event, family=f"0{number}", subject="ada", device=device,
                cause=cause, address="192.0.2.1", detail=detail,
            )  # fmt: skip
    files.tell("client_added", device="curl/8")
    before = files.lines()
    files.later(DAY)
    files.later(31 * DAY)
    for line in before[:-1]:
        assert line.pop("device") in said
    assert files.lines() == before


def test_too_many_kept_lines_are_logged_once_a_minute(tmp_path: Path) -> None:
    files = Files(tmp_path, rotate_size=1024, total_size=1024)
    for _ in range(20):
        files.tell("revoked", subject="x" * 200)
    with capture_logs() as said:
        files.later(DAY)
        files.later(1)
        files.later(TIDY_INTERVAL)
    told = [line for line in said if line["event"] == "audit_ends_large"]
    assert len(told) == 2
    assert told[0]["bytes"] > 1024
    assert len(files.events()) == 20


def test_callers_cannot_cause_lines_that_are_kept_longest(files: Files) -> None:
    for said in ('"event":"reused"', '{"at":"', '\\","event":"key_x"'):
        files.tell("issued", device=said, detail={"event": said})
    files.later(DAY)
    files.later(31 * DAY)
    assert files.events() == []


def test_a_file_is_not_compacted_while_a_process_has_it_open(files: Files) -> None:
    other = files.opened()
    files.tell("issued")
    files.later(DAY)
    files.later(31 * DAY)
    assert files.events() == ["issued"]
    other.record([Event(files.clock(), "reused")])
    files.later(TIDY_INTERVAL)
    assert files.events() == ["reused"]


def test_a_full_disk_loses_no_line_while_a_file_is_compacted(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.tell("issued", "reused")
    files.later(DAY)

    def full(file: int) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch, capture_logs() as said:
        patch.setattr(os, "fsync", full)
        files.later(31 * DAY)
    assert files.events() == ["issued", "reused"]
    assert [(line["event"], line["reason"]) for line in said] == [
        ("audit_not_rotated", "No space left on device")
    ]
    files.later(TIDY_INTERVAL)
    assert files.events() == ["reused"]


def test_only_the_owner_may_read_any_of_them(files: Files) -> None:
    before = os.umask(0)
    try:
        files.tell("reused")
        files.later(DAY)
        files.tell("reused")
        files.later(31 * DAY)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(each.stat().st_mode) for each in files.path.parent.iterdir()}
    assert len(files.names()) == 3
    assert modes == {0o600}


def test_revocations_are_found_in_every_file(files: Files) -> None:
    for day in range(60):
        files.tell("issued", "reused", family=f"{day:02}")
        files.later(DAY)
    files.path.rename(files.path.with_name("audit.jsonl.1"))
    files.tell("reused", family="60")
    assert {len(name) for name in files.names()} == {11, 31, 36}
    found = [event.family for event in revocations(files.path)]
    assert sorted(found) == [f"{day:02}" for day in range(61)]
    assert {event.family for event in revocations(files.path.parent)} == set(found)
    files.path.unlink()
    assert len(list(revocations(files.path))) == 60


def _write(path: Path, number: int, together: Any) -> None:
    """A worker: as fast as it can, with a rotation now and then."""
    limits = AuditTable(rotate_size=20_000, total_size=40_000)
    rotation = Rotation(path, limits, FakeClock())
    log = FileAuditLog(path, rotation, clock=iter(range(0, 10**9, 60)).__next__)
    together.wait()
    for count in range(400):
        family = f"{number}.{count}"
        log.record([Event(0, "issued"), Event(0, "reused", family=family)], durable=count % 50 == 0)
        if count % 7 == 0:
            log.tend()
    assert log.lost == 0
    log.close()


def test_parallel_rotation_by_processes_loses_no_revocation(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    together = server.Barrier(4)
    workers = [server.Process(target=_write, args=(path, n, together)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    with capture_logs() as said:
        found = [event.family for event in revocations(path)]
    assert sorted(found) == sorted(f"{n}.{count}" for n in range(4) for count in range(400))
    assert said == []
    assert any(".ends." in each.name for each in tmp_path.iterdir())
