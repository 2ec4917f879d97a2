"""A hostile old back end: nothing of it gets more than one person's own session."""

import json
from contextlib import ExitStack

import pytest
from tests.fetching.other_server import SHORT, slowly
from tests.handover.ldap_server import BASE, SERVICE, ldap_server
from tests.handover.ldap_server import SECRET as SECRET_OF_SERVICE
from tests.handover.ldap_server import honest as honest_ldap
from tests.handover.ldap_server import yes_to_everything as yes_of_ldap
from tests.handover.old_back_end import (
    BOB,
    OLD,
    broken,
    honest,
    http,
    question_of,
    redirecting,
    refusing,
    saying,
    signed,
)

from reticket.core.errors import Code, Refusal, Unavailable
from reticket.core.people import NO_PASSWORD
from reticket.directory.drafts import UserDraft

EVE, ADMIN = "eve@example.com", "admin@example.com"
KINDS = ["akinon.user", "cloudreve.user", "oauth.user", "kibo.adminuser"]


def yes_to_everything(connection, request):
    said = {"result": "yes", "email": question_of(request)["email"], "roles": ["admin"]}
    connection.sendall(signed(request, said))


def failing(connection, request):
    connection.sendall(http(b"", status="500 Internal Server Error"))


def refused(service, email, password, **more):
    with pytest.raises(Refusal) as caught:
        service.sign_in(email, password, **more)
    return caught.value.code


def unavailable(service, email=BOB, password=OLD):
    with pytest.raises(Unavailable) as caught:
        service.sign_in(email, password)
    assert caught.value.retry_after >= 1
    assert password not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_unknown_signs_in_to_each_dialect_and_is_kept_without_any_role(moved, kind):
    service = moved(honest)
    user = service.sign_in(BOB, OLD, kind=kind)
    assert (user.email, user.first_name) == (BOB, "Bob")
    assert (user.roles, user.groups, user.tenants, user.accounts) == ((), (), (), ())
    assert user.id != "0" * 32
    assert service.sign_in(BOB.upper(), OLD, kind=kind).id == user.id
    assert len(service.server.requests) == 1


def test_a_session_of_somebody_who_was_kept_refreshes(moved):
    service = moved(honest)
    issued = service.begin(service.sign_in(BOB, OLD))
    assert issued.refresh_token
    assert issued.family.subject == service.person(BOB).id


def test_a_yes_to_everything_opens_one_new_persons_own_session_and_no_others(moved):
    service = moved(yes_to_everything)
    directory, hasher = service.instance.directory, service.instance.hasher
    admin = directory.users.add(UserDraft(ADMIN, roles=("admin",)), hasher.hash("a good password"))
    blocked = directory.users.add(UserDraft("b@example.com", disabled=True), NO_PASSWORD)
    directory.users.delete(directory.users.add(UserDraft("gone@example.com"), NO_PASSWORD))
    eve = service.sign_in(EVE, "anything")
    assert (eve.email, eve.roles) == (EVE, ())
    assert eve.id not in (admin, blocked)
    for email in (ADMIN, "b@example.com", "gone@example.com"):
        assert refused(service, email, "anything", kind="oauth.user") is Code.INVALID_CREDENTIALS
    assert len(service.server.requests) == 1


def test_a_yes_to_everything_takes_only_the_first_password(moved):
    service = moved(yes_to_everything)
    service.sign_in(EVE, "the first")
    assert refused(service, EVE, "another") is Code.INVALID_CREDENTIALS
    assert service.sign_in(EVE, "the first").email == EVE


TYPED = {
    "\u017fusan@example.com": "susan@example.com",
    "stra\u00dfe@example.com": "strasse@example.com",
    "SUSAN@example.com": "susan@example.com",
}


def telling_apart(connection, request):
    """An old back end for which each spelling is another person, all with one password."""
    asked = question_of(request)
    is_attacker = asked["email"] in TYPED
    said = {"result": "yes", "email": asked["email"]} if is_attacker else {"result": "no"}
    connection.sendall(signed(request, said))


@pytest.mark.parametrize("typed", TYPED)
def test_a_name_that_folds_to_another_takes_over_nobody(moved, typed):
    service = moved(telling_apart)
    draft = UserDraft(TYPED[typed])
    victim = service.instance.directory.users.add(draft, NO_PASSWORD)
    assert refused(service, typed, "anything", kind="oauth.user") is Code.INVALID_CREDENTIALS
    with service.instance.directory.database.read() as connection:
        (stored,) = connection.exec_driver_sql("SELECT secret_hash FROM users").scalars()
    assert (stored, service.person(TYPED[typed]).id) == (NO_PASSWORD, victim)
    assert question_of(service.server.requests[0])["email"] == TYPED[typed]


@pytest.mark.parametrize("typed", TYPED)
def test_a_name_that_folds_to_another_is_not_kept_in_its_place(moved, typed):
    service = moved(telling_apart)
    assert refused(service, typed, "anything", kind="oauth.user") is Code.INVALID_CREDENTIALS
    assert service.person(TYPED[typed]) is None


def test_a_yes_for_another_person_is_a_wrong_password(moved):
    service = moved(saying({"result": "yes", "email": ADMIN}))
    assert refused(service, EVE, "anything") is Code.INVALID_CREDENTIALS
    assert service.person(EVE) is service.person(ADMIN) is None
    assert '"cause":"wrong_subject"' in service.events()


