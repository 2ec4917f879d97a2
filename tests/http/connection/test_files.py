"""Near the limit of open files: new connections get 503, and open ones continue."""

import resource
from contextlib import ExitStack, contextmanager

import pytest
from tests.http.connection.shapes import LIVE
from tests.http.connection.stream import at_once, opened, read_answers

from reticket.http import files
from reticket.testing import running_server
from reticket.testing.waiting import until


@pytest.fixture
def server(tmp_path):
    """A service whose own deadlines end no connection of a slow test."""
    names = ("HEAD_TIMEOUT", "IDLE_TIMEOUT")
    patient = {f"RETICKET_CONNECTIONS__{name}": "600" for name in names}
    with running_server(tmp_path, settings=patient) as running:
        yield running


def limit_of(server, soft):
    """Set how many files the running service may have open."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (soft, hard))


def status_of(line):
    try:
        at_once(line, LIVE)
        return read_answers(line, 1)[0].status
    except (ConnectionError, IndexError):
        return None


@contextmanager
def started_with(soft):
    """Processes that are started meanwhile may have that many open files at first."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def test_a_start_raises_the_limit_as_far_as_it_may(tmp_path):
    with started_with(256), running_server(tmp_path) as server:
        soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard > 256
    assert soft == (files.MOST if hard == resource.RLIM_INFINITY else min(hard, files.MOST))


@pytest.mark.parametrize(
    ("hard", "soft"),
    [(4096, 4096), (2**20, 2**20), (2**20 + 1, 2**20), (resource.RLIM_INFINITY, 2**20)],
)
def test_the_limit_is_the_hard_one_and_a_million_at_most(monkeypatch, hard, soft):
    said = []
    monkeypatch.setattr(resource, "getrlimit", lambda what: (1024, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: said.append(limits))
    assert files.raise_limit() == soft
    assert said == [(soft, hard)]


def test_near_the_file_limit_idle_connections_are_closed(server):
    limit_of(server, 256)
    with ExitStack() as stack:
        lines = [stack.enter_context(opened(server.url)) for _ in range(300)]
        statuses = [status_of(line) for line in lines]
        assert 0 < statuses.count(200) < 256 - 64
        assert statuses[-1] == 200
        log = server.log.read_text()
        assert '"reason": "gave_way"' in log
        assert "EMFILE" not in log
        assert "Too many open files" not in log


def test_near_the_file_limit_new_connections_get_503_if_no_other_is_idle(server):
    limit_of(server, 256)
    with ExitStack() as stack:
        lines = []
        while is_let_in(line := stack.enter_context(opened(server.url))):
            lines.append(line)
            assert len(lines) < 256
        assert len(lines) > 64
        assert '"reason": "files"' in server.log.read_text()
        for line in lines:
            at_once(line, LIVE[-2:])
        assert {read_answers(line, 1)[0].status for line in lines} == {200}


def is_let_in(line):
    """Whether a first request is answered 200, or 503; a second one is begun with it."""
    at_once(line, LIVE + LIVE[:-2])
    (answer,) = read_answers(line, 1)
    assert answer.status in {200, 503}
    return answer.status == 200


def test_without_free_files_the_failure_is_logged_and_clients_are_answered_later(server):
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    limit_of(server, 3)
    with opened(server.url) as line:
        at_once(line, LIVE)
        until(lambda: '"error": "EMFILE"' in server.log.read_text(), "accept_failed in the log")
        limit_of(server, hard)
        assert read_answers(line, 1)[0].status == 200
    assert server.log.read_text().count("accept_failed") == 1
