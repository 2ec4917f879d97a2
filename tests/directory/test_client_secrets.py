"""What a client's secret is checked against stays in memory, and never longer than it is true."""

from __future__ import annotations

import pytest

from reticket.directory.drafts import ClientDraft


@pytest.fixture
def backend(directory):
    directory.clients.add(ClientDraft("backend", False, {}), "first")
    return directory


def test_it_is_read_once(backend):
    backend.catch_up_now()
    first = backend.client_credentials("backend")
    assert first.secret_hash == "first"
    assert backend.client_credentials("backend") is first


def test_another_process_rotates_it(backend, other):
    assert backend.client_credentials("backend").secret_hash == "first"
    other.clients.rotate_secret("backend", "second")
    backend.catch_up_now()
    assert backend.client_credentials("backend").secret_hash == "second"


def test_another_process_blocks_or_removes_it(backend, other):
    assert not backend.client_credentials("backend").disabled
    other.clients.disable("backend")
    backend.catch_up_now()
    assert backend.client_credentials("backend").disabled
    other.clients.remove("backend")
    backend.catch_up_now()
    assert backend.client_credentials("backend") is None


def test_who_is_not_there_is_looked_for_every_time(backend, other):
    assert backend.client_credentials("late") is None
    other.clients.add(ClientDraft("late", False, {}), "hash")
    backend.catch_up_now()
    assert backend.client_credentials("late").secret_hash == "hash"


def test_a_public_one_has_none(backend):
    backend.clients.add(ClientDraft("spa", False, {}), None)
    backend.catch_up_now()
    assert backend.client_credentials("spa") is None


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "x" * 10_000])
def test_nothing_is_kept_under_such_a_name(backend, name):
    assert backend.client_credentials(name) is None
