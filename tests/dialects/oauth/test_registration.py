"""RFC 7591 §2: the defaults of a registration."""

from dataclasses import replace
from itertools import permutations

import pytest
from tests.dialects.oauth.token_world import ISSUER, PRESETS

from reticket.core.people import Client
from reticket.core.policy import BROWSER_2026, FAPI_2_SESSION_2026, Reuse
from reticket.dialects.oauth.endpoints.authorization_request import requested_scope
from reticket.oauth.provider import Provider
from reticket.oauth.registration import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
    registration_of,
)

SITE = Provider(ISSUER, PRESETS)


def registered(public=True, **said):
    return registration_of(Client("client", public, False, said, 0), SITE)


def by_preset(preset):
    return registered(policy={"preset": preset})


@pytest.mark.parametrize(
    ("preset", "grants"),
    [
        ("BROWSER", (AUTHORIZATION_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE)),
        ("DEVICE", (DEVICE_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE)),
        ("SERVICE", (CLIENT_CREDENTIALS, REFRESH_TOKEN)),
        ("FAPI_2_SESSION", (AUTHORIZATION_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE)),
    ],
)
def test_the_default_grants_follow_the_preset(preset, grants):
    assert by_preset(preset).grants == grants


def test_rfc6749_3_3_scopes_in_any_order_are_one_text():
    """A store keeps each text for good."""
    scopes = ["openid", "profile", "orders.read", "orders.write"]
    client = registered(scopes=scopes)
    asked = {
        requested_scope(client, {"scope": " ".join(each)}) for each in permutations(scopes[:3])
    }
    assert asked == {"openid profile orders.read"}
    assert requested_scope(client, {}) == " ".join(scopes)


def test_the_display_name_is_the_name_or_else_the_id():
    assert registered(name="Orders").name == "Orders"
    assert registered().name == registered(name="").name == "client"


def test_fapi_2_0_5_3_2_pushed_requests_and_bound_tokens_are_the_default():
    strict = by_preset("FAPI_2_SESSION")
    assert (strict.par_required, strict.dpop_required) == (True, True)
    said = {"policy": {"preset": "FAPI_2_SESSION"}, "public": False}
    loose = registered(**said, par_required=False, dpop_required=False)
    assert (loose.par_required, loose.dpop_required) == (False, False)
    usual = by_preset("BROWSER")
    assert (usual.par_required, usual.dpop_required) == (False, False)
    asked = registered(par_required=True, dpop_required=True)
    assert (asked.par_required, asked.dpop_required) == (True, True)


def test_a_policy_may_differ_from_its_preset():
    said = {"preset": "BROWSER", "reuse": "tolerate", "access": 60}
    changed = replace(BROWSER_2026, reuse=Reuse.TOLERATE, access=60)
    assert registered(policy=said).policy == changed
    assert registered(policy=said).policy.reuse is Reuse.TOLERATE


def test_a_preset_removed_by_an_update_is_replaced_by_browser():
    assert by_preset("SERVICE_1999").policy == BROWSER_2026
    assert by_preset("FAPI_2_SESSION").policy == FAPI_2_SESSION_2026
