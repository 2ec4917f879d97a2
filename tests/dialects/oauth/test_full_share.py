"""A client may fill the share of a person with marks of its proofs. The pages go on."""

from contextlib import suppress
from itertools import count

import pytest
from tests.core.world import ADA as SOMEBODY
from tests.dialects.oauth.browser import Browser, PagesWorld
from tests.dialects.oauth.test_repeated_forms import Way
from tests.dialects.oauth.token_people import ADA

from reticket.core.commands import PutIfAbsent, SecondFactor
from reticket.core.errors import Unavailable
from reticket.core.storage.budget import COVERED, OVERHEAD, Budget, of_account

ROOM = 20
SMALL = Budget(reserve=ROOM * OVERHEAD * 2 * 100)


@pytest.fixture
def world():
    made = PagesWorld(SMALL)
    yield made
    made.close()


def fill(world):
    """With marks of proofs, as each refresh of a client leaves one."""
    numbers = count()
    with suppress(Unavailable):
        while True:
            mark = f"oauth:proof:{next(numbers)}"
            world.perform(PutIfAbsent(mark, "", 100, of_account(ADA.id)))


def test_a_person_signs_out_however_full_the_share_is(world):
    browser = Browser(world).signs_in()
    browser.signs_in(prompt="login")
    fill(world)
    assert browser.gets("/oauth/logout").sends(answer="sign_out").headline == "You are signed out"
    assert {each.revoked_cause for each in world.logins()} == {"replaced", "sign_out"}


def test_a_person_ends_everything_however_full_the_share_is(world):
    browser = Browser(world).signs_in()
    browser.signs_in(prompt="login")
    fill(world)
    browser.gets("/oauth/account").sends(everything="yes")
    assert browser.headline == "You are signed out"


def test_a_second_factor_is_finished_however_full_the_share_is():
    """Its only mark is one for each right code."""
    way = Way()
    way.send(way.otp)
    (command,) = way.did(SecondFactor)
    assert [each.owner for each in command.keeps(SOMEBODY) if not each.value] == [COVERED]
