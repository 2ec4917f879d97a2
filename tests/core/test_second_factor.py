"""The second step of a sign-in: valid codes, and the limits of wrong ones."""

from collections import deque
from contextlib import suppress
from dataclasses import replace
from itertools import repeat

import pytest
from tests.core.test_sign_in import EVE, LIMITED, refusal_of, sign_in, with_a_factor
from tests.core.world import ADA, CALLER

from reticket.core.commands import FactorRule, OpenFactorSession, PutIfAbsent, SecondFactor
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.people import MOST_FAILURES
from reticket.core.storage.budget import Budget
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.stores.memory import MemoryEphemeral

NO_SESSION = (Code.NOT_FOUND, Cause.NO_SESSION)
WRONG_CODE = (Code.INVALID_CREDENTIALS, Cause.WRONG_FACTOR)
LOCKED = (Code.INVALID_CREDENTIALS, Cause.FACTOR_LOCKED)
RECOVERY = "40718-95226-11834-60357"


def session_of(harness, lifetime=300):
    return harness.second.open_session(OpenFactorSession("test", ADA, lifetime))


def code_of(harness):
    return f"totp{harness.clock() // 30_000}"


def second(harness, session_id, otp, caller=CALLER, resource="test", **more):
    return harness.second.authenticate(SecondFactor(resource, session_id, otp, **more), caller)


def test_too_many_wrong_passwords_block_codes_too(harness):
    session_id = session_of(harness)
    for _ in range(3):
        refusal_of(sign_in, harness, "wrong", caller=EVE)
    assert refusal_of(second, harness, session_id, code_of(harness), EVE) == LIMITED


def test_a_second_factor_ends_its_session(harness):
    session_id = session_of(harness)
    assert second(harness, session_id, code_of(harness)) == ADA
    harness.clock.forward(30)
    assert refusal_of(second, harness, session_id, code_of(harness)) == NO_SESSION


def test_a_factor_session_is_finished_at_the_dialect_that_opened_it(harness):
    """The person may be unknown to another dialect."""
    session_id = session_of(harness)
    assert refusal_of(second, harness, session_id, code_of(harness), CALLER, "other") == NO_SESSION
    assert second(harness, session_id, code_of(harness)) == ADA


def test_only_one_of_two_parallel_correct_codes_signs_in(harness, monkeypatch):
    """Check-then-consume: both have looked, one takes."""
    session_id, match = session_of(harness), harness.otp.match

    def meet(*arguments):
        harness.ephemeral.pop(f"factor:{session_id}")
        return match(*arguments)

    monkeypatch.setattr(harness.otp, "match", meet)
    assert refusal_of(second, harness, session_id, code_of(harness)) == NO_SESSION


def test_a_code_works_once_in_any_session(harness):
    first, other = session_of(harness), session_of(harness)
    assert first != other
    second(harness, first, code_of(harness))
    assert refusal_of(second, harness, other, code_of(harness)) == WRONG_CODE
    harness.clock.forward(30)
    assert second(harness, other, code_of(harness)) == ADA


def test_an_ended_or_unknown_factor_session_is_not_found(harness):
    session_id = session_of(harness, lifetime=10)
    harness.clock.forward(10)
    assert refusal_of(second, harness, session_id, code_of(harness)) == NO_SESSION
    assert refusal_of(second, harness, "ff" * 20, code_of(harness)) == NO_SESSION
    assert refusal_of(second, harness, "", code_of(harness)) == NO_SESSION


@pytest.mark.parametrize(
    "user", [None, replace(ADA, credential_version=2)], ids=["deleted", "password changed"]
)
def test_a_factor_session_ends_when_its_credentials_change(harness, user):
    session_id = session_of(harness)
    harness.people.users[ADA.id] = user
    assert refusal_of(second, harness, session_id, code_of(harness)) == NO_SESSION


def test_a_factor_session_ends_when_another_process_changes_the_user(harness):
    session_id = session_of(harness)
    harness.people.catch_up_now = harness.people.users.clear
    assert refusal_of(second, harness, session_id, code_of(harness)) == NO_SESSION


def test_a_user_disabled_meanwhile_is_told_so_after_the_correct_code(harness):
    session_id = session_of(harness)
    harness.people.users[ADA.id] = replace(ADA, disabled=True)
    assert refusal_of(second, harness, session_id, "wrong") == WRONG_CODE
    assert refusal_of(second, harness, session_id, code_of(harness))[0] is Code.SUBJECT_DISABLED


