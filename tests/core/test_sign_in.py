"""Sign-in: admission, the cost of a failure, and the limits of failures."""

from dataclasses import replace

import pytest
from tests.core.conftest import APP, NEW, PASSWORD, SECRET
from tests.core.world import ADA, CALLER

from reticket.core.access.attempts import Admission
from reticket.core.commands import (
    FactorRule,
    SecondFactor,
    SignIn,
    SignInApplication,
)
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.people import NO_PASSWORD, Credentials
from reticket.core.policy import DAY

EVE = CALLER._replace(address="198.51.100.9")
WRONG = (Code.INVALID_CREDENTIALS, Cause.WRONG_SECRET)
UNKNOWN = (Code.INVALID_CREDENTIALS, Cause.UNKNOWN_SUBJECT)
LIMITED = (Code.TOO_MANY_ATTEMPTS, Cause.LIMITED)
FACTOR_MISSING = (Code.INVALID_CREDENTIALS, Cause.FACTOR_MISSING)
FACTOR_REQUIRED = (Code.INVALID_CREDENTIALS, Cause.FACTOR_REQUIRED)


def admitted(settled):
    """The admission of an attempt; a reached limit is raised."""
    (found,) = settled
    if isinstance(found, Refusal):
        raise found
    return found


def sign_in(harness, password=PASSWORD, email=ADA.email, caller=CALLER, **more):
    command = SignIn("test", email, password, **more)
    admission = admitted(harness.authenticator.admissions([(command, caller)]))
    return harness.authenticator.authenticate(command, caller, admission)


def call(harness, secret=SECRET, application_id=APP.id, caller=CALLER):
    command = SignInApplication("test", application_id, secret)
    found = admitted(harness.programs.known_applications([(command, caller)]))
    if not isinstance(found, Admission):
        return found
    return harness.programs.authenticate_application(command, caller, found)


def refusal_of(attempt, harness, *arguments, **more):
    """The refusal, which must be in the audit log with its cause."""
    told = len(harness.events)
    with pytest.raises(Refusal) as refused:
        attempt(harness, *arguments, **more)
    assert [each.cause for each in harness.events[told:]] == [refused.value.cause]
    return refused.value.code, refused.value.cause


def test_the_right_password_signs_in_and_audits_nothing(harness):
    assert sign_in(harness) == sign_in(harness, email="ADA@Example.com") == ADA
    assert harness.events == []
    assert harness.people.catch_ups == 4


def test_an_unknown_user_is_answered_like_a_wrong_password_and_costs_a_hash(harness):
    assert refusal_of(sign_in, harness, "wrong") == WRONG
    assert refusal_of(sign_in, harness, email="nobody@example.com") == UNKNOWN
    assert harness.hasher.verified == [NEW + PASSWORD, harness.hasher.absent()]


def test_no_secret_matches_an_unknown_account(harness):
    nobody = {"email": "nobody@example.com"}
    assert refusal_of(sign_in, harness, "nobody knows", **nobody) == UNKNOWN
    assert refusal_of(call, harness, "nobody knows", "nobody.app") == UNKNOWN
    del harness.people.hashes[APP.id]
    assert refusal_of(call, harness, "nobody knows") == WRONG


def test_a_person_without_a_password_costs_a_hash_and_has_no_right_password(harness):
    harness.people.hashes[ADA.id] = NO_PASSWORD
    assert refusal_of(sign_in, harness, NO_PASSWORD) == WRONG
    assert harness.hasher.verified == [harness.hasher.absent()]


def test_a_user_unknown_to_the_dialect_is_refused_after_the_hash(harness):
    stranger = {"part": "a dialect"}
    unlike = Code.INVALID_CREDENTIALS, Cause.NO_ACCESS
    assert refusal_of(sign_in, harness, **stranger) == unlike
    assert refusal_of(sign_in, harness, "wrong", **stranger) == WRONG
    assert len(harness.hasher.verified) == 2


