"""Clients whose secret was verified before: one directory read for many, and no hash."""

from dataclasses import replace

import pytest

from reticket.core.access import programs
from reticket.core.access.attempts import Admission
from reticket.core.access.failure_limits import FailureLimits, program_of
from reticket.core.addresses import network_of
from reticket.core.commands import SignInClient
from reticket.core.errors import Code, Refusal
from reticket.core.model import Caller
from reticket.core.people import Client, Credentials

SECRET, NEW = "backend-secret", "new:"
BACKEND = Client("backend", False, False, {}, 0)
HERE, THERE = Caller("192.0.2.1", "0" * 32), Caller("192.0.2.2", "0" * 32)


@pytest.fixture
def authenticator(harness):
    people = harness.people
    people.clients = {"backend": BACKEND}
    people.hashes["backend"] = NEW + SECRET
    people.client = people.clients.get
    people.client_credentials = lambda name: (
        Credentials(name, False, True, people.hashes[name], 0) if name in people.clients else None
    )
    people.client_at_hand = lambda name: (
        (people.client(name), people.client_credentials(name)) if people.client(name) else None
    )
    harness.verified.remember = lambda *triple: harness.verified.known.add(triple)
    return harness.programs


def signing_in(secret=SECRET, client="backend", caller=HERE):
    return SignInClient("oauth.client", client, secret), caller


def known_of(authenticator, batch):
    """The clients that need no hash, and None for every other result."""
    return [
        each if isinstance(each, Client) else None for each in authenticator.known_clients(batch)
    ]


def sign_in(authenticator, *said, **more):
    command, caller = signing_in(*said, **more)
    (found,) = authenticator.known_clients([(command, caller)])
    if isinstance(found, Refusal):
        raise found
    return (
        authenticator.authenticate_client(command, caller, found)
        if isinstance(found, Admission)
        else found
    )


def test_no_client_is_known_at_first(authenticator):
    assert known_of(authenticator, [signing_in()]) == [None]


def test_a_verified_program_costs_no_second_hash(authenticator, harness):
    assert sign_in(authenticator) is BACKEND
    hashes = len(harness.hasher.verified)
    assert known_of(authenticator, [signing_in()] * 3) == [BACKEND] * 3
    assert len(harness.hasher.verified) == hashes


def test_unknown_clients_of_a_batch_are_verified_by_the_hash(authenticator):
    sign_in(authenticator)
    batch = [signing_in("wrong"), signing_in(client="nobody"), signing_in(), signing_in("")]
    assert known_of(authenticator, batch) == [None, None, BACKEND, None]


def test_a_batch_reads_the_directory_once(authenticator, harness):
    sign_in(authenticator)
    before = harness.people.catch_ups
    authenticator.known_clients([signing_in()] * 50)
    assert harness.people.catch_ups == before + 1


def test_a_changed_secret_ends_the_old_one_at_once(authenticator, harness):
    sign_in(authenticator)
    harness.people.hashes["backend"] = NEW + "another"
    assert known_of(authenticator, [signing_in()]) == [None]


@pytest.mark.parametrize("gone", [True, False])
def test_a_disabled_or_deleted_client_is_not_known(authenticator, harness, gone):
    sign_in(authenticator)
    harness.people.clients["backend"] = replace(BACKEND, disabled=True)
    if gone:
        harness.people.client = lambda name: None
    assert known_of(authenticator, [signing_in()]) == [None]


def test_changes_of_other_processes_are_seen_before_a_client_is_admitted(authenticator, harness):
    harness.people.catch_up_now = lambda: harness.people.hashes.update(backend=NEW + "another")
    with pytest.raises(Refusal) as refused:
        sign_in(authenticator)
    assert refused.value.code is Code.INVALID_CREDENTIALS


