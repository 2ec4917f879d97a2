"""A resource server in each language accepts good access tokens of every kind, and no others."""

import time

import pytest
from tests.resource_servers.tokens import SYMMETRIC, foreign, forged, without_signature
from tests.verify.vendor_sign_ins import OF_CREDENTIALS, SIGN_INS

from reticket.testing.waiting import until

HOUR = 3600
CASES = [
    *((True, "published", kind) for kind in SIGN_INS),
    *((is_signed, "introspection", kind) for is_signed in (True, False) for kind in SIGN_INS),
    *((False, "shared", kind) for kind in SYMMETRIC),
]
INTROSPECTED = [case for case in CASES if case[1] == "introspection"]
of_each_introspected = pytest.mark.parametrize(("is_signed", "way", "kind"), INTROSPECTED)
of_each_case = pytest.mark.parametrize(("is_signed", "way", "kind"), CASES)


@of_each_case
def test_a_good_token_is_accepted(checking, issuers, is_signed, way, kind):
    assert checking(is_signed, way, kind, issuers[is_signed].pair(kind)[0])


@of_each_case
def test_bad_tokens_are_refused(checking, issuers, is_signed, way, kind):
    one = issuers[is_signed]
    good, refresh = one.pair(kind)
    now = int(time.time())
    other = next(each for each in SIGN_INS if each != kind)
    bad = {
        "expired": one.changed(good, iat=now - 3 * HOUR, nbf=now - 3 * HOUR, exp=now - 2 * HOUR),
        "foreign": foreign(good),
        "forged": forged(good),
        "unsigned": without_signature(good),
        "of another kind": one.pair(other)[0],
        "a refresh token": refresh,
        "cut off": good[:-10],
    }
    accepted = [name for name, token in bad.items() if checking(is_signed, way, kind, token)]
    assert accepted == []
    assert checking(is_signed, way, kind, one.changed(good, exp=now + HOUR))


@of_each_introspected
def test_where_introspection_is_asked_a_sign_out_ends_a_token(
    checking, issuers, is_signed, way, kind
):
    one = issuers[is_signed]
    token, refresh = one.pair(kind)
    assert checking(is_signed, way, kind, token)
    one.sign_out(kind, refresh)
    assert not checking(is_signed, way, kind, token)


@pytest.mark.parametrize("is_signed", [True, False])
def test_where_introspection_is_asked_new_credentials_end_a_token(checking, issuers, is_signed):
    one = issuers[is_signed]
    tokens = {kind: one.pair(kind)[0] for kind in OF_CREDENTIALS}

    def accepted():
        return [kind for kind in tokens if checking(is_signed, "introspection", kind, tokens[kind])]

    assert accepted() == list(OF_CREDENTIALS)
    one.new_credentials()
    until(lambda: accepted() == [], "the tokens to end")
    until(lambda: all(map(one.signs_in, OF_CREDENTIALS)), "the new credentials")
    tokens = {kind: one.pair(kind)[0] for kind in OF_CREDENTIALS}
    assert accepted() == list(OF_CREDENTIALS)
