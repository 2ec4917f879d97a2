"""An import of sessions that is killed goes on when it runs again.

Meanwhile clients refresh, and sessions end: none is lost, reset or revived by the second run.
"""

from __future__ import annotations

import hashlib
import json
import signal
import time
from contextlib import closing, contextmanager

import pytest
from benchmarks.importing import importing, run_import
from tests.stores.valkey.servers import Standalone
from tests.torture.postgresql import PostgreSQL

from reticket.core.commands import Refresh
from reticket.core.errors import Cause, Refusal
from reticket.core.model import Selection
from reticket.core.paging import all_of
from reticket.directory.drafts import UserDraft
from reticket.moving.sessions.importing import AT_ONCE
from reticket.runtime.assembly import perform
from reticket.runtime.opening import Builder
from reticket.testing.waiting import until

MANY = 6 * AT_ONCE
WRITTEN = MANY * 3 // 4
"""Rows that the first run gets before it is killed."""

KIND = "akinon.user"
ADA, EVE = "ada@example.com", "eve@example.com"
ENDS = int(time.time()) + 20 * 86_400
UNTIL = time.strftime("%Y-%m-%d", time.gmtime(ENDS + 86_400))
WORDS = (
    "sessions", "-", "--adoption", "old", "--digest", "sha256-hex", "--kind", KIND,
    "--until", UNTIL,
)  # fmt: skip
REFRESHED, SIGNED_OUT = 2, 3
"""Sessions of Ada that somebody uses and ends between the two runs."""


@contextmanager
def sqlite(folder):
    yield {}


@contextmanager
def postgresql(folder):
    with PostgreSQL.fresh() as server:
        yield {"sessions": server.url, "directory": server.url}


@contextmanager
def valkey(folder):
    with closing(Standalone(folder / "valkey")) as server:
        yield {"sessions": server.url}


@contextmanager
def opened(data, urls):
    builder = Builder()
    with closing(builder.open(builder.load(None, {"data": data, **urls}))) as instance:
        yield instance


def digest_of(number):
    return hashlib.sha256(token_of(number).encode()).hexdigest()


def token_of(number):
    return f"token-{number}"


def is_ended_there(number):
    return number % 5 == 0


def person_of(number):
    return EVE if number % 5 == 1 else ADA


def lines(count):
    """Of the file, in which a fifth of the sessions has ended."""
    for number in range(count):
        row = {"digest": digest_of(number), "email": person_of(number), "expires_at": ENDS}
        row |= {"revoked": True} if is_ended_there(number) else {}
        yield f"{json.dumps(row)}\n".encode()


def kept(instance):
    """Rows by the numbers of their sessions; each is there once, and is found by its person."""
    (adoption,) = instance.directory.adoptions.all()
    numbers = {adoption.session_of(digest_of(number)): number for number in range(MANY)}
    found = {row.id: row for rows in instance.store.walk() for row in rows}
    for email in (ADA, EVE):
        subject = instance.person(email).id
        pages = all_of(instance.store.page, Selection(subject=subject))
        mine = [row.id for rows in pages for row in rows]
        assert sorted(mine) == sorted(each for each, row in found.items() if row.subject == subject)
    return {numbers[family]: row for family, row in found.items()}


def refreshed(instance, token):
    def asking():
        return (yield from Refresh(KIND, token))

    return perform(instance, asking())


def killed(data, urls, settings):
    """Kill an import of the first rows in the middle."""
    with importing(data, settings, WORDS, lines(WRITTEN)) as (process, end):
        with opened(data, urls) as instance:
            stored = instance.store.walk
            until(lambda: process.poll() is not None or any(stored()), "the first rows")
        process.send_signal(signal.SIGKILL)
        process.wait()
        end.set()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("engine", [sqlite, postgresql, valkey], ids=lambda each: each.__name__)
def test_a_killed_import_goes_on_and_no_session_is_lost_reset_or_revived(tmp_path, alone, engine):
    data = tmp_path / "data"
    with engine(tmp_path) as urls:
        settings = {f"RETICKET_{name.upper()}": url for name, url in urls.items()}
        with opened(data, urls) as instance:
            for email in (ADA, EVE):
                instance.directory.users.add(UserDraft(email), "hash")
        killed(data, urls, settings)
        with opened(data, urls) as instance:
            before = kept(instance)
            assert 0 < len(before) < MANY
            newest = refreshed(instance, token_of(REFRESHED)).refresh_token
            chosen = Selection(family=before[SIGNED_OUT].id)
            instance.upkeep.revoke(chosen, "sign_out")
            instance.upkeep.revoke(Selection(subject=instance.person(EVE).id), "password_changed")
            before = kept(instance)
        run_import(data, settings, WORDS, lines(MANY))
        with opened(data, urls) as instance:
            after = kept(instance)
            assert sorted(after) == list(range(MANY))
            assert {number: after[number] for number in before} == before
            living = {number for number, row in after.items() if row.revoked_at is None}
            assert living == {
                number
                for number in range(MANY)
                if person_of(number) == ADA and not is_ended_there(number) and number != SIGNED_OUT
            }
            assert refreshed(instance, newest).family.generation == 3
            for number in (0, 1, SIGNED_OUT, MANY - 4):
                with pytest.raises(Refusal) as refused:
                    refreshed(instance, token_of(number))
                assert refused.value.cause is Cause.REVOKED
            assert refreshed(instance, token_of(MANY - 1)).family.generation == 2
