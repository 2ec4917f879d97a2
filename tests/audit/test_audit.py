from __future__ import annotations

import errno
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from structlog.testing import capture_logs

from reticket.audit import revocations
from reticket.audit.file import FileAuditLog
from reticket.audit.lines import NAMES
from reticket.audit.rotation import Rotation
from reticket.core.errors import StartupError
from reticket.core.ports import Event
from reticket.settings.audit import AuditTable

AT = 1_700_000_000_120
VALUES = {int | None: 7, str | None: 'curl "8"\n', Mapping[str, Any] | None: {"by": "operator"}}
FULL = Event(AT, "issued", **{n: VALUES[t] for n, t in [*get_type_hints(Event).items()][2:]})
"""Every member that an event has, whichever those are."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def audit_log(path: Path, **more: Any) -> FileAuditLog:
    return FileAuditLog(path, Rotation(path, AuditTable(), lambda: AT), **more)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def names(path: Path) -> list[str]:
    return [line["event"] for line in lines(path)]


def event(name: str, **members: Any) -> Event:
    return Event(AT, name, **members)


def test_every_member_of_an_event_is_written_and_no_null(path: Path) -> None:
    audit_log(path).record([FULL, event("key_rotated")])
    assert lines(path) == [
        {NAMES.get(name, name): said for name, said in FULL._asdict().items()}
        | {"at": "2023-11-14T22:13:20.120Z"},
        {"at": "2023-11-14T22:13:20.120Z", "event": "key_rotated"},
    ]


def test_only_the_owner_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        audit_log(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_appends_to_an_existing_file(path: Path) -> None:
    audit_log(path).record([event("one")])
    audit_log(path).record([event("two")])
    assert names(path) == ["one", "two"]


def test_a_batch_is_one_write_and_no_sync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = audit_log(path)
    calls = watch(monkeypatch, "write", "fsync")
    log.record([event("one"), event("two")])
    assert calls == ["write"]
    log.record([event("three")], durable=True)
    assert calls == ["write", "write", "fsync"]


def watch(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    calls: list[str] = []

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls.append(name)
            return real(*arguments)

        return call

    for name in names:
        monkeypatch.setattr(os, name, watched(name, getattr(os, name)))
    return calls


@pytest.mark.parametrize("recreated", [False, True])
def test_a_new_file_is_opened_when_the_old_one_is_moved(path: Path, recreated: bool) -> None:
    log = audit_log(path)
    log.record([event("old")])
    moved = path.rename(path.with_suffix(".1"))
    if recreated:
        path.touch(mode=0o640)
    log.record([event("new")])
    assert (names(moved), names(path)) == (["old"], ["new"])


def test_many_threads_write_whole_lines_while_the_file_is_moved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = audit_log(path)
    batch = [event("issued", device="x" * 500)] * 16
    together = threading.Barrier(8)
    monkeypatch.setattr(os, "open", slowly(os.open))
    calls = watch(monkeypatch, "close")

    def write() -> None:
        together.wait()
        for _ in range(20):
            log.record(batch)

    log.record(batch)
    moved = path.rename(path.with_suffix(".1"))
    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(lines(moved)), len(lines(path))) == (16, 8 * 20 * 16)
    assert (log.lost, calls) == (0, ["close"])


def slowly(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        opened = real(*arguments)
        time.sleep(0.01)
        return opened

    return call


def test_a_full_disk_is_counted_and_logged_once_a_minute_and_never_raised(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    log = audit_log(path, clock=lambda: now)

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with capture_logs() as said:
        log.record([event("one"), event("two")])
        now = 59.0
        log.record([event("three")], durable=True)
        now = 60.0
        log.record([event("four")])
    assert log.lost == 4
    assert [(line["event"], line["lost"], line["reason"]) for line in said] == [
        ("audit_not_written", 2, "No space left on device"),
        ("audit_not_written", 4, "No space left on device"),
    ]


def test_events_lost_before_the_log_are_counted_and_logged_too(path: Path) -> None:
    log = audit_log(path)
    with capture_logs() as said:
        log.lose(3)
        log.lose(4)
    assert (log.tend(), log.lost) == (7, 7)
    assert [(line["event"], line["lost"], line["reason"]) for line in said] == [
        ("audit_not_written", 3, "too many events wait")
    ]


def test_after_a_short_write_the_next_event_is_a_line_of_its_own(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = audit_log(path)
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: real(file, data[:10]))
        log.record([event("one")])
    log.record([event("revoked")])
    assert log.lost == 1
    assert [found.event for found in revocations(path)] == ["revoked"]


def test_a_path_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError) as caught:
        audit_log(tmp_path / "absent" / "audit.jsonl")
    assert str(caught.value).endswith("audit.jsonl cannot be written: No such file or directory")


def test_a_closed_log_counts_events_as_lost(path: Path) -> None:
    log = audit_log(path)
    log.close()
    log.record([event("late")])
    assert log.lost == 1


def test_an_odd_value_does_not_lose_the_batch(path: Path) -> None:
    odd = event("sign_in_failed", device="\ud800", detail={"n": 2**70, "path": Path("x")})
    audit_log(path).record([event("one"), odd, event("two")])
    assert names(path) == ["one", "sign_in_failed", "two"]
    assert lines(path)[1]["detail"] == {"n": 2**70, "path": "x"}


def test_revocations_are_read_back_unchanged(path: Path) -> None:
    ended = [
        event("revoked", family="00" * 16, subject="s", cause="operator", generation=3),
        event("reused", family="01" * 16, detail={"k": [1]}),
    ]
    ended += [
        event("refused", family="02" * 16, cause="revoked"),
        event("revocation", subject="s", detail={"client": "spa"}),
    ]
    refused = event("refused", family="03" * 16, cause="expired")
    audit_log(path).record([FULL, ended[0], refused, *ended[1:]])
    assert list(revocations(path)) == ended


def test_lines_of_older_versions_are_read_with_current_names(path: Path) -> None:
    one = event("revoked", resource="oauth.user", family="0a" * 16, cause="operator")
    all_of_a_kind = event("revocation", resource="akinon.user", cause="operator")
    audit_log(path).record([one, all_of_a_kind])
    written = path.read_text()
    former = written.replace('"session":', '"family":').replace('"kind":', '"resource":')
    path.write_text(former + written)
    assert [line.keys() & {"family", "session"} for line in lines(path)] == [
        {"family"}, set(), {"session"}, set(),
    ]  # fmt: skip
    assert list(revocations(path)) == [one, all_of_a_kind] * 2


@pytest.mark.parametrize("milliseconds", [0, 1, 999, AT, AT + 879, 4_102_444_800_001])
def test_times_are_read_back_to_the_millisecond(milliseconds: int, path: Path) -> None:
    audit_log(path).record([Event(milliseconds, "revoked")])
    assert [found.at for found in revocations(path)] == [milliseconds]


@pytest.mark.parametrize("kept", [1, 20, 50])
def test_an_incomplete_line_is_skipped_and_the_next_one_is_read(path: Path, kept: int) -> None:
    audit_log(path).record([event("revoked", family="a")])
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:kept])
    with capture_logs() as said:
        assert [found.family for found in revocations(path)] == ["a"]
    assert [(line["event"], line["line"]) for line in said] == [("audit_line_unreadable", 2)]
    audit_log(path).record([event("revoked", family="b")])
    with capture_logs():
        assert [found.family for found in revocations(path)] == ["a", "b"]


def test_control_characters_are_escaped_in_the_file_and_read_back_unchanged(
    path: Path,
) -> None:
    said = "a\x1b[31m\x7f\x9b\u202e\u200b\U000e0041é"
    audit_log(path).record([event("revoked", device=said)])
    audit_log(path).record([event("revoked", device="\ud800\x85")])
    text = path.read_text()
    assert text.replace("\n", "").isprintable()
    assert "a\\u001b[31m\\u007f\\u009b\\u202e\\u200b\\udb40\\udc41é" in text
    assert next(found.device for found in revocations(path)) == said
    assert len(lines(path)) == 2
