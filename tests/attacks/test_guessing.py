"""Guessing passwords from many addresses: bounded, and the owner stays where the owner was."""

from collections import Counter

import pytest
from tests.attacks.account_lockout import lock_out
from tests.attacks.password_spraying import spray
from tests.attacks.signing_in import RIGHT, WRONG, answered
from tests.attacks.target import target_of
from tests.pages.instance import running_service
from tests.pages.people import ADA

LIMITED = 42900
"""Cloudreve's code of a limit; its status is 200."""

HOME, ELSEWHERE = "127.2.0.1", "127.2.0.2"
SETTINGS = {
    "RETICKET_SIGN_IN__ADDRESS_FAILURES": "5",
    "RETICKET_SIGN_IN__STRANGER_FAILURES": "8",
    "RETICKET_HASHING__MEMORY": "8",
    "RETICKET_HASHING__PARALLELISM": "1",
    "RETICKET_HASHING__TIME_COST": "1",
}


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("guessed"), settings=SETTINGS) as running:
        yield target_of(running.url)


def owner(target, source):
    return answered(target, source, ADA["email"], ADA["password"])


def test_password_spraying_is_limited_by_address_and_blocks_no_other_address(target):
    found = dict(spray(target, addresses=3, tries=9))
    assert list(found.values()) == [Counter({WRONG: 5, LIMITED: 4})] * 3
    assert owner(target, HOME) == RIGHT


def test_guesses_from_unknown_networks_are_limited_and_the_owner_signs_in_from_a_known_one(target):
    assert owner(target, HOME) == RIGHT
    answers = list(lock_out(target, ADA["email"], tries=12))
    assert answers == [WRONG] * 8 + [LIMITED] * 4
    assert owner(target, ELSEWHERE) == LIMITED
    assert owner(target, HOME) == RIGHT
