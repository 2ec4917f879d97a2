"""Repeated refusals and uses of older tokens are counted, once a second; nothing else is."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.core.world import Audit
from tests.docs.tables import page, tables, words

from reticket.audit import open_audit_log
from reticket.audit.summing import BY_ANYBODY, BY_SIGNED_IN, KINDS, SINGLE_LINES, SummingAuditLog
from reticket.core.ports import Event
from reticket.http.metrics import CountingAuditLog, Meter
from reticket.settings.audit import AuditTable

AT = 1_700_000_000_120


@pytest.fixture
def written() -> Audit:
    return Audit()


@pytest.fixture
def log(written: Audit) -> SummingAuditLog:
    return SummingAuditLog(written)


def refusal(cause: str = "forged", address: str | None = "192.0.2.1", **members: Any) -> Event:
    return Event(AT, "refused", "akinon.user", cause=cause, address=address, **members)


def test_repeated_refusals_of_one_address_and_cause_are_one_line_a_second(
    log: SummingAuditLog, written: Audit
) -> None:
    told = [refusal(device=f"curl {n}", correlation_id=str(n)) for n in range(2000)]
    for each in told:
        log.record([each])
    assert written.events == told[:1]
    log.tend()
    assert written.events[1:] == [refusal(count=1999)]
    log.record(told)
    assert len(written.events) == 2
    log.tend()
    assert written.events[2:] == [refusal(count=2000)]


def test_refusals_of_all_addresses_of_a_host_are_counted_together(
    log: SummingAuditLog, written: Audit
) -> None:
    told = [refusal(address=f"2001:db8::{number:x}") for number in range(2 * KINDS)]
    log.record(told)
    log.tend()
    assert written.events == [told[0], refusal(address="2001:db8::/64", count=2 * KINDS - 1)]


def test_periodic_work_reports_lost_events(log: SummingAuditLog, written: Audit) -> None:
    for _ in range(3):
        log.lose(2)
    assert written.lost == 0
    log.tend()
    log.tend()
    assert written.lost == 6


def test_the_first_refusal_after_a_quiet_second_is_written_at_once(
    log: SummingAuditLog, written: Audit
) -> None:
    for _ in range(3):
        log.record([refusal()])
        log.tend()
    assert written.events == [refusal()] * 3


@pytest.mark.parametrize(
    "other",
    [
        refusal("expired"),
        refusal(address="192.0.2.2"),
        refusal(address=None),
        refusal(subject="s"),
        refusal(family="0a"),
        refusal()._replace(resource="kibo.application"),
        refusal()._replace(event="sign_in_failed"),
    ],
)
def test_a_different_refusal_is_written_at_once(
    log: SummingAuditLog, written: Audit, other: Event
) -> None:
    log.record([refusal(), other])
    log.tend()
    assert written.events == [refusal(), other]


OLDER_TOKENS = ("replayed", "tolerated", "switched")
REPEATABLE = {"refused", "sign_in_failed", "fetch_failed", *OLDER_TOKENS}
EVENTS = set(words(tables(page("audit.md"))["Events"]))
"""Every name: tests/docs/test_audit_page.py compares the page with the code."""


def use(event: str, family: str = "0a", **members: Any) -> Event:
    return refusal(family=family, **members)._replace(event=event, cause=None)


@pytest.mark.parametrize("event", OLDER_TOKENS)
def test_repeated_uses_of_a_stale_token_are_one_line_a_second_for_its_family_and_address(
    log: SummingAuditLog, written: Audit, event: str
) -> None:
    told = [use(event, generation=n, device=str(n), correlation_id=str(n)) for n in range(2000)]
    log.record(told)
    assert written.events == told[:1]
    log.tend()
    assert written.events[1:] == [use(event, count=1999)]


@pytest.mark.parametrize("event", OLDER_TOKENS)
@pytest.mark.parametrize(
    "members", [{"family": "0b"}, {"address": "192.0.2.2"}, {"context": "1001"}]
)
def test_a_use_of_another_token_or_from_another_address_is_written_at_once(
    log: SummingAuditLog, written: Audit, event: str, members: dict[str, str]
) -> None:
    told = [use(event), use(event, **members)]
    log.record(told)
    log.tend()
    assert written.events == told


@pytest.mark.parametrize("event", sorted(BY_SIGNED_IN))
def test_repeated_events_of_one_user_become_one_line_a_second(
    log: SummingAuditLog, written: Audit, event: str
) -> None:
    """Otherwise one account could fill all files in twenty minutes."""
    told = [use(event, f"{n:04x}", subject="ada", generation=n) for n in range(2000)]
    log.record(told)
    others = [use(event, subject="bob")] * SINGLE_LINES
    log.record(others)
    assert written.events == [*told[: SINGLE_LINES + 1], *others]
    written.events.clear()
    log.tend()
    summed = use(event, subject="ada", count=1999 - SINGLE_LINES)._replace(family=None)
    assert written.events == [summed]
    log.record(told[:SINGLE_LINES])
    assert written.events == [summed, *told[:SINGLE_LINES]]


def test_a_flood_of_refusals_does_not_remove_the_family_from_a_line(
    log: SummingAuditLog, written: Audit
) -> None:
    log.record([refusal(address=f"10.0.{n // 256}.{n % 256}") for n in range(2 * KINDS)])
    written.events.clear()
    log.record([use("tolerated")] * 3)
    log.tend()
    assert written.events[0] == use("tolerated")
    assert use("tolerated", count=2) in written.events


def test_only_refusals_failed_fetches_and_uses_of_older_tokens_are_summed() -> None:
    assert REPEATABLE == BY_ANYBODY


@pytest.mark.parametrize("name", sorted(EVENTS - REPEATABLE))
def test_events_that_cannot_be_repeated_endlessly_are_written_one_by_one(
    log: SummingAuditLog, written: Audit, name: str
) -> None:
    told = [refusal()._replace(event=name)] * 5
    log.record(told, durable=True)
    assert written.events == written.durable == told


def test_addresses_beyond_the_bound_are_counted_by_cause_alone(
    log: SummingAuditLog, written: Audit
) -> None:
    log.record([refusal(address=f"10.0.{n // 256}.{n % 256}") for n in range(10 * KINDS)])
    first = len(written.events)
    log.tend()
    assert first == KINDS + 1
    assert written.events[first:] == [refusal(address=None, count=9 * KINDS - 1)]


def test_refusals_of_parallel_threads_are_all_counted(log: SummingAuditLog, written: Audit) -> None:
    def refuse() -> None:
        for _ in range(500):
            log.record([refusal()])
            log.tend()

    threads = [threading.Thread(target=refuse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.tend()
    assert sum(each.count or 1 for each in written.events) == 2000


def test_buffered_events_are_written_at_close(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = open_audit_log(path, AuditTable(), lambda: AT)
    log.record([refusal()] * 7)
    log.close()
    assert [json.loads(line).get("count") for line in path.read_text().splitlines()] == [None, 6]


def test_metrics_count_every_refusal(log: SummingAuditLog, written: Audit) -> None:
    meter = Meter(None)
    CountingAuditLog(log, meter).record([refusal()] * 50)
    assert meter.counts() == {("events", "refused", "akinon.user", "forged"): 50}
    assert len(written.events) == 1