def test_an_older_yes_opens_nothing_for_another_question(moved):
    kept = []

    def replay(connection, request):
        kept.append(signed(request, {"result": "yes", "email": BOB}))
        connection.sendall(kept[0])

    service = moved(replay)
    service.sign_in(BOB, OLD)
    service.instance.directory.users.delete(BOB)
    unavailable(service, EVE, "anything")
    assert service.person(EVE) is None


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (failing, "bad_status"),
        (slowly(b"HTTP/1.1 200 OK\r\n\r\n", b" "), "timed_out"),
        (lambda connection, request: connection.recv(1), "timed_out"),
    ],
    ids=["500", "endless", "silent"],
)
def test_no_answer_is_503_and_keeps_nobody(moved, behave, reason):
    service = moved(behave, timeout=SHORT, failures=2)
    assert reason in unavailable(service)
    assert reason in unavailable(service)
    assert "is not asked" in unavailable(service)
    assert service.person(BOB) is None
    assert service.server.connections == 2


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (redirecting, "redirected"),
        (refusing, "bad_status"),
        (broken(b"{"), "bad_answer"),
        (broken(b"[" * 60_000), "bad_answer"),
        (broken(b" " * 70_000), "too_large"),
    ],
    ids=["redirect", "401", "broken JSON", "deep JSON", "large"],
)
def test_a_bad_answer_about_one_person_stops_no_question_about_another(moved, behave, reason):
    service = moved(
        lambda *said: (behave if EVE.encode() in said[1] else honest)(*said), failures=2
    )
    for _ in range(3):
        assert reason in unavailable(service, EVE)
    assert service.sign_in(BOB, OLD).email == BOB
    assert service.person(EVE) is None


def test_no_answer_counts_no_failure(moved):
    service = moved(failing, failures=1000)
    for _ in range(12):
        unavailable(service)
    service.server.behave = honest
    assert service.sign_in(BOB, OLD).email == BOB


def test_guesses_are_limited_as_here_and_stop_at_the_limit(moved):
    service = moved(honest)
    for number in range(10):
        assert refused(service, BOB, f"guess {number}") is Code.INVALID_CREDENTIALS
    assert refused(service, BOB, OLD) is Code.TOO_MANY_ATTEMPTS
    assert len(service.server.requests) == 10


def test_a_server_that_another_authority_vouches_for_gets_no_password(moved):
    service = moved(honest, trusted=False)
    assert "bad_certificate" in unavailable(service)
    assert service.server.requests == []


def test_the_audit_stream_says_who_was_kept_and_never_a_password(moved):
    service = moved(honest)
    refused(service, BOB, "a wrong guess")
    user = service.sign_in(BOB, OLD)
    lines = [json.loads(line) for line in service.events().splitlines()]
    kept = [line for line in lines if line["event"] == "handed_over"]
    assert [(line["subject"], line["kind"]) for line in kept] == [(user.id, "akinon.user")]
    assert kept[0]["detail"] == {"way": "webhook", "created": True}
    assert OLD not in service.events()
    assert "a wrong guess" not in service.events()


def test_the_kept_hash_is_one_of_ours(moved):
    service = moved(honest)
    service.sign_in(BOB, OLD)
    with service.instance.directory.database.read() as connection:
        (stored,) = connection.exec_driver_sql("SELECT secret_hash FROM users").scalars()
    assert stored.startswith("$argon2id$")
    assert not service.instance.hasher.is_old(stored)


@pytest.fixture
def by_ldap(moved, tmp_path):
    """Opens a service over an LDAP server that answers so."""
    with ExitStack() as stack:

        def opened(answers, **said):
            (tmp_path / "ldap").mkdir()
            server, ca_file = stack.enter_context(ldap_server(tmp_path / "ldap", answers))
            (tmp_path / "bind").write_text(f"{SECRET_OF_SERVICE}\n")
            table = {"by": "ldap", "url": f"ldaps://localhost:{server.port}", "base": BASE}
            table |= {"filter": "(&(objectClass=person)(mail={name}))", "bind_dn": SERVICE}
            table |= {"secret_file": str(tmp_path / "bind"), **said}
            return moved(honest, ca_file=ca_file, **table), server

        yield opened


def test_somebody_of_an_ldap_server_signs_in_and_is_kept(by_ldap):
    service, server = by_ldap(honest_ldap)
    user = service.sign_in(BOB, OLD, kind="oauth.user")
    assert (user.email, user.first_name, user.last_name) == (BOB, "Bob", "Tables")
    assert service.sign_in(BOB, OLD, kind="oauth.user") == user
    assert len(server.searches) == 1
    assert refused(service, EVE, "a wrong guess", kind="oauth.user") is Code.INVALID_CREDENTIALS
    assert refused(service, BOB, "", kind="oauth.user") is Code.INVALID_CREDENTIALS
    assert all(password for _, password in server.binds)


def test_an_ldap_server_that_says_yes_to_everything_opens_one_persons_own_session(by_ldap):
    service, server = by_ldap(yes_of_ldap)
    directory, hasher = service.instance.directory, service.instance.hasher
    directory.users.add(UserDraft(ADMIN, roles=("admin",)), hasher.hash("a good password"))
    assert service.sign_in(EVE, "anything", kind="oauth.user").roles == ()
    assert refused(service, ADMIN, "anything", kind="oauth.user") is Code.INVALID_CREDENTIALS
    assert len(server.binds) == 2


@pytest.mark.parametrize("name", ["*@example.com", "x)(mail=*@example.com", "*)(mail=b*@e.com"])
def test_a_name_with_a_filter_in_it_finds_nobody(by_ldap, name):
    service, server = by_ldap(honest_ldap)
    assert refused(service, name, OLD, kind="oauth.user") is Code.INVALID_CREDENTIALS
    assert BOB not in str(server.binds)
    assert len(service.instance.directory.users.page()) == 0
