"""Budgets of failed sign-ins: of people and programs, on known and unknown networks."""

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
from reticket.core.storage.budget import Budget
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral

HOME = CALLER
STRANGERS = 12
"""Failures of one account from all unknown networks, as `conftest` limits them."""


def stranger(number):
    return CALLER._replace(address=f"198.51.{number // 250}.{number % 250}")


def guess(harness, count, email=ADA.email):
    """Wrong passwords, each from another network; how they were refused."""
    return [
        refusal_of(sign_in, harness, "wrong", email, stranger(number)) for number in range(count)
    ]


def test_failed_user_sign_ins_do_not_block_programs_at_the_same_address(harness):
    for number in range(6):
        refusal_of(sign_in, harness, email=f"{number}@example.com")
    assert refusal_of(sign_in, harness) == LIMITED
    assert call(harness) == APP


def test_failed_programs_do_not_block_users_at_the_same_address(harness):
    for _ in range(6):
        refusal_of(call, harness, "wrong")
    assert refusal_of(call, harness) == LIMITED
    assert sign_in(harness) == ADA


def test_failures_of_neighbours_do_not_block_a_verified_program(harness):
    assert call(harness) == APP
    for _ in range(6):
        refusal_of(call, harness, "wrong", "another.app")
    assert refusal_of(call, harness, "wrong", "another.app") == LIMITED
    assert [call(harness), known(harness)] == [APP, APP]


def test_a_program_verified_by_one_process_is_known_to_another(harness):
    assert call(harness) == APP
    for _ in range(6):
        refusal_of(call, harness, "wrong", "another.app")
    harness.programs = harness.another_process()
    assert call(harness) == APP
    harness.clock.forward(2 * DAY)
    harness.programs = harness.another_process()
    for _ in range(6):
        refusal_of(call, harness, "wrong", "another.app")
    assert refusal_of(call, harness) == LIMITED


def test_a_program_that_signs_in_daily_stays_known_to_every_process(harness):
    """Also one that no process has to verify anew, since its secret is remembered."""
    assert call(harness) == APP
    for _ in range(10):
        harness.clock.forward(1.5 * DAY)
        assert known(harness) == APP
    harness.clock.forward(1.5 * DAY)
    for _ in range(6):
        refusal_of(call, harness, "wrong", "another.app")
    harness.programs = harness.another_process()
    assert call(harness) == APP


def test_a_known_program_is_recorded_twice_a_day(harness, monkeypatch):
    written, once = [], harness.ephemeral.put_if_absent

    def note(key, *rest):
        written.append(key)
        return once(key, *rest)

    monkeypatch.setattr(harness.ephemeral, "put_if_absent", note)
    harness.clock.at -= harness.clock.at % (DAY * 1000)
    for _ in range(2):
        for _ in range(20):
            assert call(harness) == APP
            harness.clock.forward(DAY / 20)
    assert len(written) == 4


def test_a_recently_verified_secret_uses_no_budget(harness):
    for _ in range(20):
        assert call(harness) == APP
    assert [refusal_of(call, harness, "wrong") for _ in range(6)] == [WRONG] * 6


def test_guesses_of_a_remembered_secret_are_limited(harness):
    """A remembered secret answers without a hash, so it must not answer without a limit either."""
    assert call(harness) == APP
    for number in range(6):
        refusal_of(call, harness, f"guess {number}", caller=stranger(1))
    assert refusal_of(call, harness, caller=stranger(1)) == LIMITED
    for number in range(6):
        refusal_of(call, harness, f"guess {number}")
    assert refusal_of(call, harness) == LIMITED
    assert known(harness) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("192.0.2.9", "::ffff:192.0.2.9")],
)
def test_all_addresses_of_a_host_are_one_network(harness, first, second):
    first, second = CALLER._replace(address=first), CALLER._replace(address=second)
    for number in range(6):
        refusal_of(sign_in, harness, email=f"{number}@example.com", caller=first)
    assert refusal_of(sign_in, harness, caller=second) == LIMITED
    assert sign_in(harness, caller=CALLER._replace(address="2001:db8:1:3::1")) == ADA