@pytest.mark.parametrize(
    ("change", "code", "cause"),
    [
        ({"disabled": True}, Code.SUBJECT_DISABLED, Cause.DISABLED),
        ({"active": False}, Code.SUBJECT_INACTIVE, Cause.INACTIVE),
        ({"disabled": True, "active": False}, Code.SUBJECT_DISABLED, Cause.DISABLED),
    ],
)
def test_a_disabled_account_is_reported_only_after_the_correct_password(
    harness, change, code, cause
):
    harness.people.users[ADA.id] = replace(ADA, **change)
    assert refusal_of(sign_in, harness, "wrong") == WRONG
    assert refusal_of(sign_in, harness) == (code, cause)
    assert [event.cause for event in harness.events] == [Cause.WRONG_SECRET, cause]


def with_a_factor(harness):
    careful = replace(ADA, second_factor=True)
    harness.people.users[ADA.id] = careful
    return careful


def test_a_person_with_a_second_factor_is_refused_by_a_dialect_that_cannot_ask(harness):
    """Also by a dialect that declares nothing about factors. Only a setting allows a sign-in by
    password alone.
    """
    careful = with_a_factor(harness)
    assert refusal_of(sign_in, harness, "wrong") == WRONG
    assert refusal_of(sign_in, harness) == FACTOR_REQUIRED
    assert harness.events[-1].subject == ADA.id
    for rule in (FactorRule.IGNORE, FactorRule.ASK):
        assert sign_in(harness, factor=rule) == careful


def test_a_person_whose_factor_is_missing_is_refused_by_every_dialect(harness):
    """Also by one that is set to ignore factors, and exactly like a wrong password."""
    harness.people.users[ADA.id] = replace(ADA, factor_missing=True)
    assert [refusal_of(sign_in, harness, factor=rule) for rule in FactorRule] == [
        FACTOR_MISSING
    ] * 3
    assert harness.events[-1].subject == ADA.id
    assert refusal_of(sign_in, harness, "wrong") == LIMITED


def test_a_password_alone_is_enough_for_a_person_without_a_second_factor(harness):
    assert [sign_in(harness, factor=rule) for rule in FactorRule] == [ADA] * 3


@pytest.mark.parametrize("spread", [False, True], ids=["one network", "many networks"])
@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
def test_limits_do_not_reveal_a_correct_password_without_its_factor(harness, known, spread):
    """A dialect that cannot ask answers both alike, and both shut the same limits after as many."""
    with_a_factor(harness)
    if known:
        harness.people.networks.add((ADA.id, CALLER.address))

    def answer(password, number):
        caller = CALLER._replace(address=f"198.51.{number}.1") if spread else CALLER
        with pytest.raises(Refusal) as refused:
            sign_in(harness, password, caller=caller)
        return refused.value.code, refused.value.retry_after

    wrong = [answer("wrong", number) for number in range(40)]
    harness.clock.forward(2 * DAY)
    assert [answer(PASSWORD, number) for number in range(40)] == wrong
    assert len(set(wrong)) == 2


def test_a_correct_password_without_its_factor_does_not_reset_failures(harness):
    with_a_factor(harness)
    for password in ("wrong", PASSWORD, "wrong"):
        refusal_of(sign_in, harness, password)
    assert refusal_of(sign_in, harness) == LIMITED
    harness.clock.forward(60)
    assert [refusal_of(sign_in, harness) for _ in range(3)] == [FACTOR_REQUIRED] * 3
    assert refusal_of(sign_in, harness, factor=FactorRule.ASK) == LIMITED


def test_a_failure_is_audited_with_its_cause_and_without_the_secret(harness):
    refusal_of(sign_in, harness, "wrong-password")
    refusal_of(sign_in, harness, email="someone@example.com")
    known, unknown = harness.events
    assert (known.event, known.subject, known.cause) == ("sign_in_failed", ADA.id, WRONG[1])
    assert (unknown.event, unknown.subject, unknown.cause) == ("sign_in_failed", None, UNKNOWN[1])
    assert (known.address, known.correlation_id) == (CALLER.address, CALLER.correlation_id)
    assert "wrong-password" not in repr(harness.events)
    assert "someone@" not in repr(harness.events)