def test_a_client_disabled_by_another_process_during_the_hash_is_refused(
    authenticator, harness, monkeypatch
):
    verify = harness.hasher.verify

    def meanwhile(*arguments):
        harness.people.catch_up_now = harness.people.clients.clear
        return verify(*arguments)

    monkeypatch.setattr(harness.hasher, "verify", meanwhile)
    with pytest.raises(Refusal) as refused:
        sign_in(authenticator)
    assert refused.value.code is Code.INVALID_CREDENTIALS


def test_an_address_with_too_many_failures_is_refused_from_the_cache_too(authenticator):
    sign_in(authenticator)
    sign_in(authenticator, caller=THERE)
    for _ in range(6):
        with pytest.raises(Refusal):
            sign_in(authenticator, "wrong")
    assert known_of(authenticator, [signing_in(), signing_in(caller=THERE)]) == [None, BACKEND]
    with pytest.raises(Refusal) as refused:
        sign_in(authenticator)
    assert refused.value.code is Code.TOO_MANY_ATTEMPTS


def test_a_client_that_was_verified_elsewhere_is_checked_here_without_a_hash(
    authenticator, harness
):
    sign_in(authenticator)
    assert known_of(authenticator, [signing_in(caller=THERE)]) == [None]
    assert sign_in(authenticator, caller=THERE) is BACKEND
    assert known_of(authenticator, [signing_in(caller=THERE)]) == [BACKEND]
    assert len(harness.hasher.verified) == 1


def spend_the_budget(harness):
    """Another process counts failures of the client where it is known."""
    program = program_of("SignInClient", "backend")
    (guard,) = FailureLimits().of_program(program, network_of(HERE.address), known=True)
    harness.ephemeral.count_each({guard.key: 60}, 6)


def at_hand(authenticator, *said, **more):
    return authenticator.client_at_hand(*signing_in(*said, **more))


def test_a_recently_known_client_is_in_the_cache(authenticator, harness):
    sign_in(authenticator)
    assert at_hand(authenticator) is None
    authenticator.known_clients([signing_in()])
    looks = harness.people.catch_ups
    assert at_hand(authenticator) is BACKEND
    assert [
        at_hand(authenticator, "wrong"),
        at_hand(authenticator, client="nobody"),
        at_hand(authenticator, ""),
    ] == [None] * 3
    assert harness.people.catch_ups == looks


def test_a_client_at_hand_needs_no_digest_and_an_invented_one_is_not_kept(
    authenticator, monkeypatch
):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    assert at_hand(authenticator) is BACKEND
    kept = programs._place_of_client.cache_info().currsize
    monkeypatch.setattr(programs, "program_of", None)
    assert at_hand(authenticator) is BACKEND
    assert at_hand(authenticator, client="invented") is None
    assert programs._place_of_client.cache_info().currsize == kept


def test_the_cache_is_not_used_for_an_address_without_a_recent_check(authenticator, harness):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    assert at_hand(authenticator, caller=THERE) is None
    sign_in(authenticator, caller=THERE)
    assert at_hand(authenticator, caller=THERE) is None
    harness.clock.at += 501
    assert at_hand(authenticator) is None


def test_the_cache_is_not_used_after_a_failure(authenticator):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    with pytest.raises(Refusal):
        sign_in(authenticator, "wrong")
    assert at_hand(authenticator) is None


def test_the_cache_is_not_used_after_failures_at_another_process(authenticator, harness):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    spend_the_budget(harness)
    assert known_of(authenticator, [signing_in()]) == [None]
    assert at_hand(authenticator) is None


def test_the_cache_is_not_used_after_a_refusal(authenticator, harness):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    spend_the_budget(harness)
    with pytest.raises(Refusal):
        sign_in(authenticator)
    assert at_hand(authenticator) is None


