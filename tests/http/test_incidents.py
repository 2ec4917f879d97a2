"""Log lines about connections, stores and internal errors: one a minute for each kind."""

import asyncio
import errno
import json
from types import FunctionType, SimpleNamespace

from structlog.testing import capture_logs

from reticket.core.addresses import normal_address
from reticket.http.connection.request_cycle import RequestCycle
from reticket.http.forwarding import is_forwarding
from reticket.http.incidents import KINDS, PAUSE, REMEMBERED, Incidents


class CountedIncidents:
    """Incidents with a clock that is set by hand, and what they have counted."""

    def __init__(self):
        self.now, self.counted = 0.0, []
        self.incidents = Incidents(self.counted.append, lambda: self.now)


def test_an_unavailable_store_is_one_line_a_minute_with_a_count():
    told = CountedIncidents()
    with capture_logs() as lines:
        for _ in range(5000):
            told.incidents.unavailable("the store is locked", "kibo", "0" * 32)
        told.incidents.unavailable("the disk is full", "kibo", "1" * 32)
        for told.now in (59.9, 60.0):
            told.incidents.unavailable("the store is locked", "kibo", "2" * 32)
    assert [(line["event"], line["reason"], line["count"]) for line in lines] == [
        ("unavailable", "the store is locked", 1),
        ("unavailable", "the disk is full", 1),
        ("unavailable", "the store is locked", 5001),
    ]
    assert lines[0]["dialect"] == "kibo"
    assert [line["correlation_id"][0] for line in lines] == ["0", "1", "2"]


def test_addresses_of_one_ipv6_network_are_one_untrusted_proxy():
    told = CountedIncidents()
    with capture_logs() as lines:
        said = [told.incidents.unnamed_proxy(f"fd00::{n:x}") for n in range(1, 200)]
    assert said == [True] + [False] * 198
    assert len(lines) == 1
    assert len(told.counted) == 199


def test_a_limited_number_of_untrusted_proxies_is_logged_once_a_minute():
    told = CountedIncidents()
    with capture_logs() as lines:
        for n in range(10 * REMEMBERED):
            told.incidents.unnamed_proxy(f"fd00:0:0:{n:x}::1")
        told.incidents.refused(400, "broken", "192.0.2.1", "0" * 32)
        assert len(lines) == REMEMBERED + 1
        told.now = PAUSE
        assert told.incidents.unnamed_proxy("fd00:0:0:ffff::1")
    assert len(told.incidents._proxies._lines) == REMEMBERED
    assert len(told.counted) == 10 * REMEMBERED + 2


def test_connection_events_are_counted_each_time_and_logged_once_a_minute():
    told = CountedIncidents()
    with capture_logs() as lines:
        for _ in range(3):
            told.incidents.refused(400, "broken", "192.0.2.1", "0" * 32)
            told.incidents.ended("gave_way", "192.0.2.1")
            told.incidents.not_accepted(OSError(errno.EMFILE, "none left"))
            told.incidents.not_accepted(OSError("of no number"))
    counted = [
        ("refused", "400", "broken"),
        ("ended", "gave_way"),
        ("accepting", "EMFILE"),
        ("accepting", "unknown"),
    ]
    assert told.counted == counted * 3
    assert [line["event"] for line in lines] == [
        "request_refused", "connection_ended", "accept_failed", "accept_failed",
    ]  # fmt: skip


def stumble(told: CountedIncidents, times: int, *, deep: bool = False) -> None:
    """A fault of ours at one of two places."""
    for _ in range(times):
        try:
            json.loads("{") if deep else {}["nothing"]
        except Exception as error:
            told.incidents.failed("internal_error", error, correlation_id="0" * 32)


def test_an_internal_error_is_one_traceback_a_minute_with_a_count():
    told = CountedIncidents()
    with capture_logs() as lines:
        stumble(told, 5000)
        stumble(told, 5000, deep=True)
        told.now = PAUSE
        stumble(told, 1)
    assert [(type(line["exc_info"]).__name__, line["count"]) for line in lines] == [
        ("KeyError", 1),
        ("JSONDecodeError", 1),
        ("KeyError", 5000),
    ]
    assert {(line["event"], line["log_level"]) for line in lines} == {("internal_error", "error")}
    assert all(line["exc_info"].__traceback__ for line in lines)


def test_a_flood_of_other_lines_does_not_hide_an_internal_error():
    told = CountedIncidents()
    with capture_logs() as lines:
        for n in range(2 * KINDS):
            told.incidents.unavailable(f"reason {n}", "kibo", "0" * 32)
        stumble(told, 1)
    assert len(lines) == KINDS + 1
    assert lines[-1]["event"] == "internal_error"


def test_the_same_error_at_two_places_of_the_package_is_two_faults():
    told = CountedIncidents()
    with capture_logs() as lines:
        for at_fault in (normal_address, is_forwarding):
            for _ in range(3):
                try:
                    at_fault(None)
                except AttributeError as error:
                    told.incidents.failed("internal_error", error)
    assert [line["count"] for line in lines] == [1, 1]


def ours(function):
    """As if it stood in a module of the package."""
    return FunctionType(function.__code__, {"__name__": "reticket.made", "json": json})


TWO_DEPTHS = "", "1 2"
"""What json refuses at two lines of its own, with one type of error."""


def failing(told, function, text, times=3):
    for _ in range(times):
        try:
            function(text)
        except ValueError as error:
            told.incidents.failed("internal_error", error)


def test_one_place_of_the_package_is_one_fault_for_any_library_line():
    """A fault may come from many lines of a library, and a caller may choose which one. The log
    still has one line.
    """
    told = CountedIncidents()
    with capture_logs() as lines:
        for text in TWO_DEPTHS:
            failing(told, ours(lambda text: json.loads(text)), text)
    assert [line["count"] for line in lines] == [1]


def test_two_places_with_the_same_caller_are_two_faults():
    told = CountedIncidents()
    one = ours(lambda text: int(text))
    other = ours(lambda text: float(text))
    caller = ours(lambda asked: asked[0](asked[1]))
    with capture_logs() as lines:
        for place in (one, other):
            failing(told, caller, (place, ""))
    assert [line["count"] for line in lines] == [1, 1]


def test_a_fault_outside_the_package_is_identified_by_its_innermost_line():
    told = CountedIncidents()
    with capture_logs() as lines:
        for text in TWO_DEPTHS:
            failing(told, json.loads, text)
    assert [line["count"] for line in lines] == [1, 1]


def test_a_failing_application_does_not_fill_the_log():
    told, line = CountedIncidents(), Line()

    async def broken(scope, receive, send):
        raise KeyError("nothing")

    shared = SimpleNamespace(app=broken, incidents=told.incidents)
    head = SimpleNamespace(expects=False, length=0)
    with capture_logs() as lines:
        for _ in range(50):
            asyncio.run(RequestCycle(head, line, None).run(shared, {}))
    assert [(each["event"], each["count"]) for each in lines] == [("application_failed", 1)]
    assert line.failures == 50


class Line:
    """A connection that counts requests without an answer."""

    def __init__(self):
        self.failures = 0

    def failed(self):
        self.failures += 1
