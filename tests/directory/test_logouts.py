"""The clients that are told when a session ends, on both engines."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from reticket.core.logouts import LEASE, LONGEST, MOST_OF_PERSON, LoggedIn
from reticket.core.model import Selection
from reticket.core.policy import SECOND
from reticket.directory.drafts import ClientDraft, UserDraft
from reticket.directory.tables import logouts

NOW = 1_790_000_000_000
LATER = NOW + 14 * 86_400_000
LOGIN, OTHER_LOGIN = "01" * 16, "02" * 16
FAMILY, OTHER_FAMILY = "0a" * 16, "0b" * 16
USER = "oauth.user"


@pytest.fixture
def ada(directory):
    return directory.users.add(UserDraft("ada@example.com"), "hash")


@pytest.fixture
def grace(directory):
    return directory.users.add(UserDraft("grace@example.com"), "hash")


@pytest.fixture
def outbox(directory, ada):
    for client_id in ("web", "shop"):
        directory.clients.add(ClientDraft(client_id, False, {}), None)
    return directory.logouts


def logged_in(subject, session=LOGIN, client="web", family=FAMILY, until=LATER):
    return LoggedIn(session, client, subject, USER, family, until)


def remembered(directory):
    """Session and client of all rows."""
    statement = select(logouts.c.session_id, logouts.c.client_id)
    with directory.database.read() as connection:
        return {tuple(row) for row in connection.execute(statement)}


def told(outbox, now=NOW):
    """Session and client of what is due, claimed for the moment."""
    return sorted((each.session, each.client) for each in outbox.claim(now, 100))


def test_nothing_is_due_before_the_end(outbox, ada):
    outbox.remember(logged_in(ada))
    assert outbox.claim(LATER, 100) == []


def test_the_end_of_a_family_is_that_of_its_client(outbox, ada):
    outbox.remember(logged_in(ada))
    outbox.remember(logged_in(ada, client="shop", family=OTHER_FAMILY))
    outbox.mark_families([bytes.fromhex(FAMILY)], NOW)
    (logout,) = outbox.claim(NOW, 100)
    assert logout == (LOGIN, "web", ada, FAMILY, NOW, 0)


def test_the_end_of_a_login_session_is_that_of_all_its_clients(outbox, ada):
    outbox.remember(logged_in(ada))
    outbox.remember(logged_in(ada, client="shop", family=OTHER_FAMILY))
    outbox.mark_families([bytes.fromhex(LOGIN)], NOW)
    assert told(outbox) == [(LOGIN, "shop"), (LOGIN, "web")]


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(bytes.fromhex(FAMILY)),
        Selection(bytes.fromhex(FAMILY), resource=USER, client="web"),
        Selection(bytes.fromhex(LOGIN), resource="oauth.login"),
        Selection(client="web"),
        Selection(resource=USER),
    ],
)
def test_a_selection_marks_what_it_covers(outbox, ada, selection):
    outbox.remember(logged_in(ada))
    outbox.mark(selection, NOW)
    assert told(outbox) == [(LOGIN, "web")]


def test_a_person_is_selected(outbox, ada, grace):
    outbox.remember(logged_in(ada))
    outbox.remember(logged_in(grace, OTHER_LOGIN, "shop", OTHER_FAMILY))
    outbox.mark(Selection(subject=grace), NOW)
    assert told(outbox) == [(OTHER_LOGIN, "shop")]


@pytest.mark.parametrize(
    "selection",
    [
        Selection(bytes.fromhex(OTHER_FAMILY)),
        Selection(bytes.fromhex(FAMILY), resource="oauth.login"),
        Selection(bytes.fromhex(FAMILY), client="shop"),
        Selection(bytes.fromhex(FAMILY), subject="somebody"),
        Selection(subject="\ud800"),
        Selection(client="shop"),
        Selection(resource="kibo.user"),
    ],
)
def test_a_selection_marks_nothing_else(outbox, ada, selection):
    outbox.remember(logged_in(ada))
    outbox.mark(selection, NOW)
    assert told(outbox) == []


def test_a_later_family_of_the_same_session_takes_its_place(outbox, directory, ada):
    outbox.remember(logged_in(ada))
    outbox.remember(logged_in(ada, family=OTHER_FAMILY))
    assert remembered(directory) == {(LOGIN, "web")}
    outbox.mark_families([bytes.fromhex(FAMILY)], NOW)
    assert told(outbox) == []
    outbox.mark_families([bytes.fromhex(OTHER_FAMILY)], NOW)
    assert told(outbox) == [(LOGIN, "web")]


def test_a_second_mark_changes_nothing(outbox, ada):
    outbox.remember(logged_in(ada))
    outbox.mark(Selection(), NOW)
    (logout,) = outbox.claim(NOW, 1)
    outbox.postpone(logout, NOW + 5000, 1)
    outbox.mark(Selection(), NOW + 1)
    assert told(outbox, NOW + 4999) == []
    (again,) = outbox.claim(NOW + 5000, 1)
    assert (again.ended_at, again.attempts) == (NOW, 1)


def test_a_sign_in_drops_the_log_out_that_was_not_sent(outbox, ada):
    outbox.remember(logged_in(ada))
    outbox.mark(Selection(), NOW)
    (logout,) = outbox.claim(NOW, 1)
    outbox.remember(logged_in(ada, family=OTHER_FAMILY))
    outbox.settle(logout)
    outbox.postpone(logout, NOW, 1)
    assert told(outbox, LATER) == []
    outbox.mark(Selection(), NOW)
    assert told(outbox) == [(LOGIN, "web")]


def test_what_is_settled_is_gone(outbox, directory, ada):
    outbox.remember(logged_in(ada))
    outbox.mark(Selection(), NOW)
    (logout,) = outbox.claim(NOW, 1)
    outbox.settle(logout)
    outbox.mark(Selection(), NOW)
    assert (told(outbox, LATER), remembered(directory)) == ([], set())


def test_what_goes_on_is_not_due_until_it_ends(outbox, ada):
    outbox.remember(logged_in(ada))
    outbox.mark(Selection(), NOW)
    (logout,) = outbox.claim(NOW, 1)
    outbox.postpone(logout, None, 0)
    assert told(outbox, LATER) == []
    outbox.mark(Selection(), NOW)
    assert told(outbox) == [(LOGIN, "web")]


def test_a_claim_ends_with_its_process(outbox, other, ada):
    outbox.remember(logged_in(ada))
    outbox.mark(Selection(), NOW)
    assert told(outbox) == [(LOGIN, "web")]
    assert told(other.logouts, NOW + LEASE - 1) == []
    assert told(other.logouts, NOW + LEASE) == [(LOGIN, "web")]


def test_a_client_is_told_one_thing_at_a_time(outbox, other, ada):
    outbox.remember(logged_in(ada))
    outbox.remember(logged_in(ada, OTHER_LOGIN, family=OTHER_FAMILY))
    outbox.mark(Selection(), NOW)
    (first,) = outbox.claim(NOW, 100)
    assert told(other.logouts) == []
    outbox.settle(first)
    assert len(told(other.logouts)) == 1


def test_a_client_that_waits_long_holds_up_no_other(outbox, ada):
    for number in range(20):
        outbox.remember(logged_in(ada, f"{number:032x}", family=f"{number:032x}"))
    outbox.mark(Selection(), NOW)
    outbox.remember(logged_in(ada, client="shop", family=OTHER_FAMILY))
    outbox.mark(Selection(client="shop"), NOW + 1)
    assert {client for _, client in told(outbox, NOW + 1)} == {"web", "shop"}


def test_as_many_are_claimed_as_are_wanted(outbox, ada):
    outbox.remember(logged_in(ada))
    outbox.remember(logged_in(ada, client="shop", family=OTHER_FAMILY))
    outbox.mark(Selection(), NOW)
    assert (len(outbox.claim(NOW, 1)), len(outbox.claim(NOW, 1)), outbox.claim(NOW, 1)) == (
        1, 1, [],
    )  # fmt: skip


def test_parallel_processes_claim_each_once(outbox, other, ada):
    for number in range(8):
        outbox.remember(
            logged_in(ada, f"{number:032x}", ("web", "shop")[number % 2], f"{number:032x}")
        )
    outbox.mark(Selection(), NOW)
    claimed, gate = [], threading.Barrier(2)

    def drain(kept):
        gate.wait()
        for _ in range(12):
            for each in kept.claim(NOW, 2):
                claimed.append((each.session, each.client))
                kept.settle(each)

    threads = [threading.Thread(target=drain, args=(kept,)) for kept in (outbox, other.logouts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while left := outbox.claim(NOW, 2):
        for each in left:
            claimed.append((each.session, each.client))
            outbox.settle(each)
    assert len(claimed) == len(set(claimed)) == 8


def test_a_removed_client_is_told_nothing(outbox, directory, ada):
    outbox.remember(logged_in(ada))
    outbox.mark(Selection(), NOW)
    directory.clients.remove("web")
    assert remembered(directory) == set()


def test_a_removed_person_is_still_signed_out(outbox, directory, ada):
    outbox.remember(logged_in(ada))
    directory.users.delete(ada)
    outbox.mark(Selection(subject=ada), NOW)
    assert told(outbox) == [(LOGIN, "web")]


def test_only_clients_and_people_that_exist_are_remembered(outbox, directory, ada):
    outbox.remember(logged_in(ada, client="https://elsewhere.example/client"))
    outbox.remember(logged_in("nobody"))
    assert remembered(directory) == set()


def test_so_many_are_remembered_of_a_person(outbox, directory, ada, grace):
    outbox.remember(logged_in(grace))
    for number in range(MOST_OF_PERSON + 2):
        name = f"{number + 256:032x}"
        outbox.remember(logged_in(ada, name, family=name, until=LATER + number))
    left = remembered(directory)
    assert len(left) == MOST_OF_PERSON + 1
    assert (LOGIN, "web") in left
    assert (f"{256:032x}", "web") not in left
    assert (f"{258:032x}", "web") in left


def test_what_waits_to_be_sent_is_not_dropped_for_a_sign_in(outbox, directory, ada):
    outbox.remember(logged_in(ada, until=NOW))
    outbox.mark(Selection(), NOW)
    for number in range(MOST_OF_PERSON + 1):
        name = f"{number + 256:032x}"
        outbox.remember(logged_in(ada, name, family=name, until=LATER))
    assert (LOGIN, "web") in remembered(directory)


def test_a_purge_removes_what_nobody_waits_for(outbox, directory, ada):
    outbox.remember(logged_in(ada, until=NOW))
    outbox.remember(logged_in(ada, client="shop", until=NOW + 1))
    assert outbox.expire(NOW + 1, 100) == 1
    assert remembered(directory) == {(LOGIN, "shop")}
    outbox.mark(Selection(), NOW)
    assert outbox.expire(NOW + 2, 100) == 0
    assert outbox.expire(NOW + 2 * LONGEST * SECOND + 1, 100) == 1


def test_what_is_not_marked_is_read_in_pages(outbox, ada):
    for session in (LOGIN, OTHER_LOGIN):
        for client in ("web", "shop"):
            outbox.remember(logged_in(ada, session, client))
    outbox.mark(Selection(bytes.fromhex(LOGIN), client="web"), NOW)
    first = outbox.unmarked(("", ""), 2)
    assert first == [(LOGIN, "shop", FAMILY), (OTHER_LOGIN, "shop", FAMILY)]
    assert outbox.unmarked(first[-1][:2], 2) == [(OTHER_LOGIN, "web", FAMILY)]
