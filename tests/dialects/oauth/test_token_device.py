"""Other grants: `device_code` (RFC 8628 §3.4 and §3.5), the part of the device."""

import pytest
from tests.dialects.oauth.token_people import ADA, ORDERS
from tests.dialects.oauth.token_world import ISSUER, claims_of

from reticket.core.commands import Pop
from reticket.dialects.oauth.grants.codes import AuthorizationGrant
from reticket.dialects.oauth.grants.device_codes import (
    DENIED,
    DEVICE_CODE_LIFETIME,
    KNOWN_LIFETIME,
    POLL_INTERVAL,
    DeviceRequest,
    decision_key,
    device_code_digest,
    known_key,
    request_key,
    user_code_key,
)

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CODE = "device-code"
DIGEST = device_code_digest(CODE)
FAMILY = "01a0c4506c00700180097ae0a98d0e03"


@pytest.fixture(autouse=True)
def device(world):
    written = DeviceRequest("tv", "openid orders.read").to_json()
    world.ephemeral.put_if_absent(request_key(DIGEST), DEVICE_CODE_LIFETIME, written)
    world.ephemeral.put_if_absent(known_key(DIGEST), KNOWN_LIFETIME)


def poll(world, client="tv", code=CODE, **said):
    return world.token(client, grant_type=GRANT, device_code=code, **said)


def says(reply, word):
    assert (reply.status, reply.error) == (400, word)
    assert reply.headers["cache-control"] == "no-store"
    return True


def consent(world, **said):
    grant = AuthorizationGrant(**{
        "family": FAMILY, "client_id": "tv", "subject": ADA.id, "credential_version": 1,
        "email": ADA.email, "redirect_uri": None, "scope": "openid orders.read", "challenge": "",
        "auth_time": world.clock() // 1000, "amr": ("pwd",), **said,
    })  # fmt: skip
    world.ephemeral.put_if_absent(decision_key(DIGEST), DEVICE_CODE_LIFETIME, grant.to_json())


def test_rfc8628_3_5_a_poll_before_the_answer_is_pending(world):
    assert says(poll(world), "authorization_pending")
    world.clock.forward(POLL_INTERVAL)
    assert says(poll(world), "authorization_pending")
    assert world.audited() == []


def test_rfc8628_3_5_too_frequent_polls_get_slow_down(world):
    assert says(poll(world), "authorization_pending")
    world.clock.forward(POLL_INTERVAL - 2)
    assert says(poll(world), "slow_down")
    world.clock.forward(POLL_INTERVAL)
    assert says(poll(world), "authorization_pending")


def test_rfc8628_3_5_a_poll_may_arrive_one_second_early(world):
    assert says(poll(world), "authorization_pending")
    world.clock.forward(POLL_INTERVAL - 1)
    assert says(poll(world), "authorization_pending")


def test_rfc8628_3_5_a_poll_after_consent_gets_the_pair(world):
    poll(world)
    consent(world)
    world.clock.forward(POLL_INTERVAL)
    reply = poll(world)
    assert reply.status == 200
    claims = claims_of(reply.said["access_token"])
    assert (claims["sub"], claims["sid"], claims["client_id"]) == (ADA.id, FAMILY, "tv")
    assert reply.said["scope"] == "openid orders.read"
    assert reply.said["id_token"]
    assert world.refresh(reply.said["refresh_token"], "tv").status == 200


def test_rfc8628_3_4_a_device_code_works_once(world):
    consent(world)
    assert poll(world).status == 200
    world.clock.forward(POLL_INTERVAL)
    assert says(poll(world), "expired_token")
    assert len(world.families()) == 1


def test_rfc8628_3_4_only_one_of_two_parallel_polls_gets_the_pair(world):
    """Check-then-consume: both have looked, one claims it."""
    consent(world)
    second = []

    async def meet(command):
        if isinstance(command, Pop):
            world.before = None
            world.ephemeral.pop(f"oauth:polled:{DIGEST}")
            form = f"grant_type={GRANT}&device_code={CODE}&client_id=tv"
            second.append(await world._answer(world.request("/token", form, {})))

    world.before = meet
    assert poll(world).status == 200
    assert second[0].status == 503
    assert len(world.families()) == 1
    world.clock.forward(POLL_INTERVAL)
    assert says(poll(world), "expired_token")


def test_rfc8628_3_5_a_poll_after_a_refusal_is_denied(world):
    world.ephemeral.put_if_absent(decision_key(DIGEST), DEVICE_CODE_LIFETIME, DENIED)
    assert says(poll(world), "access_denied")
    assert world.audited() == [("refused", "no_access")]


def test_the_first_answer_of_a_person_counts(world):
    world.ephemeral.put_if_absent(decision_key(DIGEST), DEVICE_CODE_LIFETIME, DENIED)
    consent(world)
    assert says(poll(world), "access_denied")


def test_rfc8628_3_5_an_expired_device_code_is_refused(world):
    world.clock.forward(DEVICE_CODE_LIFETIME)
    assert says(poll(world), "expired_token")


def test_rfc8628_3_5_consent_in_the_last_second_comes_too_late(world):
    world.clock.forward(DEVICE_CODE_LIFETIME - 1)
    consent(world)
    world.clock.forward(1)
    assert says(poll(world), "expired_token")


def test_rfc6749_5_2_an_unknown_device_code_is_refused(world):
    assert says(poll(world, code="other"), "invalid_grant")
    assert says(poll(world, code=""), "invalid_request")


def test_rfc6749_5_2_a_device_code_of_another_client_is_refused(world):
    consent(world)
    before = world.spendable()
    for client in ("backend", "other", "keyed"):
        assert says(poll(world, client), "invalid_grant")
    assert world.spendable() == before
    assert poll(world).status == 200


def test_rfc6749_5_2_a_client_without_the_grant_is_refused(world):
    assert says(poll(world, "spa"), "unauthorized_client")


@pytest.mark.parametrize(
    "change", [{"credential_version": 2}, {"disabled": True}, {"active": False}], ids=str
)
def test_a_person_who_changed_after_the_consent_gets_no_tokens(world, change):
    consent(world)
    world.people.change(**change)
    before = world.spendable()
    assert says(poll(world), "invalid_grant")
    assert world.spendable() == before


def test_rfc9449_5_a_device_may_bind_its_tokens(world):
    consent(world)
    said = poll(world, headers=world.proof()).said
    assert said["token_type"] == "DPoP"
    assert world.refresh(said["refresh_token"], "tv").error == "invalid_grant"
    assert world.refresh(said["refresh_token"], "tv", headers=world.proof()).status == 200


def test_rfc8707_2_the_audience_is_the_one_that_was_asked_for(world):
    world.people.register("tv", resources=[ORDERS])
    consent(world, resources=(ORDERS,))
    assert claims_of(poll(world).said["access_token"])["aud"] == [ORDERS, ISSUER]


def test_rfc8628_6_1_a_user_code_is_accepted_in_any_spelling():
    assert user_code_key("WDJB-MJHT") == user_code_key("wdjb mjht") == user_code_key("wdjbmjht")
    assert user_code_key("WDJB-MJHT") != user_code_key("WDJB-MJHX")
    assert "WDJB" not in user_code_key("WDJB-MJHT")