def test_a_failure_during_the_lookup_of_an_address_is_counted(authenticator, harness, monkeypatch):
    sign_in(authenticator)
    count_each = harness.ephemeral.count_each

    def slow(windows, add=1):
        found = count_each(windows, add)
        monkeypatch.setattr(harness.ephemeral, "count_each", count_each)
        with pytest.raises(Refusal):
            sign_in(authenticator, "wrong")
        return found

    monkeypatch.setattr(harness.ephemeral, "count_each", slow)
    assert known_of(authenticator, [signing_in()]) == [BACKEND]
    assert at_hand(authenticator) is None


def test_a_clock_that_goes_back_extends_no_cached_state(authenticator, harness):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    harness.clock.forward(-3600)
    assert at_hand(authenticator) is None


def test_old_addresses_are_removed(authenticator, harness):
    for number in range(50):
        caller = Caller(f"192.0.2.{number}", "0" * 32)
        sign_in(authenticator, caller=caller)
        authenticator.known_clients([signing_in(caller=caller)])
        harness.clock.forward(0.1)
    assert len(harness.attempts._free) < 20


def test_a_cached_address_expires_with_its_check(authenticator, harness):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    harness.clock.forward(0.2)
    sign_in(authenticator, caller=THERE)
    authenticator.known_clients([signing_in(caller=THERE)])
    assert at_hand(authenticator) is BACKEND


def test_a_disabled_client_is_not_cached(authenticator, harness):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    harness.people.clients["backend"] = replace(BACKEND, disabled=True)
    assert at_hand(authenticator) is None


def test_a_client_that_the_directory_has_not_cached_is_not_used(authenticator, harness):
    sign_in(authenticator)
    authenticator.known_clients([signing_in()])
    harness.people.client_at_hand = lambda name: (BACKEND, None)
    assert at_hand(authenticator) is None
    harness.people.client_at_hand = lambda name: None
    assert at_hand(authenticator) is None


def reading(decoded, undecoded):
    return SignInClient("oauth.client", "backend", decoded, undecoded), HERE


@pytest.mark.parametrize(
    ("secrets", "right"),
    [((SECRET, "other"), True), (("other", SECRET), True), (("other", "another"), False)],
)
def test_both_readings_of_a_secret_are_hashed_and_count_once(
    authenticator, harness, secrets, right
):
    """Whichever is right, the time is the same."""
    command, caller = reading(*secrets)
    (admission,) = authenticator.known_clients([(command, caller)])
    for _ in range(1 if right else 2):
        before = len(harness.hasher.verified)
        if right:
            assert authenticator.authenticate_client(command, caller, admission) is BACKEND
        else:
            with pytest.raises(Refusal):
                authenticator.authenticate_client(command, caller, admission)
        assert len(harness.hasher.verified) == before + 2
    wrong = [event for event in harness.events if event.cause == "wrong_secret"]
    assert len(wrong) == (0 if right else 2)


def test_two_wrong_readings_reach_the_limit_like_one_secret(authenticator):
    """Three failures of a stranger are allowed, with one reading or with two."""

    def failures(batch):
        count = 0
        while isinstance(found := authenticator.known_clients([batch])[0], Admission):
            with pytest.raises(Refusal):
                authenticator.authenticate_client(*batch, found)
            count += 1
        return count

    two, one = reading("x", "y"), (reading("x", None)[0], THERE)
    assert failures(two) == failures(one) > 1


@pytest.mark.parametrize("secrets", [(SECRET, "other"), ("other", SECRET)])
def test_a_verified_reading_costs_no_hash_beside_another(authenticator, harness, secrets):
    sign_in(authenticator)
    before = len(harness.hasher.verified)
    assert known_of(authenticator, [reading(*secrets)]) == [BACKEND]
    assert authenticator.client_at_hand(*reading(*secrets)) is BACKEND
    elsewhere = reading(*secrets)[0], THERE
    (admission,) = authenticator.known_clients([elsewhere])
    assert authenticator.authenticate_client(*elsewhere, admission) is BACKEND
    assert len(harness.hasher.verified) == before
