"""Who spends whose budget of failures: people and programs, owners and strangers."""

import threading
from dataclasses import replace

import pytest
from tests.core.conftest import APP, NEW, PASSWORD
from tests.core.test_second_factor import WRONG_CODE, code_of, second, session_of
from tests.core.test_sign_in import (
    LIMITED,
    UNKNOWN,
    WRONG,
    call,
    known,
    refusal_of,
    sign_in,
    with_a_factor,
)
from tests.core.world import ADA, CALLER

from reticket.core.commands import FactorRule, SignIn
from reticket.core.errors import Refusal, Unavailable
from reticket.core.policy import DAY
from reticket.core.storage.budget import Budget, BudgetedEphemeral

HOME = CALLER
STRANGERS = 12
"""Failures of one account from all unknown networks, as `conftest` limits them."""


def stranger(number):
    return CALLER._replace(address=f"198.51.{number // 250}.{number % 250}")


def guess(hall, count, email=ADA.email):
    """Wrong passwords, each from another network; how they were refused."""
    return [refusal_of(sign_in, hall, "wrong", email, stranger(number)) for number in range(count)]


def test_failed_user_sign_ins_do_not_block_programs_at_the_same_address(hall):
    for number in range(6):
        refusal_of(sign_in, hall, email=f"{number}@example.com")
    assert refusal_of(sign_in, hall) == LIMITED
    assert call(hall) == APP


def test_failed_programs_do_not_block_users_at_the_same_address(hall):
    for _ in range(6):
        refusal_of(call, hall, "wrong")
    assert refusal_of(call, hall) == LIMITED
    assert sign_in(hall) == ADA


def test_failures_of_neighbours_do_not_block_a_verified_program(hall):
    assert call(hall) == APP
    for _ in range(6):
        refusal_of(call, hall, "wrong", "another.app")
    assert refusal_of(call, hall, "wrong", "another.app") == LIMITED
    assert [call(hall), known(hall)] == [APP, APP]


def test_a_program_verified_by_one_process_is_known_to_another(hall):
    assert call(hall) == APP
    for _ in range(6):
        refusal_of(call, hall, "wrong", "another.app")
    hall.programs = hall.another_process()
    assert call(hall) == APP
    hall.clock.forward(2 * DAY)
    hall.programs = hall.another_process()
    for _ in range(6):
        refusal_of(call, hall, "wrong", "another.app")
    assert refusal_of(call, hall) == LIMITED


def test_a_program_that_signs_in_daily_stays_known_to_every_process(hall):
    """Also one that no process has to verify anew, since its secret is remembered."""
    assert call(hall) == APP
    for _ in range(10):
        hall.clock.forward(1.5 * DAY)
        assert known(hall) == APP
    hall.clock.forward(1.5 * DAY)
    for _ in range(6):
        refusal_of(call, hall, "wrong", "another.app")
    hall.programs = hall.another_process()
    assert call(hall) == APP


def test_a_known_program_is_recorded_twice_a_day(hall, monkeypatch):
    written, once = [], hall.ephemeral.once

    def note(key, *rest):
        written.append(key)
        return once(key, *rest)

    monkeypatch.setattr(hall.ephemeral, "once", note)
    hall.clock.at -= hall.clock.at % (DAY * 1000)
    for _ in range(2):
        for _ in range(20):
            assert call(hall) == APP
            hall.clock.forward(DAY / 20)
    assert len(written) == 4


def test_a_recently_verified_secret_uses_no_budget(hall):
    for _ in range(20):
        assert call(hall) == APP
    assert [refusal_of(call, hall, "wrong") for _ in range(6)] == [WRONG] * 6


def test_guesses_of_a_remembered_secret_are_limited(hall):
    """A remembered secret answers without a hash, so it must not answer without a limit either."""
    assert call(hall) == APP
    for number in range(6):
        refusal_of(call, hall, f"guess {number}", caller=stranger(1))
    assert refusal_of(call, hall, caller=stranger(1)) == LIMITED
    for number in range(6):
        refusal_of(call, hall, f"guess {number}")
    assert refusal_of(call, hall) == LIMITED
    assert known(hall) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("192.0.2.9", "::ffff:192.0.2.9")],
)
def test_all_addresses_of_a_host_are_one_network(hall, first, second):
    first, second = CALLER._replace(address=first), CALLER._replace(address=second)
    for number in range(6):
        refusal_of(sign_in, hall, email=f"{number}@example.com", caller=first)
    assert refusal_of(sign_in, hall, caller=second) == LIMITED
    assert sign_in(hall, caller=CALLER._replace(address="2001:db8:1:3::1")) == ADA