def test_an_account_is_limited_however_it_is_spelled(harness):
    for email in (ADA.email, ADA.email.upper(), ADA.email.title()):
        assert refusal_of(sign_in, harness, "wrong", email) == WRONG
    assert refusal_of(sign_in, harness, PASSWORD) == LIMITED
    assert len(harness.hasher.verified) == 3
    assert harness.events[-1].cause is Cause.LIMITED


def test_an_unknown_account_has_the_same_limit(harness):
    for _ in range(3):
        assert refusal_of(sign_in, harness, email="nobody@example.com") == UNKNOWN
    assert refusal_of(sign_in, harness, email="nobody@example.com") == LIMITED
    assert sign_in(harness) == ADA


def test_an_address_is_limited_over_all_accounts(harness):
    for number in range(6):
        assert refusal_of(sign_in, harness, email=f"{number}@example.com") == UNKNOWN
    assert refusal_of(sign_in, harness) == LIMITED
    assert sign_in(harness, caller=EVE) == ADA


def test_a_limit_says_when_to_retry_and_ends_then(harness):
    for _ in range(3):
        refusal_of(sign_in, harness, "wrong")
    with pytest.raises(Refusal) as refused:
        sign_in(harness)
    assert refused.value.retry_after == 60
    harness.clock.forward(20.5)
    with pytest.raises(Refusal) as refused:
        sign_in(harness)
    assert refused.value.retry_after == 40
    harness.clock.forward(39.499)
    assert refusal_of(sign_in, harness) == LIMITED
    harness.clock.forward(0.001)
    assert sign_in(harness) == ADA


def test_successes_are_not_counted(harness):
    for _ in range(20):
        sign_in(harness)
        call(harness)
    assert refusal_of(sign_in, harness, "wrong") == WRONG


def test_a_success_resets_the_failures_of_the_account_and_not_of_the_address(harness):
    for number in range(3):
        others = [f"{number}-{each}@example.com" for each in range(2)]
        assert [refusal_of(sign_in, harness, "wrong", each) for each in others] == [UNKNOWN] * 2
        for _ in range(2 if number else 0):
            assert refusal_of(sign_in, harness, "wrong") == WRONG
        assert sign_in(harness) == ADA
    assert refusal_of(sign_in, harness, "wrong", "another@example.com") == LIMITED
    assert sign_in(harness) == ADA


def test_any_text_as_an_email_is_an_ordinary_failure(harness):
    for email in ("", "\0", "\ud800", "x" * 100_000):
        assert refusal_of(sign_in, harness, "wrong", email) == UNKNOWN


def test_a_hash_with_old_parameters_is_renewed_only_by_the_correct_password(harness):
    harness.people.hashes[ADA.id] = "old:" + PASSWORD
    refusal_of(sign_in, harness, "wrong")
    assert harness.people.hashes[ADA.id] == "old:" + PASSWORD
    sign_in(harness)
    assert harness.people.hashes[ADA.id] == NEW + PASSWORD


def test_a_hash_of_a_part_of_the_password_stays(harness):
    """What was typed behind that part may be wrong, and would be all that fits from then on."""
    harness.people.hashes[ADA.id] = "cut:" + PASSWORD
    assert sign_in(harness) == ADA
    assert harness.people.hashes[ADA.id] == "cut:" + PASSWORD


def test_a_secret_that_was_verified_costs_no_hash_again(harness):
    assert [call(harness) for _ in range(3)] == [APP] * 3
    assert len(harness.hasher.verified) == 1


def test_a_wrong_secret_costs_a_hash_each_time_and_is_not_remembered(harness):
    for _ in range(2):
        assert refusal_of(call, harness, "wrong") == WRONG
    assert refusal_of(call, harness, application_id="nobody.app") == UNKNOWN
    assert len(harness.hasher.verified) == 3
    assert harness.verified.known == set()


def test_a_changed_secret_ends_the_old_one_at_once(harness):
    call(harness)
    harness.people.hashes[APP.id] = NEW + "another"
    assert refusal_of(call, harness) == WRONG
    assert call(harness, "another") == APP


