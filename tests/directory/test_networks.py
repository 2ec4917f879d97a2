"""The networks of earlier sign-ins, which are stored as digests."""

from __future__ import annotations

import os
import threading

import pytest

from reticket.core.errors import Unavailable
from reticket.core.realms import usual
from reticket.crypto.sealing import Sealer
from reticket.directory.drafts import UserDraft
from reticket.directory.people.networks import FRESH, KEPT, KnownNetworks

ADA, GRACE = "ada@example.com", "grace@example.com"
HOME, OFFICE = "192.0.2.1", "2001:db8::/64"


@pytest.fixture
def peopled(directory):
    for email in (ADA, GRACE):
        directory.users.add(UserDraft(email), "hash")
    directory.catch_up()
    return directory


def id_of(directory, email=ADA):
    return directory.user_by_email(email).id


def known(directory, *networks, email=ADA):
    asked = [(usual(email), network) for network in networks]
    return [each.known for each in directory.recognise(asked)]


def test_a_network_is_known_after_a_sign_in_from_it(peopled):
    assert known(peopled, HOME, OFFICE) == [False, False]
    peopled.remember_network(id_of(peopled), HOME, 5)
    assert known(peopled, HOME, OFFICE) == [True, False]
    assert known(peopled, HOME, email="ADA@Example.COM") == [True]


def test_a_network_of_one_person_is_not_known_for_another(peopled):
    peopled.remember_network(id_of(peopled), HOME, 5)
    assert known(peopled, HOME, email=GRACE) == [False]


def test_an_unknown_person_has_no_known_network(peopled):
    odd = ["", "nobody@example.com", "\0", "\ud800@example.com", "x" * 100_000, ADA]
    found = peopled.recognise([(usual(email), HOME) for email in odd])
    assert [(each.exists, each.known) for each in found] == [(False, False)] * 5 + [(True, False)]
    assert {len(each.account) for each in found} == {32}
    assert peopled.recognise([]) == []


def test_each_account_has_its_own_counter_key_that_changes_with_the_password(peopled):
    said = [(ADA, HOME), ("ADA@Example.COM", OFFICE), (GRACE, HOME), ("nobody@example.com", HOME)]
    asked = [(usual(email), network) for email, network in said]
    ada, again, grace, nobody = (each.account for each in peopled.recognise(asked))
    assert ada == again
    assert len({ada, grace, nobody}) == 3
    peopled.users.set_password(ADA, "another-hash")
    assert peopled.recognise(asked)[0].account != ada


def test_the_counter_key_of_an_account_cannot_be_computed_without_the_secret(peopled):
    """Otherwise a caller could find e-mails that share a counter, and detect accounts."""
    keys = [bytes([number]) * 32 for number in (1, 2)]
    sealers = [Sealer(lambda key=key: key, os.urandom) for key in keys]
    for email in (ADA, "nobody@example.com"):
        networks = [KnownNetworks(peopled.database, sealer) for sealer in sealers]
        assert len({each.recognise([(usual(email), HOME)])[0].account for each in networks}) == 2


def test_after_a_password_change_no_network_is_known(peopled):
    peopled.remember_network(id_of(peopled), HOME, 5)
    peopled.users.set_password(ADA, "another-hash")
    assert known(peopled, HOME) == [False]
    peopled.remember_network(id_of(peopled), HOME, 6)
    assert known(peopled, HOME) == [True]


def test_only_the_newest_networks_are_kept(peopled):
    names = [f"192.0.2.{number}" for number in range(KEPT + 5)]
    for at, name in enumerate(names):
        peopled.remember_network(id_of(peopled), name, at)
    peopled.remember_network(id_of(peopled, GRACE), HOME, 0)
    assert known(peopled, *names) == [False] * 5 + [True] * KEPT
    assert known(peopled, HOME, email=GRACE) == [True]


def test_a_network_in_use_stays_known(peopled):
    peopled.remember_network(id_of(peopled), HOME, 0)
    for at in range(1, KEPT + 5):
        peopled.remember_network(id_of(peopled), f"198.51.100.{at}", at * FRESH)
        peopled.remember_network(id_of(peopled), HOME, at * FRESH)
    assert known(peopled, HOME) == [True]


def test_a_second_sign_in_from_a_network_on_one_day_writes_nothing(peopled, holder, engine):
    peopled.remember_network(id_of(peopled), HOME, 5)
    holder.execute(engine.lock)
    peopled.remember_network(id_of(peopled), HOME, 5 + FRESH)


def test_a_failed_write_of_a_network_is_unavailable(peopled, holder, engine, monkeypatch):
    monkeypatch.setattr("reticket.directory.engines.sqlite.BUSY_MS", 1)
    monkeypatch.setattr("reticket.directory.engines.postgresql_server.PATIENCE", 0.05)
    holder.execute(engine.lock)
    with pytest.raises(Unavailable):
        peopled.remember_network(id_of(peopled), HOME, 5)


def test_the_network_of_a_person_deleted_meanwhile_is_not_stored(peopled):
    peopled.remember_network("nobody", HOME, 5)


def test_deleting_a_person_deletes_their_networks(peopled, holder):
    peopled.remember_network(id_of(peopled), HOME, 5)
    peopled.users.delete(ADA)
    rows = holder.execute("SELECT count(*) FROM known_networks").fetchone()
    assert rows[0] == 0


def test_two_parallel_first_sign_ins_from_one_network_succeed(peopled):
    user_id, start, failures = id_of(peopled), threading.Barrier(8), []

    def sign_in():
        start.wait()
        try:
            peopled.remember_network(user_id, HOME, 5)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=sign_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert known(peopled, HOME) == [True]


def test_the_table_contains_no_readable_address(peopled, holder):
    peopled.remember_network(id_of(peopled), HOME, 5)
    (row,) = holder.execute("SELECT user_id, digest FROM known_networks").fetchall()
    assert row[0] == id_of(peopled)
    assert len(row[1]) == 16
    assert HOME.encode() not in bytes(row[1])