def test_failures_of_neighbours_do_not_block_a_known_user(hall):
    assert sign_in(hall, caller=HOME) == ADA
    for number in range(6):
        refusal_of(sign_in, hall, email=f"{number}@example.com", caller=HOME)
    assert refusal_of(sign_in, hall, email="6@example.com", caller=HOME) == LIMITED
    assert sign_in(hall, caller=HOME) == ADA


def test_unknown_networks_cannot_lock_out_the_owner_on_a_known_network(hall):
    assert sign_in(hall, caller=HOME) == ADA
    assert guess(hall, STRANGERS) == [WRONG] * STRANGERS
    assert refusal_of(sign_in, hall, caller=stranger(99)) == LIMITED
    assert sign_in(hall, caller=HOME) == ADA


def test_unknown_networks_together_have_one_limited_budget_of_guesses(hall):
    assert guess(hall, STRANGERS) == [WRONG] * STRANGERS
    assert guess(hall, 50) == [LIMITED] * 50
    hall.clock.forward(599)
    assert guess(hall, 1) == [LIMITED]
    hall.clock.forward(1)
    assert guess(hall, 1) == [WRONG]


def test_one_network_uses_only_a_part_of_the_budget_of_unknown_networks(hall):
    for _ in range(3):
        assert refusal_of(sign_in, hall, "wrong", caller=stranger(1)) == WRONG
    assert refusal_of(sign_in, hall, "wrong", caller=stranger(1)) == LIMITED
    assert sign_in(hall, caller=stranger(2)) == ADA


def test_guesses_from_a_known_network_are_limited_too(hall):
    assert sign_in(hall, caller=HOME) == ADA
    for _ in range(4):
        assert [refusal_of(sign_in, hall, "wrong", caller=HOME) for _ in range(3)] == [WRONG] * 3
        assert refusal_of(sign_in, hall, caller=HOME) == LIMITED
        hall.clock.forward(60)
    assert refusal_of(sign_in, hall, caller=HOME) == LIMITED
    assert sign_in(hall, caller=stranger(1)) == ADA


def test_a_sign_in_from_a_known_network_resets_the_budget_of_unknown_networks(hall):
    """A person on a new network signs in at home first, and is then let in."""
    assert sign_in(hall, caller=HOME) == ADA
    guess(hall, STRANGERS)
    assert refusal_of(sign_in, hall, caller=stranger(99)) == LIMITED
    assert sign_in(hall, caller=HOME) == ADA
    hall.clock.forward(1)
    assert sign_in(hall, caller=stranger(99)) == ADA


def test_an_account_that_does_not_exist_is_answered_as_one_that_does(hall):
    known = guess(hall, STRANGERS + 5)
    unknown = guess(hall, STRANGERS + 5, "nobody@example.com")
    assert [code for code, _ in known] == [code for code, _ in unknown]
    waits = []
    for email in (ADA.email, "nobody@example.com"):
        with pytest.raises(Refusal) as refused:
            sign_in(hall, "wrong", email, stranger(200))
        waits.append(refused.value.retry_after)
    assert waits[0] == waits[1]


def test_accounts_never_share_a_counter_and_unknown_emails_share_a_fixed_number(hall, monkeypatch):
    """A stranger whose own account shared one could forgive and spend what is another's."""
    monkeypatch.setattr("reticket.core.access.failure_limits.NOBODYS_COUNTERS", 1)
    guess(hall, STRANGERS, "one@example.com")
    assert guess(hall, 1, "another@example.com") == [LIMITED]
    assert sign_in(hall, caller=stranger(99)) == ADA


def test_a_changed_password_has_a_new_budget(hall):
    guess(hall, STRANGERS)
    hall.people.users[ADA.id] = replace(ADA, credential_version=2)
    hall.people.hashes[ADA.id] = NEW + "another"
    assert sign_in(hall, "another", caller=stranger(99))


def test_a_network_is_known_after_the_second_factor_and_not_before(hall):
    with_a_factor(hall)
    assert sign_in(hall, factor=FactorRule.ASK)
    assert hall.people.networks == set()
    assert second(hall, session_of(hall), code_of(hall))
    assert hall.people.networks == {(ADA.id, CALLER.address)}


