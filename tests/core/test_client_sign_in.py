"""A client's secret: hashed once, known then, until anything of it changes."""

from dataclasses import replace

import pytest
from tests.core.conftest import NEW, SECRET, WEB
from tests.core.world import CALLER

from reticket.core.commands import SignInClient
from reticket.core.errors import Code, Refusal

EVE = CALLER._replace(address="198.51.100.9")


def said(secret=SECRET, client_id="web", caller=CALLER):
    return SignInClient("test", client_id, secret), caller


def known(hall, *batch):
    return hall.desk.known_clients(batch or [said()])


def test_nobody_is_known_before_a_hash_was_verified(hall):
    assert known(hall) == [None]
    assert hall.desk.client(*said()) is WEB
    assert known(hall) == [WEB]
    assert len(hall.hasher.verified) == 1


def test_of_many_each_gets_its_own_answer(hall):
    hall.desk.client(*said())
    catch_ups = hall.people.catch_ups
    batch = [said("wrong"), said(), said(client_id="nobody"), said(secret="")]
    assert known(hall, *batch) == [None, WEB, None, None]
    assert hall.people.catch_ups == catch_ups + 1


@pytest.mark.parametrize("change", ["secret", "disabled", "public", "gone"])
def test_whoever_has_changed_is_not_known(hall, change):
    hall.desk.client(*said())
    if change == "secret":
        hall.people.hashes["web"] = NEW + "another"
    elif change == "disabled":
        hall.people.clients["web"] = replace(WEB, disabled=True)
    elif change == "public":
        hall.people.hashes.pop("web")
    else:
        hall.people.clients.pop("web")
    assert known(hall) == [None]
    with pytest.raises(Refusal):
        hall.desk.client(*said())


def test_an_address_with_too_many_failures_gets_no_further_by_a_known_secret(hall):
    hall.desk.client(*said())
    for _ in range(6):
        with pytest.raises(Refusal):
            hall.desk.client(*said("wrong"))
    assert known(hall, said(), said(caller=EVE)) == [None, WEB]
    with pytest.raises(Refusal) as refused:
        hall.desk.client(*said())
    assert refused.value.code is Code.TOO_MANY_ATTEMPTS
