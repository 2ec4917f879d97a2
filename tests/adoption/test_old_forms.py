"""Which refresh tokens are good at the other system too, and what they say there."""

from __future__ import annotations

import hmac
from dataclasses import replace

import pytest
from tests.core.adopting import SECRET, jwt_adoption, opaque_adoption

from reticket.adoption.hashids import Hashids
from reticket.adoption.keys import canonical
from reticket.adoption.old_forms import SETTLED, OldForms
from reticket.core.adoption.model import PersonThere
from reticket.core.policy import DAY, SECOND
from reticket.testing.clock import START

SALT = "salt of a drive"
KIND = "cloudreve.user"


def cloudreve(**members):
    said = {"reader": "cloudreve", "system": "cloudreve", "kind": KIND}
    return jwt_adoption(**(said | {"salts": {"hash_id_salt": SALT}} | members))


class There:
    """People in other systems, by system and id here."""

    def __init__(self):
        self.people = {("cloudreve", "ada"): PersonThere("41", "her state")}

    def find(self, system, user_id):
        return self.people.get((system, user_id))


@pytest.fixture
def there():
    return There()


def form(there, *adoptions, kind=KIND, subject="ada", at=START + SETTLED):
    return OldForms(lambda: adoptions, there.find).of(kind, subject, at)


def test_a_token_names_the_person_as_the_other_system_does(there):
    found = form(there, cloudreve())
    subject = Hashids(SALT).encode([41, 1])
    assert found.claims == {"sub": subject, "state_hash": "her state"}
    assert found.until == START + 30 * DAY * SECOND


@pytest.mark.parametrize("secret", [SECRET, "rK7wq" * 51 + "x", "k" * 64])
def test_it_is_signed_with_the_secret_of_the_other_system(there, secret):
    """Also one that is longer than a block of the hash, as Cloudreve's are."""
    found = form(there, cloudreve(key=canonical("HS256", secret)))
    assert found.sign(b"a message") == hmac.digest(secret.encode(), b"a message", "sha256")


@pytest.mark.parametrize(
    "person", [PersonThere("41", None), PersonThere("", "s"), PersonThere("4a", "s"), None]
)
def test_people_whom_the_other_system_does_not_know_get_our_form(there, person):
    there.people["cloudreve", "ada"] = person
    assert form(there, cloudreve()) is None


@pytest.mark.parametrize(
    "adoption", [jwt_adoption(kind=KIND, system="cloudreve"), opaque_adoption(kind=KIND)]
)
def test_other_systems_have_no_old_form(there, adoption):
    there.people[adoption.system, "ada"] = PersonThere("41", "her state")
    assert form(there, adoption) is None


def test_an_adoption_of_another_kind_gives_none(there):
    assert form(there, cloudreve(kind="cloudreve.app")) is None


def test_the_time_of_issue_decides_and_no_clock(there):
    """So a retry after the end of the adoption gets the same bytes."""
    adoption = cloudreve()
    assert form(there, adoption, at=adoption.until - 1)
    assert form(there, adoption, at=adoption.until) is None
    brief = cloudreve(until=START + SETTLED + 1, removed_at=START + SETTLED)
    assert form(there, brief, at=START + SETTLED)
    assert form(there, brief, at=START + SETTLED + 1) is None


def test_a_token_issued_before_the_adoption_keeps_its_bytes_at_a_retry(there):
    assert form(there, cloudreve(), at=START - 1) is None


def test_processes_that_know_of_a_change_and_that_do_not_yet_give_the_same_bytes(there):
    """A process learns of an adoption, and of its early end, seconds later."""
    adoption, end = cloudreve(), START + DAY
    assert form(there, adoption, at=START + SETTLED - 1) is form(there) is None
    ended = replace(adoption, removed_at=end)
    late = end + SETTLED - 1
    assert form(there, ended, at=late).claims == form(there, adoption, at=late).claims
    assert form(there, ended, at=end + SETTLED) is None


def test_the_newest_adoption_whose_system_knows_the_person_gives_the_form(there):
    there.people["drive-2", "grace"] = PersonThere("7", "his state")
    first = cloudreve()
    renewed = cloudreve(name="renewed", until=START + DAY)
    second = cloudreve(name="second", system="drive-2")
    every = (first, renewed, second)
    assert form(there, *every).until == START + DAY
    assert form(there, *every, subject="grace").claims["state_hash"] == "his state"
    assert form(there, *every, subject="alan") is None


def test_no_secret_is_in_a_repr(there):
    said = repr(form(there, cloudreve()))
    assert said == f"OldForm(until={START + 30 * DAY * SECOND})"
