"""The cache of client secret hashes, which is never out of date."""

from __future__ import annotations

import pytest

from reticket.directory.drafts import ClientDraft


@pytest.fixture
def backend(directory):
    directory.clients.add(ClientDraft("backend", False, {}), "first")
    return directory


def test_a_secret_hash_is_read_once(backend):
    backend.catch_up_now()
    first = backend.client_credentials("backend")
    assert first.secret_hash == "first"
    assert backend.client_credentials("backend") is first


def test_a_secret_rotated_by_another_process_is_read_again(backend, other):
    assert backend.client_credentials("backend").secret_hash == "first"
    other.clients.rotate_secret("backend", "second")
    backend.catch_up_now()
    assert backend.client_credentials("backend").secret_hash == "second"


def test_a_client_disabled_or_deleted_by_another_process_has_no_secret(backend, other):
    assert not backend.client_credentials("backend").disabled
    other.clients.disable("backend")
    backend.catch_up_now()
    assert backend.client_credentials("backend").disabled
    other.clients.remove("backend")
    backend.catch_up_now()
    assert backend.client_credentials("backend") is None


def test_an_unknown_client_is_looked_up_every_time(backend, other):
    assert backend.client_credentials("late") is None
    other.clients.add(ClientDraft("late", False, {}), "hash")
    backend.catch_up_now()
    assert backend.client_credentials("late").secret_hash == "hash"


def test_a_public_client_has_no_secret(backend):
    backend.clients.add(ClientDraft("spa", False, {}), None)
    backend.catch_up_now()
    assert backend.client_credentials("spa") is None


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "x" * 10_000])
def test_nothing_is_cached_under_an_impossible_id(backend, name):
    assert backend.client_credentials(name) is None


@pytest.fixture
def unhurried(monkeypatch):
    """Hours pass between two readings of these directories' clock."""
    monkeypatch.setattr("reticket.directory.change_poller.RECENT", float("inf"))


@pytest.mark.usefixtures("unhurried")
def test_the_cache_has_clients_read_since_the_last_change(backend, other):
    backend.catch_up_now()
    assert backend.client_at_hand("backend") is None
    client = backend.client("backend")
    assert backend.client_at_hand("backend") == (client, None)
    credentials = backend.client_credentials("backend")
    assert backend.client_at_hand("backend") == (client, credentials)
    other.clients.disable("backend")
    backend.catch_up_now()
    assert backend.client_at_hand("backend") is None
    assert backend.client("backend").disabled


def test_a_cached_client_expires_after_hours(backend):
    backend.catch_up_now()
    assert backend.client("backend")
    assert backend.client_at_hand("backend") is None


@pytest.mark.usefixtures("unhurried")
def test_the_cache_is_empty_after_a_local_change(backend):
    backend.catch_up_now()
    backend.client("backend")
    backend.clients.rotate_secret("backend", "second")
    assert backend.client_at_hand("backend") is None


@pytest.mark.usefixtures("unhurried")
def test_a_cached_client_is_not_read(backend, monkeypatch):
    backend.catch_up_now()
    backend.client("backend")
    monkeypatch.setattr(type(backend.database), "read", None)
    monkeypatch.setattr(backend.database, "mark", None)
    assert backend.client_at_hand("backend")
    assert backend.client_at_hand("other") is None
