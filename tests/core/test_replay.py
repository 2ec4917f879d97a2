"""A replay ends the sessions that the stream says have ended, and no others."""

import pytest
from tests.core.adopting import jwt_adoption
from tests.core.world import People

from reticket.audit import open_audit_log, revocations
from reticket.core.errors import Cause
from reticket.core.model import Selection
from reticket.core.ports import ROW_LOCKED, Event, NotReplicated
from reticket.core.sessions import audit_events, replay
from reticket.core.storage.upkeep import Upkeep
from reticket.settings.audit import AuditTable
from reticket.stores.memory import MemoryEphemeral, MemoryStore
from reticket.testing import FakeClock
from reticket.testing.clock import START
from reticket.testing.store_contract import family_of

ADA, BOB = "a" * 32, "b" * 32


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(clock):
    return MemoryStore(clock)


def causes(store):
    """The cause of each family's end, in the order of the sign-ins."""
    return [row.revoked_cause for row in store.page(Selection(), 10_000).families]


def at(seconds):
    return START + round(seconds * 1000)


def test_named_families_are_ended_once(store):
    rows = [family_of(number) for number in range(5)]
    store.create(rows)
    named = [
        Event(at(9), "revoked", family=rows[0].id.hex(), cause="operator"),
        Event(at(9), "reused", family=rows[1].id.hex(), cause=Cause.REUSED),
        Event(at(9), "refused", family=rows[2].id.hex(), cause=Cause.REVOKED),
        Event(at(9), "revoked", family=(b"\xff" * 16).hex(), cause="operator"),
        Event(at(9), "revoked", family=rows[0].id.hex(), cause="again"),
    ]
    assert [row.id for row in replay.replay(store, named)] == [row.id for row in rows[:3]]
    assert causes(store) == ["operator", "reuse", "restored", None, None]
    assert replay.replay(store, named) == []


def test_a_stream_is_not_loaded_into_memory_as_a_whole(store, monkeypatch):
    """Ends are kept for a year and have no limit: they may be more than memory holds."""
    monkeypatch.setattr(replay, "BATCH", 2)
    rows = [family_of(number) for number in range(5)]
    store.create(rows)
    ended = []

    def events():
        for row in rows:
            ended.append(sum(cause is not None for cause in causes(store)))
            yield Event(at(9), "revoked", family=row.id.hex(), cause="operator")

    assert len(replay.replay(store, events())) == 5
    assert ended == [0, 0, 2, 2, 4]


def demand(seconds, **selected):
    return audit_events.revocation(at(seconds), Selection(**selected), "operator")


@pytest.mark.parametrize(
    ("event", "ended"),
    [
        (demand(5, subject=ADA), [0, 1]),
        (demand(9, subject=ADA), [0, 1, 2]),
        (demand(5, subject=ADA, resource="other"), [1]),
        (demand(5, client="spa"), [0]),
        (demand(1, client="spa"), [0]),
        (demand(5), [0, 1, 3]),
        (demand(5, subject=ADA, context="1000"), []),
        (demand(5, subject="nobody"), []),
    ],
    ids=str,
)
def test_a_replayed_revocation_ends_only_earlier_sessions(store, monkeypatch, event, ended):
    monkeypatch.setattr(replay, "BATCH", 1)
    store.create(
        [
            family_of(1000, subject=ADA, client="spa"),
            family_of(2000, subject=ADA, resource="other", context="1000"),
            family_of(8000, subject=ADA),
            family_of(3000, subject=BOB),
        ]
    )
    rows = {row.id: row for row in replay.replay(store, [event])}
    numbers = [1000, 2000, 8000, 3000]
    assert set(rows) == {family_of(numbers[index]).id for index in ended}


def test_a_revocation_without_matches_is_in_the_stream(store, clock, tmp_path):
    path = tmp_path / "audit.jsonl"
    audit = open_audit_log(path, AuditTable(), clock)
    upkeep = Upkeep(store, MemoryEphemeral(clock), People(), audit)
    clock.forward(5)
    upkeep.revoke(Selection(subject=ADA, client="spa"), "operator")
    upkeep.revoke(Selection(family=family_of(1).id), "operator")
    store.create([family_of(1), family_of(2, subject=ADA, client="spa")])
    replay.replay(store, list(revocations(path)))
    assert causes(store) == ["operator", "operator"]
    audit.close()


def test_locked_and_weakly_stored_families_are_revoked_too(store, clock, monkeypatch):
    held, unreplicated, other = (
        family_of(number, expires_at=clock() + 10**9) for number in (1, 2, 3)
    )
    store.create([held, unreplicated, other])
    rest = store.transact

    def transact(batch):
        return [
            ROW_LOCKED if family == held.id else NotReplicated(rest([(family, step)])[0])
            for family, step in batch
        ]

    monkeypatch.setattr(store, "transact", transact)
    at = clock()
    events = [
        Event(at, "revoked", family=row.id.hex(), cause="operator") for row in (held, unreplicated)
    ]
    ended = replay.replay(store, events)
    assert causes(store) == ["operator", "operator", None]
    assert {row.revoked_cause for row in ended} == {"operator"}


def test_an_unknown_cause_still_revokes(store):
    store.create([family_of(1)])
    (ended,) = replay.replay(store, [Event(at(9), "revoked", family=family_of(1).id.hex())])
    assert ended.revoked_cause == replay.UNKNOWN_CAUSE


def test_an_adopted_session_that_the_copy_does_not_have_is_made_as_an_ended_one(store, clock):
    """Otherwise its token of the other system would begin it anew."""
    adoption = jwt_adoption()
    here, gone = adoption.session_of("here"), adoption.session_of("gone")
    store.create([family_of(0)._replace(id=here)])
    named = [
        Event(at(9), "revoked", "akinon.user", each.hex(), ADA, cause="sign_out")
        for each in (here, gone, gone, b"\xff" * 16)
    ]
    ended = replay.replay(store, named, {adoption.since: adoption.until})
    assert {row.id for row in ended} == {here, gone}
    made = store.find(gone)
    assert (made.revoked_cause, made.subject, made.resource) == ("sign_out", ADA, "akinon.user")
    assert made.expires_at >= adoption.until
    assert replay.replay(store, named, {adoption.since: adoption.until}) == []
    assert replay.replay(store, named) == []


def test_what_ended_many_sessions_is_noted_for_those_without_a_row(store):
    class Notes:
        found = ()

        def end(self, *said):
            self.found += (said,)

    notes = Notes()
    event = Event(at(9), "revocation", subject=ADA, cause="password_changed")
    replay.replay(store, [event], {}, notes)
    assert notes.found == ((Selection(subject=ADA), "password_changed", at(9)),)
