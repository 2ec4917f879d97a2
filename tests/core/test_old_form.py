"""A refresh token that another system accepts too: our own signature in it decides here."""

from __future__ import annotations

import asyncio
import hmac
import json
from dataclasses import replace

import jwt
import pytest
from tests.core.world import ADA, CALLER, JWT, World

from reticket.core.commands import DryRunRefresh, EndSession, Refresh
from reticket.core.errors import Cause, Refusal, Unavailable
from reticket.core.model import Outcome, Selection
from reticket.core.policy import DAY, SECOND, Reuse
from reticket.core.tokens.faces import LONGEST_JWT, from_text, to_text
from reticket.core.tokens.old_form import OldForm, in_old_form, own_jwt
from reticket.dialects.akinon.user import AKINON_2026 as POLICY
from reticket.testing.clock import START

pytestmark = pytest.mark.anyio

SECRET = "a secret of the other system, long enough"
UNTIL = START + 5 * DAY * SECOND


def sign(message: bytes) -> bytes:
    return hmac.digest(SECRET.encode(), message, "sha256")


OLD = OldForm({"sub": "there", "state_hash": "as it was"}, UNTIL, sign)


@pytest.fixture(params=[Reuse.REVOKE, Reuse.TOLERATE], ids=str)
def world(request):
    world = World(reuse=request.param)
    world.old_form_of = lambda kind, subject, issued_at: OLD
    yield world
    world.close()


async def begin(world):
    return (await world.begin(JWT)).refresh_token


def refresh(world, token):
    return world.refresh(token, JWT)


async def cause_of(asked):
    with pytest.raises(Refusal) as refused:
        await asked
    return refused.value.cause


def there(token, at=START):
    """The claims as the other system reads them, by a library of others."""
    claims = jwt.decode(token, SECRET, ["HS256"], options={"verify_exp": False})
    assert claims["exp"] > at // SECOND
    return claims


def payload_of(token):
    return from_text(token.split(".")[1])


def with_payload(token, payload):
    """The token with another payload, signed by the other system's key."""
    signed = f"{token.split('.')[0]}.{to_text(payload)}"
    return f"{signed}.{to_text(sign(signed.encode()))}"


async def test_the_other_system_reads_what_it_wants(world):
    claims = there(await begin(world))
    assert (claims["sub"], claims["state_hash"]) == ("there", "as it was")


async def test_it_ends_there_with_the_adoption_and_here_as_any_token(world):
    issued = await world.begin(JWT)
    assert there(issued.refresh_token)["exp"] == UNTIL // SECOND
    world.clock.at = UNTIL + DAY * SECOND
    later = await refresh(world, issued.refresh_token)
    assert later.outcome is Outcome.ADVANCED
    assert later.refresh_expires_at > UNTIL
    world.clock.at = issued.refresh_expires_at
    assert await cause_of(refresh(world, issued.refresh_token)) is Cause.EXPIRED


async def test_a_token_that_ends_before_the_adoption_ends_there_too():
    world = World(refresh=DAY)
    world.old_form_of = lambda *_: OLD
    issued = await world.begin(JWT)
    assert there(issued.refresh_token)["exp"] * SECOND == issued.refresh_expires_at
    world.close()


async def test_a_retry_inside_the_window_gets_the_same_bytes(world):
    token = await begin(world)
    first = await refresh(world, token)
    world.clock.forward(world.policy.window - 1)
    again = await refresh(world, token)
    assert (again.access_token, again.refresh_token) == (first.access_token, first.refresh_token)
    assert there(first.refresh_token)


async def test_parallel_requests_get_one_successor(world):
    token = await begin(world)
    answers = await asyncio.gather(*(refresh(world, token) for _ in range(50)))
    assert len({each.refresh_token for each in answers}) == 1


async def test_an_old_copy_is_judged_as_any_old_token(world):
    token = await begin(world)
    second = await refresh(world, token)
    world.clock.forward(100)
    third = await refresh(world, second.refresh_token)
    world.clock.forward(100)
    if world.policy.reuse is Reuse.REVOKE:
        assert await cause_of(refresh(world, token)) is Cause.REUSED
        assert await cause_of(refresh(world, third.refresh_token)) is Cause.REVOKED
    else:
        assert (await refresh(world, token)).family == third.family


async def test_a_sign_out_ends_the_session(world):
    token = await begin(world)
    await world.engine.end(EndSession(JWT.name, token), CALLER)
    assert await cause_of(refresh(world, token)) is Cause.REVOKED


async def test_introspection_and_revocation_read_it(world):
    issued = await world.begin(JWT)
    token = issued.refresh_token
    assert (await world.engine.open(JWT.name, token, CALLER)).family == issued.family.id
    asked = DryRunRefresh(Refresh(JWT.name, token))
    assert (await world.engine.rehearse(asked, CALLER))[1] == world.family(issued)


async def test_it_is_no_access_token(world):
    token = await begin(world)
    with pytest.raises(Refusal) as refused:
        world.mint.read_access([JWT], token, START)
    assert refused.value.cause is Cause.WRONG_USE


async def test_a_directory_that_fails_costs_nobody_the_session(world):
    token = await begin(world)

    def fail(kind, subject, issued_at):
        raise Unavailable("the directory does not answer")

    world.old_form_of = fail
    with pytest.raises(Unavailable):
        await refresh(world, token)
    world.old_form_of = lambda *_: OLD
    again = await refresh(world, token)
    assert (again.outcome, again.family.generation) == (Outcome.REPLAYED, 2)
    assert there(again.refresh_token)


