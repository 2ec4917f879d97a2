"""RFC 9470: a request that needs another sign-in."""

import pytest
from tests.dialects.oauth.proofs import KEY, LEFT_OUT, ath_of, proof
from tests.verify.test_tokens import AUDIENCE, NOW, token, tokens

from reticket.verify import Authentication, Rejected
from reticket.verify.tokens import LEEWAY

__all__ = ["tokens"]

TWO_FACTORS = "urn:reticket:acr:2"
LATELY = Authentication(max_age=300)


def refusal(tokens, authentication, text, *scopes):
    with pytest.raises(Rejected) as raised:
        tokens.admit(
            "GET", AUDIENCE, [f"Bearer {text}"], scopes=scopes, authentication=authentication
        )
    return raised.value


def admitted(tokens, authentication, **said):
    authorization = [f"Bearer {token(**said)}"]
    return tokens.admit("GET", AUDIENCE, authorization, authentication=authentication)


@pytest.mark.parametrize("acr", ["urn:reticket:acr:1", "", None, 2, LEFT_OUT, [TWO_FACTORS]])
def test_rfc9470_3_a_sign_in_of_another_kind(tokens, acr):
    refused = refusal(tokens, Authentication(TWO_FACTORS), token(acr=acr))
    assert (refused.status, refused.error) == (401, "insufficient_user_authentication")
    said = f'Bearer error="insufficient_user_authentication", acr_values="{TWO_FACTORS}"'
    assert refused.challenge == said


def test_rfc9470_3_each_of_the_accepted_kinds(tokens):
    either = Authentication(f"urn:reticket:acr:1 {TWO_FACTORS}")
    for acr in ("urn:reticket:acr:1", TWO_FACTORS):
        assert admitted(tokens, either, acr=acr).subject == "ada"


@pytest.mark.parametrize("at", [NOW - 300 - LEEWAY - 1, 0, "now", True, None, LEFT_OUT])
def test_rfc9470_3_a_sign_in_too_long_ago(tokens, at):
    refused = refusal(tokens, LATELY, token(auth_time=at))
    assert refused.status == 401
    said = 'Bearer error="insufficient_user_authentication", max_age="300"'
    assert refused.challenge == said


@pytest.mark.parametrize("at", [NOW - 300 - LEEWAY, NOW, NOW + 1])
def test_rfc9470_3_a_sign_in_of_late(tokens, at):
    assert admitted(tokens, LATELY, auth_time=at).subject == "ada"


def test_rfc9470_3_one_that_must_be_new(tokens):
    challenge = refusal(tokens, Authentication(max_age=0), token(auth_time=NOW - 60)).challenge
    assert 'max_age="0"' in challenge


def test_rfc9470_3_one_challenge_names_the_sign_in_and_the_scopes(tokens):
    both = Authentication(TWO_FACTORS, max_age=300)
    challenge = refusal(tokens, both, token(), "orders.read", "orders.pay").challenge
    assert challenge == (
        'Bearer error="insufficient_user_authentication", scope="orders.read orders.pay", '
        f'acr_values="{TWO_FACTORS}", max_age="300"'
    )


def test_rfc9470_3_a_scope_is_asked_for_after_the_sign_in(tokens):
    assert refusal(tokens, LATELY, token(auth_time=NOW), "orders.pay").status == 403


def test_rfc9470_3_in_the_scheme_of_the_token(tokens):
    text = token(cnf={"jkt": KEY.thumbprint()})
    shown = proof("GET", AUDIENCE, NOW, ath=ath_of(text))
    with pytest.raises(Rejected) as raised:
        tokens.admit("GET", AUDIENCE, [f"DPoP {text}"], [shown], authentication=LATELY)
    assert raised.value.challenge.startswith("DPoP error=")


@pytest.mark.parametrize("said", [{}, {"acr_values": " "}, {"max_age": -1}])
def test_a_demand_without_any_requirement_is_an_error_at_the_start(said):
    with pytest.raises(ValueError, match=r"acr_values|negative"):
        Authentication(**said)
