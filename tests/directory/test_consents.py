"""The consents of people, which are kept beside their records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reticket.directory.drafts import ClientDraft, UserDraft

ADA, GRACE = "ada@example.com", "grace@example.com"


@pytest.fixture
def peopled(directory):
    for email in (ADA, GRACE):
        directory.users.add(UserDraft(email), "hash")
    for client_id in ("web", "shop"):
        directory.clients.add(ClientDraft(client_id, False, {}), None)
    directory.catch_up()
    return directory


def id_of(directory, email=ADA):
    return directory.user_by_email(email).id


def test_a_consent_is_of_one_person_and_one_client(peopled):
    ada, grace = id_of(peopled), id_of(peopled, GRACE)
    web, shop = peopled.client("web"), peopled.client("shop")
    assert peopled.consents.scopes_of(ada, web) is None
    peopled.consents.keep(ada, web, ("openid", "orders"))
    assert peopled.consents.scopes_of(ada, web) == ("openid", "orders")
    assert peopled.consents.scopes_of(grace, web) is None
    assert peopled.consents.scopes_of(ada, shop) is None


def test_scopes_are_added(peopled):
    ada, web = id_of(peopled), peopled.client("web")
    peopled.consents.keep(ada, web, ("openid",))
    peopled.consents.keep(ada, web, ("orders", "openid"))
    assert peopled.consents.scopes_of(ada, web) == ("openid", "orders")


def test_a_consent_without_scopes_is_one(peopled):
    ada, web = id_of(peopled), peopled.client("web")
    peopled.consents.keep(ada, web, ())
    assert peopled.consents.scopes_of(ada, web) == ()


def test_a_later_client_of_the_same_id_has_no_consent(peopled):
    ada, web = id_of(peopled), peopled.client("web")
    peopled.consents.keep(ada, web, ("openid",))
    later = replace(web, created_at=web.created_at + 1)
    assert peopled.consents.scopes_of(ada, later) is None
    peopled.consents.keep(ada, later, ("orders",))
    assert peopled.consents.scopes_of(ada, later) == ("orders",)


def test_a_consent_is_taken_back(peopled):
    ada, web = id_of(peopled), peopled.client("web")
    peopled.consents.keep(ada, web, ("openid",))
    assert peopled.consents.forget(ada, "web")
    assert not peopled.consents.forget(ada, "web")
    assert peopled.consents.scopes_of(ada, web) is None


def test_the_consents_of_a_person_are_listed(peopled):
    ada = id_of(peopled)
    for client_id in ("web", "shop"):
        peopled.consents.keep(ada, peopled.client(client_id), ("openid",))
    found = [(each.client_id, each.scopes) for each in peopled.consents.of_user(ada)]
    assert found == [("shop", ("openid",)), ("web", ("openid",))]
    assert peopled.consents.of_user(id_of(peopled, GRACE)) == []


def test_a_removed_client_or_person_leaves_no_consent(peopled):
    ada, grace = id_of(peopled), id_of(peopled, GRACE)
    for user_id in (ada, grace):
        peopled.consents.keep(user_id, peopled.client("web"), ("openid",))
    peopled.users.delete(GRACE)
    assert peopled.consents.of_user(grace) == []
    peopled.clients.remove("web")
    assert peopled.consents.of_user(ada) == []


def test_a_consent_of_somebody_who_was_removed_meanwhile_is_not_kept(peopled):
    ada, web = id_of(peopled), peopled.client("web")
    peopled.users.delete(ADA)
    peopled.consents.keep(ada, web, ("openid",))
    assert peopled.consents.of_user(ada) == []


def test_a_consent_makes_no_process_read_its_records_again(peopled):
    before = peopled.version
    peopled.consents.keep(id_of(peopled), peopled.client("web"), ("openid",))
    peopled.catch_up()
    assert peopled.version == before