async def test_a_token_in_either_form_goes_on_where_new_ones_have_the_other(world):
    """The setting may change between two processes, and from one start to the next."""
    old = await begin(world)
    world.old_form_of = lambda *_: None
    own = (await refresh(world, old)).refresh_token
    assert own_jwt(own) is None
    world.old_form_of = lambda *_: OLD
    again = (await refresh(world, own)).refresh_token
    assert own_jwt(again) is not None


async def test_both_forms_of_one_token_are_one_token(world):
    """A retry by a process with another setting: its answer is as good."""
    token = await begin(world)
    old = await refresh(world, token)
    world.old_form_of = lambda *_: None
    own = await refresh(world, token)
    assert own.refresh_token != old.refresh_token
    third = await refresh(world, old.refresh_token)
    assert (await refresh(world, own.refresh_token)).refresh_token == third.refresh_token


async def test_a_token_of_a_retired_key_of_ours_is_refused(world):
    token = await begin(world)
    world.keys.turns.append((0, "two"))
    world.keys.dead.add("one")
    assert await cause_of(refresh(world, token)) is Cause.FORGED


async def test_the_signature_of_the_other_system_decides_nothing_here(world):
    """Whatever stands there: the rest is ours to the byte."""
    token = await begin(world)
    head, _, _ = token.rpartition(".")
    first = await refresh(world, f"{head}.AAAA")
    assert (await refresh(world, own_jwt(token))).refresh_token == first.refresh_token
    assert len(world.store.page(Selection(), 100).families) == 1


async def test_no_claim_can_be_changed_by_the_other_systems_key(world):
    token = await begin(world)
    said = payload_of(token)
    for before, after in (
        (b'"gen": 1', b'"gen": 2'),
        (b'"sub": "there"', b'"sub": "thern"'),
        (b'"end": ', b'"end": 9'),
        (b'"sid": "', b'"sid": "00'),
        (b'"as it was"', b'"as it was", "client_id": "x"'),
        (b"{", b"{ "),
        (b'"}', b'" }'),
        (b'"rtk":', b'"rtk": '),
    ):
        assert before in said
        assert await cause_of(refresh(world, with_payload(token, said.replace(before, after)))) is (
            Cause.FORGED
        )


async def test_the_signature_of_another_persons_token_opens_nothing(world):
    one, other = await begin(world), await begin(world)
    swapped = (
        payload_of(one).rpartition(b'"rtk":"')[0]
        + b'"rtk":"'
        + (payload_of(other).rpartition(b'"rtk":"')[2])
    )
    assert await cause_of(refresh(world, with_payload(one, swapped))) is Cause.FORGED


@pytest.mark.parametrize(
    "own", ["", "A" * 43, "A.B", "\x00", "ä", '","rtk":"', "e30", "rtk_AAAA", "A" * 43 + "="]
)
async def test_a_made_up_signature_of_ours_opens_nothing(world, own):
    token = await begin(world)
    said = payload_of(token).rpartition(b'"rtk":"')[0] + f'"rtk":"{own}"}}'.encode()
    assert await cause_of(refresh(world, with_payload(token, said))) is Cause.FORGED


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[]", b',"rtk":""}', b'{"rtk":"x"}', b'{"a":1,"rtk":"x"', b'\xff,"rtk":"\xff"}'],
)
async def test_any_other_payload_is_refused(world, payload):
    token = await begin(world)
    assert await cause_of(refresh(world, with_payload(token, payload))) is Cause.FORGED


async def test_a_signature_of_another_kind_of_ours_opens_nothing(world):
    """Each kind has its key. An access token has none of them."""
    issued = await world.begin(JWT)
    _, payload, own = issued.access_token.split(".")
    said = from_text(payload).removesuffix(b"}") + f',"rtk":"{own}"}}'.encode()
    wrapped = with_payload(issued.refresh_token, said)
    assert await cause_of(refresh(world, wrapped)) is Cause.FORGED


async def test_a_header_that_we_do_not_write_is_refused(world):
    _, payload, _ = (await begin(world)).split(".")
    for header in ('{"typ":"JWT","alg":"HS256"}', '{"alg":"none"}', '{"alg":"HS512","typ":"JWT"}'):
        signed = f"{to_text(header.encode())}.{payload}"
        text = f"{signed}.{to_text(sign(signed.encode()))}"
        assert await cause_of(refresh(world, text)) is Cause.FORGED


def jwt_of(size):
    """A JWT with a payload of so many bytes."""
    payload = to_text(json.dumps({"a": "x" * size}).encode())
    return f"{to_text(b'{}')}.{payload}.{'A' * 43}"


async def test_a_token_that_would_be_too_long_to_be_read_keeps_our_form():
    assert len(in_old_form(jwt_of(100), sign)) > len(jwt_of(100))
    sizes = range(5800, 6200)
    longest = max(size for size in sizes if in_old_form(jwt_of(size), sign) != jwt_of(size))
    assert len(in_old_form(jwt_of(longest), sign)) <= LONGEST_JWT
    assert in_old_form(jwt_of(longest + 1), sign) == jwt_of(longest + 1)


async def test_a_longer_text_is_not_looked_at(world):
    token = await begin(world)
    said = b'{"a":"' + b"x" * LONGEST_JWT + b'",' + payload_of(token)[1:]
    assert own_jwt(with_payload(token, said)) is None


async def test_a_form_shows_no_secret():
    assert "there" not in repr(OLD)
    assert "sign" not in repr(OLD)
    assert repr(replace(OLD, until=7)) == "OldForm(until=7)"


async def test_other_kinds_are_not_asked_about(world):
    """The ordinary refresh costs nothing more."""
    world.old_form_of = None
    row = (await world.begin()).family
    own = replace(JWT, old_form=False)
    token = world.mint.issue(own, POLICY, Outcome.ADVANCED, row, ADA, None, START).refresh_token
    assert own_jwt(token) is None
