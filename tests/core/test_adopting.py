"""A refresh token of another system is the first token of a session here; the rule judges it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import jwt
import pytest
from tests.core.adopting import SECRET, jwt_adoption, opaque_adoption
from tests.core.world import ADA, CALLER, OPAQUE, World

from reticket.adoption.reader import AdoptedTokens
from reticket.core.adoption.adopting import first_row
from reticket.core.adoption.imported_end import with_imported_end
from reticket.core.adoption.model import ForeignToken, Granted, Mode, Stated
from reticket.core.commands import EndSession
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.identifiers import time_of
from reticket.core.model import Outcome, Selection
from reticket.core.policy import DAY, SECOND, Reuse
from reticket.testing.clock import START

pytestmark = pytest.mark.anyio

IDENTITY = "a token"


@pytest.fixture(params=[Reuse.REVOKE, Reuse.TOLERATE], ids=str)
def strictness(request):
    return request.param


@pytest.fixture
def world():
    world = World()
    adopt(world)
    yield world
    world.close()


def adopt(world, **members):
    world.adoptions[:] = [jwt_adoption(**members)]
    world.adopting.read.__self__.reload()
    world.known.people["7"] = ADA.id


def foreign(jti=IDENTITY, days=20, **claims):
    """A refresh token as simplejwt makes it."""
    now = START // SECOND
    said = {
        "token_type": "refresh",
        "exp": now + days * DAY,
        "iat": now - DAY,
        "jti": jti,
        "user_id": 7,
    }
    return jwt.encode(said | claims, SECRET, "HS256")


async def cause_of(refreshing):
    with pytest.raises(Refusal) as refused:
        await refreshing
    return refused.value.cause


def sign_out(world, token):
    return world.engine.end(EndSession(OPAQUE.name, token), CALLER)


def rows(world):
    return world.store.page(Selection(), 100).families


async def test_the_first_refresh_adopts_the_session_and_says_so_once(world):
    first = await world.refresh(foreign())
    assert (first.outcome, first.holder) == (Outcome.ADVANCED, ADA)
    second = await world.refresh(first.refresh_token)
    await world.refresh(second.refresh_token)
    assert world.audit.names == ["adopted", "issued", "issued"]
    adopted = world.audit.events[0]
    assert (adopted.subject, adopted.detail) == (ADA.id, {"system": "django"})
    assert adopted.family == first.family.id.hex()


async def test_a_retry_inside_the_window_gets_the_same_bytes(world):
    first = await world.refresh(foreign())
    world.clock.forward(world.policy.window - 1)
    again = await world.refresh(foreign())
    assert (again.access_token, again.refresh_token) == (first.access_token, first.refresh_token)
    assert world.audit.names == ["adopted", "replayed"]


async def test_parallel_tokens_get_one_successor(world):
    answers = await asyncio.gather(*(world.refresh(foreign()) for _ in range(50)))
    assert len({each.refresh_token for each in answers}) == 1
    assert [row.generation for row in rows(world)] == [2]


async def test_a_lost_answer_is_given_again_whenever_its_client_comes_back(world):
    await world.refresh(foreign())
    world.clock.forward(5 * DAY)
    later = await world.refresh(foreign())
    assert later.outcome is Outcome.REISSUED
    assert (await world.refresh(later.refresh_token)).outcome is Outcome.ADVANCED


async def test_a_later_copy_is_judged_as_any_old_token(strictness):
    world = World(reuse=strictness)
    adopt(world)
    first = await world.refresh(foreign())
    world.clock.forward(100)
    second = await world.refresh(first.refresh_token)
    world.clock.forward(100)
    if strictness is Reuse.REVOKE:
        assert await cause_of(world.refresh(foreign())) is Cause.REUSED
        assert await cause_of(world.refresh(second.refresh_token)) is Cause.REVOKED
    else:
        assert (await world.refresh(foreign())).family == second.family
    world.close()


async def test_an_expired_copy_ends_nothing_and_opens_nothing(world):
    first = await world.refresh(foreign(days=1))
    world.clock.forward(10)
    second = await world.refresh(first.refresh_token)
    world.clock.forward(DAY)
    assert await cause_of(world.refresh(foreign(days=1))) is Cause.EXPIRED
    assert await cause_of(world.refresh(foreign("another", days=1))) is Cause.EXPIRED
    assert (await world.refresh(second.refresh_token)).outcome is Outcome.ADVANCED
    assert len(rows(world)) == 1


async def test_no_token_is_accepted_once_the_adoption_has_ended(world):
    token = foreign(days=300)
    await world.refresh(token)
    world.clock.at = world.adoptions[0].until - 1
    again = await world.refresh(token)
    assert again.outcome is Outcome.REISSUED
    world.clock.at += 1
    assert await cause_of(world.refresh(token)) is Cause.FORGED
    assert (await world.refresh(again.refresh_token)).outcome is Outcome.ADVANCED


async def test_no_token_lasts_longer_than_its_adoption():
    """Whatever it states, and whatever was imported of it."""
    jwts, opaque = jwt_adoption(), opaque_adoption()
    later = jwts.until + 1
    stated = Stated("7", None, None, 0, later, None, None)
    assert ForeignToken(jwts, b"", stated).read(None, None).expires_at == jwts.until
    assert ForeignToken(opaque, b"").read(None, later).expires_at == opaque.until
    assert ForeignToken(opaque, b"").read(None, later - 9).expires_at == later - 9


async def test_a_token_that_does_not_say_when_it_was_made_counts_from_the_adoption():
    adoption = jwt_adoption()
    stated = Stated("7", None, None, 0, adoption.until, None, None)
    assert ForeignToken(adoption, b"", stated).read(None, None).issued_at == adoption.since
    dated = stated._replace(issued_at=adoption.since - 1)
    assert ForeignToken(adoption, b"", dated).read(None, None).issued_at == adoption.since - 1


async def purge_until_the_end(world, token):
    """Purges twice a day. The token is refused each time, and no row is left after the adoption."""
    while world.clock.at < world.adoptions[0].until:
        world.store.expire(world.clock(), 100)
        with pytest.raises(Refusal):
            await world.refresh(token)
        world.clock.forward(DAY / 2)
    world.store.expire(world.clock() + DAY, 100)
    assert rows(world) == []


@pytest.mark.parametrize("days", [1, 20, 300])
async def test_a_purge_does_not_forget_an_ended_session_while_its_token_is_accepted(days):
    """Otherwise the token would begin its session anew."""
    world = World(refresh=60, access=60, absolute=120)
    adopt(world)
    token = foreign(days=days)
    await world.refresh(token)
    await sign_out(world, token)
    await purge_until_the_end(world, token)
    assert await cause_of(world.refresh(token)) is Cause.FORGED
    world.close()


@pytest.mark.parametrize("is_refreshed", [True, False])
async def test_a_session_ends_by_its_policy_and_its_token_does_not_begin_it_anew(is_refreshed):
    """The row outlives the session, also after a token was issued that ends with it."""
    world = World(refresh=DAY, access=60, absolute=2 * DAY)
    adopt(world)
    token = foreign(days=29)
    newest = (await world.refresh(token)).refresh_token
    for _ in range(3):
        world.clock.forward(DAY / 2)
        newest = (await world.refresh(newest)).refresh_token if is_refreshed else newest
    world.clock.forward(DAY / 2)
    assert await cause_of(world.refresh(newest)) is Cause.EXPIRED
    await purge_until_the_end(world, token)
    world.close()


async def test_every_process_derives_the_same_id_from_the_same_token(world):
    other = AdoptedTokens(lambda: list(world.adoptions), world.clock)
    (here,), (there,) = (each.read(OPAQUE.name, foreign()) for each in (world.adopting, other))
    assert here.family == there.family
    assert time_of(here.family) == START
    assert (here.family[6] >> 4, here.family[8] >> 6) == (7, 2)


async def test_an_id_depends_on_the_token_on_the_secret_and_on_the_time():
    one = jwt_adoption()
    ids = {
        each.session_of(text)
        for each in (one, replace(one, secret=b"t" * 32), replace(one, since=START + 1))
        for text in ("a", "b")
    }
    assert len(ids) == 6


async def test_a_sign_out_with_a_token_of_another_system_ends_the_session(world):
    await sign_out(world, foreign())
    assert [row.revoked_cause for row in rows(world)] == ["sign_out"]
    assert await cause_of(world.refresh(foreign())) is Cause.REVOKED


async def test_a_session_whose_end_was_asked_for_before_it_came_does_not_begin(world):
    world.known.ends.append((Selection(subject=ADA.id), "password_changed"))
    assert await cause_of(world.refresh(foreign())) is Cause.REVOKED
    assert [row.revoked_cause for row in rows(world)] == ["password_changed"]


async def test_an_end_that_comes_while_a_session_is_made_is_not_missed(world):
    create = world.store.create

    def slowly(batch):
        create(batch)
        world.known.ends.append((Selection(), "operator"))

    world.store.create = slowly
    assert await cause_of(world.refresh(foreign())) is Cause.REVOKED


async def test_an_end_after_the_first_refresh_is_looked_up_no_more(world):
    first = await world.refresh(foreign())
    world.known.ends.append((Selection(), "operator"))
    assert (await world.refresh(foreign())).refresh_token == first.refresh_token


async def test_an_ended_session_that_was_imported_stays_ended(world):
    token = world.adopting.read(OPAQUE.name, foreign())[0]
    row = first_row(token, ADA.id, Granted(world.policy, None, None), world.clock())
    world.store.create([row._replace(revoked_at=world.clock(), revoked_cause="imported")])
    assert await cause_of(world.refresh(foreign())) is Cause.REVOKED


async def test_where_living_sessions_were_imported_an_absent_row_is_none(world):
    adopt(world, mode=Mode.LIVING)
    assert await cause_of(world.refresh(foreign())) is Cause.UNKNOWN
    assert rows(world) == []
    token = world.adopting.read(OPAQUE.name, foreign())[0]
    world.store.create([first_row(token, ADA.id, Granted(world.policy, "a", None), START)])
    assert (await world.refresh(foreign())).family.scope == "a"


async def test_a_person_who_is_unknown_or_has_another_state_is_refused(world):
    assert await cause_of(world.refresh(foreign(user_id=8))) is Cause.SUBJECT_GONE
    world.known.states["7"] = "another"
    assert await cause_of(world.refresh(foreign())) is Cause.CREDENTIAL_CHANGED
    assert rows(world) == []
    assert world.audit.names[:1] == ["refused"]


async def test_a_blocked_person_is_refused_and_may_come_back(world):
    world.people.change(disabled=True)
    assert await cause_of(world.refresh(foreign())) is Cause.SUBJECT_GONE
    world.people.users[ADA.id] = ADA
    assert (await world.refresh(foreign())).outcome is Outcome.ADVANCED


async def test_a_session_that_may_do_nothing_here_is_refused(world):
    world.adopting._grant = lambda *_: None
    assert await cause_of(world.refresh(foreign())) is Cause.WRONG_CLIENT


async def test_a_failing_store_refuses_nobody(world):
    def fail(batch):
        raise Unavailable("the disk is full")

    world.store.create = fail
    with pytest.raises(Unavailable):
        await world.refresh(foreign())
    del world.store.create
    assert (await world.refresh(foreign())).outcome is Outcome.ADVANCED


async def test_a_token_of_ours_is_read_without_a_look_at_adoptions(world, monkeypatch):
    begun = await world.begin()
    monkeypatch.setattr(world.adopting, "read", None)
    assert (await world.refresh(begun.refresh_token)).outcome is Outcome.ADVANCED


async def test_a_forged_token_causes_no_store_access(world, monkeypatch):
    monkeypatch.setattr(world.store, "transact", None)
    forged = jwt.encode({"token_type": "refresh"}, "another secret of some other system", "HS256")
    for text in ("", "x", "rtk_", foreign()[:-2], forged, "a.b.c", "." * 9000, foreign() * 9):
        with pytest.raises(Refusal) as refused:
            await world.refresh(text)
        assert (refused.value.code, refused.value.cause) == (Code.INVALID_TOKEN, Cause.FORGED)


class TestOpaque:
    """Sessions that were imported with a digest of their tokens."""

    TEXT = "yKz3MZBcWnpXhR8cPpVb3zZ1Q1"

    @pytest.fixture
    def imported(self, world):
        """Imports a session that ends in so many days."""
        adoption = opaque_adoption()
        world.adoptions[:] = [adoption]
        world.adopting.read.__self__.reload()
        digest = hashlib.sha256(self.TEXT.encode()).hexdigest()
        token = ForeignToken(adoption, adoption.session_of(digest))
        ends = START + 10 * DAY * SECOND
        granted = Granted(world.policy, None, with_imported_end(None, ends))
        row = first_row(token, ADA.id, granted, START)._replace(context="1000")
        world.store.create([row])
        return row

    async def test_its_token_is_the_first_token_of_the_session(self, world, imported):
        first = await world.refresh(self.TEXT)
        assert (first.outcome, first.family.id, first.context) == (
            Outcome.ADVANCED, imported.id, "1000",
        )  # fmt: skip
        assert (await world.refresh(self.TEXT)).refresh_token == first.refresh_token

    async def test_its_token_ends_as_the_other_system_has_said(self, world, imported):
        first = await world.refresh(self.TEXT)
        world.clock.forward(9 * DAY)
        second = await world.refresh(first.refresh_token)
        world.clock.forward(DAY)
        assert await cause_of(world.refresh(self.TEXT)) is Cause.EXPIRED
        assert (await world.refresh(second.refresh_token)).outcome is Outcome.ADVANCED

    async def test_a_token_that_was_not_imported_is_unknown(self, world, imported):
        assert await cause_of(world.refresh("another text")) is Cause.UNKNOWN

    async def test_a_forged_token_with_the_form_of_ours_causes_no_store_access(
        self, world, imported, monkeypatch
    ):
        monkeypatch.setattr(world.store, "transact", None)
        assert await cause_of(world.refresh("rtk_" + "A" * 90)) is Cause.FORGED

    async def test_a_sign_out_ends_it(self, world, imported):
        await sign_out(world, self.TEXT)
        assert await cause_of(world.refresh(self.TEXT)) is Cause.REVOKED
