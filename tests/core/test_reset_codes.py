"""Codes for a forgotten password: for one person, once, for half an hour."""

from dataclasses import replace

import pytest
from tests.core.conftest import NEW
from tests.core.test_sign_in import EVE, LIMITED, refusal_of, sign_in
from tests.core.world import ADA, CALLER

from reticket.core.access.password_changes import PasswordResets
from reticket.core.access.reset_codes import CODES, HOUR, ResetCodes
from reticket.core.commands import RedeemResetCode
from reticket.core.commands.passwords import RESET_LIFETIME
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.realms import SignInName, usual
from reticket.core.storage.budget import Budget, Pool
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral

HERS = usual(ADA.email)
WRONG_CODE = (Code.INVALID_CREDENTIALS, Cause.WRONG_CODE)


@pytest.fixture
def codes(harness):
    numbers = iter(range(1, 1000))
    return ResetCodes(
        harness.people, harness.ephemeral, lambda size: next(numbers).to_bytes(size, "big")
    )


@pytest.fixture
def redeem(harness, codes):
    resets = PasswordResets(harness.people, harness.authenticator, codes, harness.hasher)

    def redeem(code, name=HERS, caller=CALLER, password="another password"):
        command = RedeemResetCode("test", name, code, password)
        return resets.redeem(resets.owner(command, caller), command.password)

    return redeem


def refused(harness, redeem, *arguments, **more):
    return refusal_of(lambda _, *said, **rest: redeem(*said, **rest), harness, *arguments, **more)


def issue(codes, name=HERS, caller=CALLER):
    made = codes.issue(name, caller)
    return made and made.code


def test_a_code_sets_a_new_password_once(harness, codes, redeem):
    code = issue(codes)
    assert redeem(code).id == ADA.id
    assert harness.people.hashes[ADA.id] == NEW + "another password"
    assert refused(harness, redeem, code) == WRONG_CODE


def test_a_code_settles_that_a_factor_is_missing(harness, codes, redeem):
    harness.people.users[ADA.id] = replace(ADA, factor_missing=True)
    code = issue(codes)
    assert refused(harness, redeem, "wrong") == WRONG_CODE
    assert harness.people.users[ADA.id].factor_missing
    redeem(code)
    assert not harness.people.users[ADA.id].factor_missing
    assert sign_in(harness, "another password").id == ADA.id


def test_a_code_looks_like_others_and_is_in_no_repr(codes):
    made = codes.issue(HERS, CALLER)
    assert len(made.code) == 32
    assert made.code not in repr(made)


def test_only_a_digest_of_a_code_is_stored(harness, codes):
    code = issue(codes)
    assert code not in repr(vars(harness.ephemeral.peek.__self__))


def test_a_code_ends_after_half_an_hour(harness, codes, redeem):
    code = issue(codes)
    harness.clock.forward(RESET_LIFETIME - 1)
    later = issue(codes)
    assert redeem(later).id == ADA.id
    harness.people.users[ADA.id] = ADA
    code = issue(codes)
    harness.clock.forward(RESET_LIFETIME)
    assert refused(harness, redeem, code) == WRONG_CODE


def test_a_newer_code_replaces_an_older_one(harness, codes, redeem):
    older, newer = issue(codes), issue(codes)
    assert refused(harness, redeem, older) == WRONG_CODE
    assert redeem(newer).id == ADA.id


def test_a_new_password_or_e_mail_ends_a_code(harness, codes, redeem):
    code = issue(codes)
    harness.people.users[ADA.id] = replace(ADA, credential_version=2)
    assert refused(harness, redeem, code) == WRONG_CODE


def test_no_name_of_the_person_becomes_the_password_and_the_code_stays_good(harness, codes, redeem):
    harness.people.users[ADA.id] = replace(ADA, user_name="countess")
    code = issue(codes)
    for name in (ADA.email.upper(), "Countess"):
        with pytest.raises(Refusal) as raised:
            redeem(code, password=name)
        assert (raised.value.code, raised.value.parameter) == (Code.INVALID_PARAMETER, "password")
    assert refused(harness, redeem, "wrong", password=ADA.email) == WRONG_CODE
    assert redeem(code).id == ADA.id


def test_a_code_is_for_one_person_in_one_realm(harness, codes, redeem):
    other = replace(ADA, id="b" * 32, realm="acme.guest")
    harness.people.users[other.id] = other
    code = issue(codes, SignInName("acme.guest", ADA.email))
    assert refused(harness, redeem, code) == WRONG_CODE
    assert refused(harness, redeem, code, SignInName("acme.shopper", ADA.email)) == WRONG_CODE
    assert redeem(code, SignInName("acme.guest", ADA.email)).id == other.id