def test_a_user_without_a_second_factor_cannot_finish_with_a_code(harness):
    harness.factors.secrets.clear()
    assert refusal_of(second, harness, session_of(harness), "") == WRONG_CODE


def test_a_factor_session_allows_five_wrong_codes(harness):
    session_id = session_of(harness)
    callers = [CALLER._replace(address=f"192.0.2.{number}") for number in range(5)]
    for number, caller in enumerate(callers):
        if number % 2 == 0:
            harness.clock.forward(60)
        assert refusal_of(second, harness, session_id, "wrong", caller) == WRONG_CODE
    harness.clock.forward(60)
    assert refusal_of(second, harness, session_id, code_of(harness)) == NO_SESSION


def test_the_fifth_attempt_may_succeed(harness):
    session_id = session_of(harness)
    for _ in range(4):
        harness.clock.forward(60)
        assert refusal_of(second, harness, session_id, "wrong") == WRONG_CODE
    assert second(harness, session_id, code_of(harness)) == ADA


def test_wrong_codes_count_as_failed_sign_ins(harness):
    for _ in range(3):
        assert refusal_of(second, harness, session_of(harness), "wrong") == WRONG_CODE
    assert refusal_of(second, harness, session_of(harness), code_of(harness)) == LIMITED
    assert refusal_of(sign_in, harness, caller=EVE) == LIMITED
    assert harness.events[0].subject == ADA.id


def test_a_correct_password_does_not_reset_wrong_codes(harness):
    """A caller with the password must not guess codes without a limit."""
    with_a_factor(harness)
    for number in range(3):
        caller = CALLER._replace(address=f"192.0.2.{number}")
        assert sign_in(harness, caller=caller, factor=FactorRule.ASK)
        assert refusal_of(second, harness, session_of(harness), "wrong", caller) == WRONG_CODE
    assert refusal_of(second, harness, session_of(harness), code_of(harness), EVE) == LIMITED
    assert refusal_of(sign_in, harness, caller=EVE, factor=FactorRule.ASK) == LIMITED
    harness.clock.forward(60)
    assert sign_in(harness, caller=EVE, factor=FactorRule.ASK)


def test_a_correct_code_resets_wrong_codes(harness):
    for number in range(2):
        caller = CALLER._replace(address=f"192.0.2.{number}")
        session_id = session_of(harness)
        for _ in range(2):
            assert refusal_of(second, harness, session_id, "wrong", caller) == WRONG_CODE
        assert second(harness, session_id, code_of(harness), caller) == ADA
        harness.clock.forward(30)
    assert sign_in(harness) == ADA


def exhausted(harness, times=MOST_FAILURES):
    """That many wrong codes in a row, each in a time step of its own."""
    for _ in range(times):
        harness.clock.forward(60)
        with pytest.raises(Refusal):
            second(harness, session_of(harness), "wrong")


def names(harness):
    return [event.event for event in harness.events if event.event != "sign_in_failed"]


def test_a_hundred_wrong_codes_in_a_row_lock_the_factor_until_an_operator_acts(harness):
    exhausted(harness, MOST_FAILURES - 1)
    assert names(harness) == []
    exhausted(harness, 1)
    assert names(harness) == ["factor_locked"]
    harness.clock.forward(10**6)
    assert refusal_of(second, harness, session_of(harness), code_of(harness)) == LOCKED
    assert refusal_of(second, harness, session_of(harness), RECOVERY) == LOCKED
    assert names(harness) == ["factor_locked"]
    harness.factors.failures.clear()
    harness.clock.forward(60)
    assert second(harness, session_of(harness), code_of(harness)) == ADA


def test_a_correct_code_before_the_hundredth_wrong_one_resets_the_count(harness):
    for _ in range(2):
        exhausted(harness, MOST_FAILURES - 1)
        harness.clock.forward(60)
        assert second(harness, session_of(harness), code_of(harness)) == ADA
    assert names(harness) == []


def test_a_recovery_code_works_once_in_every_dialect_that_asks_for_a_code(harness):
    assert second(harness, session_of(harness), RECOVERY) == ADA
    (told,) = [event for event in harness.events if event.event == "recovery_code_used"]
    assert (told.subject, told.detail, told.address) == (ADA.id, {"left": 1}, CALLER.address)
    assert "40718" not in repr(harness.events)
    assert refusal_of(second, harness, session_of(harness), RECOVERY) == WRONG_CODE
    assert second(harness, session_of(harness), " 1111222233 3344445555 ") == ADA


STEPS = 8
"""As many as a second factor takes of the store, or more."""
VERBS = ("peek", "pop", "put_if_absent", "count", "count_each", "guess", "forget")