def test_failures_of_neighbours_do_not_block_a_known_user(harness):
    assert sign_in(harness, caller=HOME) == ADA
    for number in range(6):
        refusal_of(sign_in, harness, email=f"{number}@example.com", caller=HOME)
    assert refusal_of(sign_in, harness, email="6@example.com", caller=HOME) == LIMITED
    assert sign_in(harness, caller=HOME) == ADA


def test_unknown_networks_cannot_lock_out_the_owner_on_a_known_network(harness):
    assert sign_in(harness, caller=HOME) == ADA
    assert guess(harness, STRANGERS) == [WRONG] * STRANGERS
    assert refusal_of(sign_in, harness, caller=stranger(99)) == LIMITED
    assert sign_in(harness, caller=HOME) == ADA


def test_unknown_networks_together_have_one_limited_budget_of_guesses(harness):
    assert guess(harness, STRANGERS) == [WRONG] * STRANGERS
    assert guess(harness, 50) == [LIMITED] * 50
    harness.clock.forward(599)
    assert guess(harness, 1) == [LIMITED]
    harness.clock.forward(1)
    assert guess(harness, 1) == [WRONG]


def test_one_network_uses_only_a_part_of_the_budget_of_unknown_networks(harness):
    for _ in range(3):
        assert refusal_of(sign_in, harness, "wrong", caller=stranger(1)) == WRONG
    assert refusal_of(sign_in, harness, "wrong", caller=stranger(1)) == LIMITED
    assert sign_in(harness, caller=stranger(2)) == ADA


def test_guesses_from_a_known_network_are_limited_too(harness):
    assert sign_in(harness, caller=HOME) == ADA
    for _ in range(4):
        assert [refusal_of(sign_in, harness, "wrong", caller=HOME) for _ in range(3)] == [WRONG] * 3
        assert refusal_of(sign_in, harness, caller=HOME) == LIMITED
        harness.clock.forward(60)
    assert refusal_of(sign_in, harness, caller=HOME) == LIMITED
    assert sign_in(harness, caller=stranger(1)) == ADA


def test_a_sign_in_from_a_known_network_resets_the_budget_of_unknown_networks(harness):
    """A person on a new network signs in at home first, and can then sign in on the new network."""
    assert sign_in(harness, caller=HOME) == ADA
    guess(harness, STRANGERS)
    assert refusal_of(sign_in, harness, caller=stranger(99)) == LIMITED
    assert sign_in(harness, caller=HOME) == ADA
    harness.clock.forward(1)
    assert sign_in(harness, caller=stranger(99)) == ADA


def test_an_account_that_does_not_exist_is_answered_as_one_that_does(harness):
    known = guess(harness, STRANGERS + 5)
    unknown = guess(harness, STRANGERS + 5, "nobody@example.com")
    assert [code for code, _ in known] == [code for code, _ in unknown]
    waits = []
    for email in (ADA.email, "nobody@example.com"):
        with pytest.raises(Refusal) as refused:
            sign_in(harness, "wrong", email, stranger(200))
        waits.append(refused.value.retry_after)
    assert waits[0] == waits[1]


def test_accounts_never_share_a_counter_and_unknown_emails_share_a_fixed_number(
    harness, monkeypatch
):
    """A stranger with an account that shares a counter could reset or use up the counter of another
    account.
    """
    monkeypatch.setattr("reticket.core.access.failure_limits.NOBODYS_COUNTERS", 1)
    guess(harness, STRANGERS, "one@example.com")
    assert guess(harness, 1, "another@example.com") == [LIMITED]
    assert sign_in(harness, caller=stranger(99)) == ADA


def test_a_changed_password_has_a_new_budget(harness):
    guess(harness, STRANGERS)
    harness.people.users[ADA.id] = replace(ADA, credential_version=2)
    harness.people.hashes[ADA.id] = NEW + "another"
    assert sign_in(harness, "another", caller=stranger(99))


def test_a_network_is_known_after_the_second_factor_and_not_before(harness):
    with_a_factor(harness)
    assert sign_in(harness, factor=FactorRule.ASK)
    assert harness.people.networks == set()
    assert second(harness, session_of(harness), code_of(harness))
    assert harness.people.networks == {(ADA.id, CALLER.address)}


