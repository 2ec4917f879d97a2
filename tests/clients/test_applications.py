"""Each web application, with its quick start, goes through the life of a session."""

from concurrent.futures import ThreadPoolExecutor

import httpx
from tests.clients.person import JOAN, Person

from reticket.testing.waiting import PATIENCE, until

AT_ONCE = 8


def test_a_person_signs_in_as_first_configured(running, person):
    assert running.application.token(person)
    assert person.signed_in == 1


def test_the_application_refreshes_its_token(running, person):
    first = running.application.token(person)
    until(lambda: running.application.token(person) != first, "a new access token")
    assert person.signed_in == 1


def test_eight_people_sign_in_at_once(running):
    def signs_in(_):
        with Person() as person:
            assert running.application.token(person)
            return person.signed_in

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(signs_in, range(AT_ONCE))) == [1] * AT_ONCE


def test_eight_requests_at_once_refresh_one_session(running, person):
    def asks(_):
        with httpx.Client(timeout=PATIENCE, cookies=person.http.cookies) as tab:
            return tab.get(running.application.home).status_code

    first = running.application.token(person)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        until(lambda: running.application.token(person) != first, "a new access token")
        for _ in range(3):
            assert set(pool.map(asks, range(AT_ONCE))) == {200}
    assert running.application.token(person)
    assert person.signed_in == 1


def test_a_refusal_by_the_person_is_shown_readably(running):
    with Person(JOAN, answer="deny") as person:
        page = person.visit(running.application.home)
    assert not str(page.url).startswith(f"{running.issuer}/")
    assert running.refusal in page.text, page.text


def test_after_a_log_out_the_session_is_over(running, person):
    token = running.application.token(person)
    assert person.visit(running.application.log_out).status_code == 200
    bearer = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{running.issuer}/oauth/userinfo", headers=bearer).status_code == 401
    running.application.token(person)
    assert person.signed_in == 2