@pytest.mark.parametrize("change", [{"disabled": True}, {"active": False}])
def test_a_blocked_person_gets_no_code_and_redeems_none(harness, codes, redeem, change):
    code = issue(codes)
    harness.people.users[ADA.id] = replace(ADA, **change)
    assert issue(codes) is None
    assert refused(harness, redeem, code) == WRONG_CODE


def counted(ephemeral, names):
    """The store, whose calls are noted by name."""
    for name in ("pop", "put_if_absent", "count"):
        real = getattr(ephemeral, name)

        def noted(*arguments, name=name, real=real):
            names.append(name)
            return real(*arguments)

        setattr(ephemeral, name, noted)


def test_a_name_that_nobody_has_costs_the_same_and_gets_no_code(harness, codes):
    names = []
    counted(harness.ephemeral, names)
    assert issue(codes)
    known = list(names)
    names.clear()
    assert issue(codes, usual("nobody@example.com")) is None
    assert names == known


@pytest.mark.parametrize("full", Pool)
def test_a_full_pool_does_not_tell_who_exists(codes, monkeypatch, full):
    room = Budget.of_shard
    monkeypatch.setattr(
        Budget, "of_shard", lambda self, pool: 0 if pool is full else room(self, pool)
    )
    for caller in (CALLER, EVE):
        assert issue(codes, caller=caller)
        assert issue(codes, usual("nobody@example.com"), caller) is None


def test_a_person_gets_five_codes_in_an_hour(harness, codes, redeem):
    made = [issue(codes) for _ in range(CODES)]
    assert all(made)
    assert issue(codes) is None
    assert redeem(made[-1]).id == ADA.id
    harness.people.users[ADA.id] = ADA
    harness.clock.forward(HOUR)
    assert issue(codes)


def test_wrong_codes_are_limited_for_each_name_whoever_has_it(harness, redeem):
    names = [HERS, *(usual(f"nobody{number}@example.com") for number in range(5))]
    for name in names:
        for caller in (EVE, CALLER, EVE):
            assert refused(harness, redeem, "wrong", name, caller=caller) == WRONG_CODE
    for name in names:
        with pytest.raises(Refusal) as limited:
            redeem("wrong", name)
        assert (limited.value.code, limited.value.retry_after) == (LIMITED[0], 60)
    assert harness.events[-1].cause is Cause.LIMITED
    harness.clock.forward(60)
    assert refused(harness, redeem, "wrong") == WRONG_CODE


def test_wrong_codes_keep_nobody_from_the_right_one_or_from_the_password(harness, codes, redeem):
    code = issue(codes)
    for _ in range(20):
        refused(harness, redeem, "wrong")
    assert sign_in(harness) == ADA
    assert redeem(code).id == ADA.id


def test_wrong_passwords_keep_nobody_from_a_reset(harness, codes, redeem):
    code = issue(codes)
    for _ in range(20):
        refusal_of(sign_in, harness, "wrong")
    assert redeem(code).id == ADA.id


def test_a_store_that_fails_costs_no_code(harness, codes, redeem, monkeypatch):
    code = issue(codes)

    def fail(*_):
        raise Unavailable("scripted")

    with monkeypatch.context() as failing:
        failing.setattr(harness.people, "replace_password", fail)
        with pytest.raises(Unavailable):
            redeem(code)
    assert redeem(code).id == ADA.id


def test_of_two_callers_with_one_code_one_succeeds(harness, codes, redeem, monkeypatch):
    code, real = issue(codes), harness.people.replace_password

    def meet(user_id, secret_hash, version):
        assert real(user_id, "of the other", version)
        return real(user_id, secret_hash, version)

    monkeypatch.setattr(harness.people, "replace_password", meet)
    with pytest.raises(Refusal) as raised:
        redeem(code)
    assert (raised.value.code, raised.value.cause) == (Code.INVALID_CREDENTIALS, Cause.USED)
    assert harness.people.hashes[ADA.id] == "of the other"


def test_codes_made_at_the_same_time_for_ever_are_unavailable(codes, monkeypatch):
    monkeypatch.setattr(BudgetedEphemeral, "put_if_absent", lambda *_: False)
    with pytest.raises(Unavailable):
        codes.issue(HERS, CALLER)