@pytest.mark.parametrize("gone", [None, replace(APP, disabled=True)])
def test_a_disabled_application_is_refused_even_with_a_verified_secret(harness, gone):
    call(harness)
    harness.people.applications[APP.id] = gone
    assert refusal_of(call, harness)[0] is Code.INVALID_CREDENTIALS


def known(harness, secret=SECRET, application_id=APP.id, caller=CALLER):
    command = SignInApplication("test", application_id, secret)
    (found,) = harness.programs.known_applications([(command, caller)])
    return None if isinstance(found, Admission | Refusal) else found


def test_an_application_is_known_only_by_a_verified_secret(harness):
    assert known(harness) is None
    call(harness)
    assert [known(harness), known(harness, "wrong"), known(harness, "")] == [APP, None, None]
    assert known(harness, application_id="nobody.app") is None
    assert len(harness.hasher.verified) == 1


@pytest.mark.parametrize("gone", [None, replace(APP, disabled=True)])
def test_a_disabled_application_is_not_known(harness, gone):
    call(harness)
    harness.people.applications[APP.id] = gone
    assert known(harness) is None


def test_an_application_whose_secret_was_removed_is_not_known(harness):
    call(harness)
    del harness.people.hashes[APP.id]
    assert known(harness) is None


def test_changes_of_other_processes_are_seen_before_an_application_is_admitted(harness):
    call(harness)
    harness.people.catch_up_now = lambda: harness.people.hashes.update({APP.id: NEW + "another"})
    assert known(harness) is None
    harness.people.hashes[APP.id] = NEW + SECRET
    assert refusal_of(call, harness) == WRONG


def test_an_application_disabled_by_another_process_during_the_hash_is_refused(
    harness, monkeypatch
):
    verify = harness.hasher.verify

    def meanwhile(*arguments):
        harness.people.catch_up_now = harness.people.applications.clear
        return verify(*arguments)

    monkeypatch.setattr(harness.hasher, "verify", meanwhile)
    assert refusal_of(call, harness) == UNKNOWN


def test_an_old_secret_does_not_sign_in_under_the_new_version(harness, monkeypatch):
    """The secret is rotated while the old one is hashed."""
    verify = harness.hasher.verify

    def meanwhile(*arguments):
        harness.people.applications[APP.id] = replace(APP, credential_version=7)
        harness.people.hashes[APP.id] = NEW + "another"
        return verify(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(harness.hasher, "verify", meanwhile)
        with pytest.raises(Unavailable):
            call(harness)
    assert refusal_of(call, harness) == WRONG
    assert call(harness, "another").credential_version == 7


def test_an_old_password_does_not_sign_in_under_the_new_version(harness, monkeypatch):
    """The password changes after its hash is read and before the record is read."""
    find = harness.people.user

    def meanwhile(user_id):
        harness.people.users[ADA.id] = replace(ADA, credential_version=2)
        harness.people.hashes[ADA.id] = NEW + "another"
        return find(user_id)

    with monkeypatch.context() as patch:
        patch.setattr(harness.people, "user", meanwhile)
        with pytest.raises(Unavailable):
            sign_in(harness)
    assert refusal_of(sign_in, harness) == WRONG
    assert sign_in(harness, "another").credential_version == 2


def test_an_address_with_too_many_failures_is_refused_on_every_path(harness):
    call(harness)
    for _ in range(6):
        refusal_of(call, harness, "wrong", caller=EVE)
    assert known(harness, caller=EVE) is None
    assert known(harness) == APP


def test_an_application_cannot_be_locked_out_from_another_network(harness):
    for _ in range(6):
        refusal_of(call, harness, "wrong", caller=EVE)
    assert refusal_of(call, harness, caller=EVE) == LIMITED
    assert call(harness) == APP


def test_a_command_shows_no_secret_in_its_repr():
    asked = [
        SignIn("test", ADA.email, "s3cret"), SignInApplication("test", APP.id, "s3cret"),
        SecondFactor("test", "s3cret", "s3cret"),
        Credentials(ADA.id, False, True, "s3cret", 1),
    ]  # fmt: skip
    assert "s3cret" not in repr(asked)
