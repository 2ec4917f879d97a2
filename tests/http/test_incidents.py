"""What the log is told of connections and stores: a line a minute for each kind, and no more."""

from structlog.testing import capture_logs

from reticket.http.incidents import PAUSE, REMEMBERED, Incidents


class Told:
    """Incidents with a clock that is set by hand, and what they have counted."""

    def __init__(self):
        self.now, self.counted = 0.0, []
        self.incidents = Incidents(self.counted.append, lambda: self.now)


def test_a_store_that_is_away_is_one_line_a_minute_with_its_count():
    told = Told()
    with capture_logs() as lines:
        for _ in range(5000):
            told.incidents.unavailable("the store is locked", "kibo", "0" * 32)
        told.incidents.unavailable("the disk is full", "kibo", "1" * 32)
        told.now = PAUSE
        told.incidents.unavailable("the store is locked", "kibo", "2" * 32)
    assert [(line["event"], line["reason"], line["count"]) for line in lines] == [
        ("unavailable", "the store is locked", 1),
        ("unavailable", "the disk is full", 1),
        ("unavailable", "the store is locked", 5000),
    ]
    assert lines[0]["dialect"] == "kibo"
    assert [line["correlation_id"][0] for line in lines] == ["0", "1", "2"]


def test_addresses_of_one_ipv6_network_are_one_unnamed_proxy():
    told = Told()
    with capture_logs() as lines:
        said = [told.incidents.unnamed_proxy(f"fd00::{n:x}") for n in range(1, 200)]
    assert said == [True] + [False] * 198
    assert len(lines) == 1
    assert len(told.counted) == 199


def test_so_many_unnamed_proxies_are_remembered_and_the_minute_holds_for_them():
    told = Told()
    with capture_logs() as lines:
        for n in range(10 * REMEMBERED):
            told.incidents.unnamed_proxy(f"fd00:0:0:{n:x}::1")
        told.incidents.refused(400, "broken", "192.0.2.1", "0" * 32)
        assert len(lines) == REMEMBERED + 1
        told.now = PAUSE
        assert told.incidents.unnamed_proxy("fd00:0:0:ffff::1")
    assert len(told.incidents._proxies._lines) == REMEMBERED
    assert len(told.counted) == 10 * REMEMBERED + 2
