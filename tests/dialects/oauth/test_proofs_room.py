"""The storage of used proofs: one share per account, for any number of sessions."""

from dataclasses import replace

import pytest
from tests.dialects.oauth.test_token_exchange import GRANT as EXCHANGE
from tests.dialects.oauth.test_token_exchange import REFRESH
from tests.dialects.oauth.token_people import ADA
from tests.dialects.oauth.token_world import World

from reticket.core.storage.budget import OVERHEAD, Budget

MARK = OVERHEAD + len("oauth:proof:") + 64
FITS = 4
SMALL = Budget(reserve=FITS * MARK * 2 * 100)
BOB = replace(ADA, id="b" * 32, email="bob@example.com")


@pytest.fixture
def small():
    made = World(SMALL)
    made.people.users[BOB.id] = BOB
    yield made
    made.close()


def proven(world, token, grant):
    """Whether there was room for one more proof of that session."""
    named = {"refresh_token": token, "subject_token": token, "subject_token_type": REFRESH}
    reply = world.token("backend", grant_type=grant, **named, headers=world.proof())
    assert reply.status in (200, 503)
    return reply.status == 200


def token_of(world, user):
    return world.pair("backend", subject=user.id, email=user.email)["refresh_token"]


@pytest.mark.parametrize("grant", ["refresh_token", EXCHANGE])
@pytest.mark.parametrize("sessions", [1, 20])
def test_an_account_has_one_share_of_proofs_for_any_number_of_sessions(small, grant, sessions):
    """Ninety accounts with one session could fill a reserve, and so could one with ninety."""
    tokens = [token_of(small, ADA) for _ in range(sessions)]
    tries = [proven(small, token, grant) for _ in range(FITS + 1) for token in tokens]
    assert (len(tries) > FITS, sum(tries)) == (True, FITS)
    assert proven(small, token_of(small, BOB), grant)
