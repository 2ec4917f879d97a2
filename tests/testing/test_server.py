"""A service that does not start says why: how it ended, and what it printed last."""

import secrets

import pytest

from reticket.testing import running_server
from reticket.testing.server import free_port
from reticket.testing.waiting import until


def test_a_service_that_ends_at_its_start_says_what_it_printed(tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("users: 7\n")
    with (
        pytest.raises(RuntimeError, match=r"ended with status 1; it printed last:\n.*users"),
        running_server(tmp_path, seed=seed),
    ):
        pass


def test_a_service_that_ends_silently_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "false")
    with (
        pytest.raises(RuntimeError, match=r"ended with status 1; it printed last:\n\(nothing\)"),
        running_server(tmp_path),
    ):
        pass


def test_a_failed_wait_reports_the_last_result(monkeypatch):
    monkeypatch.setattr("reticket.testing.waiting.PATIENCE", 0)
    with pytest.raises(AssertionError, match=r"a line: not within 0 s; seen last: nothing"):
        until(lambda: False, "a line", lambda: "nothing")


def test_a_port_is_given_to_one_process_only(monkeypatch):
    taken, draw = free_port(), secrets.randbelow
    drawn = iter([taken - 10_000])
    monkeypatch.setattr(secrets, "randbelow", lambda most: next(drawn, None) or draw(most))
    assert free_port() != taken
