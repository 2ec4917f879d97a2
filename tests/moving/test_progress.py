"""How far an import is."""

from __future__ import annotations

import pytest

from reticket.moving.rows.progress import EVERY, Progress, duration


@pytest.fixture
def clock():
    return [100.0]


def told_at(clock, size, *steps):
    lines = []
    progress = Progress(lines.append, lambda: clock[0], lambda: size)
    for passed, rows, position in steps:
        clock[0] = 100.0 + passed
        progress.at(rows, position)
    return lines


def test_it_says_the_rate_and_the_remaining_time(clock):
    assert told_at(clock, 4000, (10, 5000, 1000)) == ["5000 rows, 500 a second, 0:30 left"]


def test_without_a_size_it_says_the_rate(clock):
    assert told_at(clock, None, (10, 5000, 1000)) == ["5000 rows, 500 a second"]


def test_lines_come_some_seconds_apart(clock):
    steps = [(1, 1, 1), (EVERY, 2, 2), (EVERY + 1, 3, 3), (2 * EVERY, 4, 4)]
    assert len(told_at(clock, None, *steps)) == 2


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0:00"), (61, "1:01"), (3723, "1:02:03")])
def test_a_duration_is_in_minutes(seconds, text):
    assert duration(seconds) == text