def test_wrong_codes_from_unknown_networks_do_not_lock_the_owner_out(hall):
    with_a_factor(hall)
    assert second(hall, session_of(hall), code_of(hall), HOME)
    for number in range(3):
        wrong = second, hall, session_of(hall), "wrong", stranger(number)
        assert refusal_of(*wrong) == WRONG_CODE
    hall.clock.forward(30)
    assert refusal_of(second, hall, session_of(hall), code_of(hall), stranger(9)) == LIMITED
    assert sign_in(hall, factor=FactorRule.ASK)
    assert second(hall, session_of(hall), code_of(hall), HOME)


def test_parallel_attempts_do_not_exceed_the_limit(hall, monkeypatch):
    """All of them passed the limits before the first was hashed."""
    command, verify = SignIn("test", "nobody@example.com", "wrong"), hall.hasher.verify
    admissions = hall.desk.admissions([(command, CALLER)] * 16)
    gate, refused, waits = threading.Barrier(3, timeout=60), [], set()
    monkeypatch.setattr(hall.hasher, "verify", lambda *said: (gate.wait(), verify(*said))[1])

    def attempt(admission):
        try:
            hall.desk.user(command, CALLER, admission)
        except Refusal as refusal:
            refused.append((refusal.code, refusal.cause))
            waits.add(refusal.retry_after)

    threads = [threading.Thread(target=attempt, args=(each,)) for each in admissions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hall.hasher.verified) == 3
    assert sorted(refused) == sorted([UNKNOWN] * 3 + [LIMITED] * 13)
    assert waits == {None, 60}


def crowded(hall):
    """Strangers have filled their pool and the pool of guesses."""
    full = BudgetedEphemeral(hall.ephemeral, Budget(room=0, reserve=0))
    hall.attempts._ephemeral = full


def test_a_known_account_on_a_known_network_signs_in_when_the_guess_pool_is_full(hall):
    assert sign_in(hall, caller=HOME) == ADA
    assert call(hall) == APP
    hall.clock.forward(2 * DAY)
    crowded(hall)
    assert [sign_in(hall, caller=HOME) for _ in range(3)] == [ADA] * 3
    assert call(hall) == APP
    assert [refusal_of(sign_in, hall, "wrong", caller=HOME) for _ in range(3)] == [WRONG] * 3
    assert refusal_of(sign_in, hall, "wrong", caller=HOME) == LIMITED


def test_a_guess_without_space_in_the_pool_is_unavailable_and_uses_no_budget(hall):
    crowded(hall)
    for email in (ADA.email, "nobody@example.com"):
        with pytest.raises(Unavailable):
            sign_in(hall, PASSWORD, email, stranger(1))
    assert hall.hasher.verified == []
    hall.attempts._ephemeral = hall.ephemeral
    assert guess(hall, STRANGERS) == [WRONG] * STRANGERS


def test_an_error_during_an_attempt_returns_its_budget(hall, monkeypatch):
    def broken(*_):
        raise Unavailable("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(hall.hasher, "verify", broken)
        for _ in range(20):
            with pytest.raises(Unavailable):
                sign_in(hall, PASSWORD)
    assert sign_in(hall) == ADA


def test_a_reached_limit_is_not_read_again_for_half_a_second(hall, monkeypatch):
    for number in range(6):
        refusal_of(sign_in, hall, email=f"{number}@example.com")
    refusal_of(sign_in, hall)
    looks, count_each = [], hall.ephemeral.count_each
    monkeypatch.setattr(
        hall.ephemeral, "count_each", lambda *said: (looks.append(said[0]), count_each(*said))[1]
    )
    assert [refusal_of(sign_in, hall) for _ in range(50)] == [LIMITED] * 50
    assert not any(looks)
    hall.clock.forward(0.5)
    assert refusal_of(sign_in, hall) == LIMITED
    assert any(looks)


def test_no_limit_is_remembered_beyond_its_end(hall):
    for number in range(6):
        refusal_of(sign_in, hall, email=f"{number}@example.com")
    hall.clock.forward(59.9)
    assert refusal_of(sign_in, hall) == LIMITED
    hall.clock.forward(0.1)
    assert sign_in(hall) == ADA