def a_page(user):
    return [PutIfAbsent("test:page", user.email, 60)]


class NotReplicated:
    """The same store, which fails from one of its verbs on, before or after it has done it."""

    def __init__(self, store, at, is_done):
        self._store, self._left, self._is_done = store, at, is_done

    def __getattr__(self, name):
        verb = getattr(self._store, name)

        def run(*arguments):
            self._left -= 1
            if self._left >= 0:
                return verb(*arguments)
            if self._left == -1 and self._is_done:
                verb(*arguments)
            raise Unavailable("away")

        return run if name in VERBS else verb


@pytest.mark.parametrize("is_done", [False, True], ids=["not done", "done, unanswered"])
@pytest.mark.parametrize("at", range(STEPS))
def test_a_store_that_fails_costs_no_recovery_code(harness, at, is_done):
    session_id, healthy = session_of(harness), harness.second._ephemeral
    failing_store = NotReplicated(healthy, at, is_done)
    harness.second._ephemeral = harness.attempts._ephemeral = failing_store
    answer = None
    with suppress(Unavailable):
        answer = second(harness, session_id, RECOVERY, keeps=a_page)
    harness.second._ephemeral = harness.attempts._ephemeral = healthy
    left = len(harness.factors.codes[ADA.id])
    assert (answer, left) in ((None, 2), (ADA, 1))
    assert answer is None or harness.ephemeral.peek("test:page") == ADA.email
    if answer is None:
        assert second(harness, session_of(harness), RECOVERY) == ADA


@pytest.mark.parametrize("verb", ["remember_network", "recognise", "catch_up_now"])
def test_a_directory_that_fails_before_it_costs_no_recovery_code(harness, monkeypatch, verb):
    def away(*arguments):
        raise Unavailable("away")

    session_id = session_of(harness)
    with monkeypatch.context() as bent:
        bent.setattr(harness.people, verb, away)
        with pytest.raises(Unavailable):
            second(harness, session_id, RECOVERY)
    assert second(harness, session_id, RECOVERY) == ADA


def test_only_one_of_two_parallel_uses_of_a_code_signs_in(harness, monkeypatch):
    """Check-then-consume: both have looked, one spends."""
    first, other = session_of(harness), session_of(harness)
    look, let_in = harness.factors.has_code, []

    def meet(*arguments):
        found = look(*arguments)
        monkeypatch.setattr(harness.factors, "has_code", look)
        let_in.append(second(harness, other, RECOVERY))
        return found

    monkeypatch.setattr(harness.factors, "has_code", meet)
    with pytest.raises(Refusal) as refused:
        second(harness, first, RECOVERY)
    assert (refused.value.code, refused.value.cause) == NO_SESSION
    assert let_in == [ADA]


def test_a_recovery_code_resets_the_count_of_wrong_codes(harness):
    exhausted(harness, MOST_FAILURES - 1)
    harness.clock.forward(60)
    second(harness, session_of(harness), RECOVERY)
    exhausted(harness, 1)
    assert names(harness) == ["recovery_code_used"]


def test_blanks_around_and_in_a_code_do_not_matter(harness):
    assert second(harness, session_of(harness), f" {code_of(harness)}\n") == ADA


def test_an_older_code_is_refused_after_a_newer_one(harness):
    older = code_of(harness)
    harness.clock.forward(30)
    second(harness, session_of(harness), code_of(harness))
    harness.clock.forward(-30)
    assert refusal_of(second, harness, session_of(harness), older) == WRONG_CODE


def test_entries_about_a_person_use_that_persons_share(harness):
    harness.second._ephemeral = BudgetedEphemeral(
        MemoryEphemeral(harness.clock), Budget(room=2**20)
    )
    large = [PutIfAbsent("test:page", "x" * 2**13, 60)]
    with pytest.raises(Unavailable, match="one account has used its share"):
        second(harness, session_of(harness), RECOVERY, keeps=lambda user: large)
    assert second(harness, session_of(harness), RECOVERY) == ADA


def test_factor_sessions_use_only_the_share_of_their_person(harness):
    with_a_factor(harness)
    harness.second._ephemeral = BudgetedEphemeral(
        MemoryEphemeral(harness.clock), Budget(room=2**20)
    )
    with pytest.raises(Unavailable):
        deque(
            harness.second.open_session(each)
            for each in repeat(OpenFactorSession("test", ADA, 600))
        )
    another = replace(ADA, id="another")
    assert harness.second.open_session(OpenFactorSession("test", another, 600))