def test_wrong_codes_from_unknown_networks_do_not_lock_the_owner_out(harness):
    with_a_factor(harness)
    assert second(harness, session_of(harness), code_of(harness), HOME)
    for number in range(3):
        wrong = second, harness, session_of(harness), "wrong", stranger(number)
        assert refusal_of(*wrong) == WRONG_CODE
    harness.clock.forward(30)
    assert (
        refusal_of(second, harness, session_of(harness), code_of(harness), stranger(9)) == LIMITED
    )
    assert sign_in(harness, factor=FactorRule.ASK)
    assert second(harness, session_of(harness), code_of(harness), HOME)


def test_parallel_attempts_do_not_exceed_the_limit(harness, monkeypatch):
    """All attempts passed the limits before the first hash."""
    command, verify = SignIn("test", "nobody@example.com", "wrong"), harness.hasher.verify
    admissions = harness.authenticator.admissions([(command, CALLER)] * 16)
    gate, refused, waits = threading.Barrier(3, timeout=60), [], set()
    monkeypatch.setattr(harness.hasher, "verify", lambda *said: (gate.wait(), verify(*said))[1])

    def attempt(admission):
        try:
            harness.authenticator.authenticate(command, CALLER, admission)
        except Refusal as refusal:
            refused.append((refusal.code, refusal.cause))
            waits.add(refusal.retry_after)

    threads = [threading.Thread(target=attempt, args=(each,)) for each in admissions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(harness.hasher.verified) == 3
    assert sorted(refused) == sorted([UNKNOWN] * 3 + [LIMITED] * 13)
    assert waits == {None, 60}


def crowded(harness):
    """Strangers have filled their pool and the pool of guesses."""
    full = BudgetedEphemeral(harness.ephemeral, Budget(room=0, reserve=0))
    harness.attempts._ephemeral = full


def test_a_known_account_on_a_known_network_signs_in_when_the_guess_pool_is_full(harness):
    assert sign_in(harness, caller=HOME) == ADA
    assert call(harness) == APP
    harness.clock.forward(2 * DAY)
    crowded(harness)
    assert [sign_in(harness, caller=HOME) for _ in range(3)] == [ADA] * 3
    assert call(harness) == APP
    assert [refusal_of(sign_in, harness, "wrong", caller=HOME) for _ in range(3)] == [WRONG] * 3
    assert refusal_of(sign_in, harness, "wrong", caller=HOME) == LIMITED


def test_a_guess_without_space_in_the_pool_is_unavailable_and_uses_no_budget(harness):
    crowded(harness)
    for email in (ADA.email, "nobody@example.com"):
        with pytest.raises(Unavailable):
            sign_in(harness, PASSWORD, email, stranger(1))
    assert harness.hasher.verified == []
    harness.attempts._ephemeral = harness.ephemeral
    assert guess(harness, STRANGERS) == [WRONG] * STRANGERS


def test_an_error_during_an_attempt_returns_its_budget(harness, monkeypatch):
    def broken(*_):
        raise Unavailable("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(harness.hasher, "verify", broken)
        for _ in range(20):
            with pytest.raises(Unavailable):
                sign_in(harness, PASSWORD)
    assert sign_in(harness) == ADA


def test_a_reached_limit_is_not_read_again_for_half_a_second(harness, monkeypatch):
    for number in range(6):
        refusal_of(sign_in, harness, email=f"{number}@example.com")
    refusal_of(sign_in, harness)
    looks, count_each = [], harness.ephemeral.count_each
    monkeypatch.setattr(
        harness.ephemeral, "count_each", lambda *said: (looks.append(said[0]), count_each(*said))[1]
    )
    assert [refusal_of(sign_in, harness) for _ in range(50)] == [LIMITED] * 50
    assert not any(looks)
    harness.clock.forward(0.5)
    assert refusal_of(sign_in, harness) == LIMITED
    assert any(looks)


def test_no_limit_is_remembered_beyond_its_end(harness):
    for number in range(6):
        refusal_of(sign_in, harness, email=f"{number}@example.com")
    harness.clock.forward(59.9)
    assert refusal_of(sign_in, harness) == LIMITED
    harness.clock.forward(0.1)
    assert sign_in(harness) == ADA
