"""LDAP: what is searched and bound, over real TLS, and what a hostile server does not get."""

import time
from contextlib import ExitStack

import pytest
from tests.fetching.other_server import SHORT
from tests.handover.ldap_server import (
    BASE,
    BOBS,
    PEOPLE,
    SECRET,
    SERVICE,
    SUCCESS,
    bound,
    endless,
    entry,
    honest,
    ldap_server,
    raw,
    result,
    slowly,
    yes_to_everything,
)
from tests.handover.old_back_end import BOB, HOST, OLD

from reticket.core.errors import Cause
from reticket.core.handover import Confirmed, Denied, NoAnswer
from reticket.fetching import Reach, Resolver, SafeTalk
from reticket.handover.ldap import LdapSignIn, People, filters

PERSON = "(&(objectClass=person)(mail={name}))"
WRONG = Denied(Cause.WRONG_SECRET)
EVE = "eve@example.com"


@pytest.fixture
def asked(tmp_path):
    """Asks a server that answers so."""
    with ExitStack() as stack:

        def ask(
            name=BOB,
            password=OLD,
            *,
            answers=honest,
            condition=PERSON,
            service=(SERVICE, SECRET),
            timeout=60.0,
            own_name=HOST,
            trusted=(HOST,),
            change=lambda server: None,
        ):
            server, ca_file = stack.enter_context(ldap_server(tmp_path, answers, own_name))
            ask.server = server
            change(server)
            reach = Reach(Resolver(), trusted, ca_file)
            talk = SafeTalk(f"ldaps://{HOST}:{server.port}", reach, time.monotonic, timeout)
            people = People(BASE, filters.parse(condition), *service)
            ask.way = LdapSignIn(people, talk)
            return ask.way(name, password)

        yield ask


def test_a_person_is_searched_with_the_service_and_bound_with_the_password(asked):
    assert asked() == Confirmed(BOB, "Bob", "Tables")
    assert asked.server.binds == [(SERVICE, SECRET), (BOBS, OLD)]
    ((base, scope, _),) = asked.server.searches
    assert (base, scope) == (BASE, 2)
    assert asked.server.connections == 1


def test_the_search_may_be_anonymous(asked):
    assert asked(service=(None, None)) == Confirmed(BOB, "Bob", "Tables")
    assert asked.server.binds == [(BOBS, OLD)]


def test_the_address_among_several_is_the_one_that_was_asked_for(asked):
    answer = asked("eve.alias@example.com", "eve's password")
    assert answer == Confirmed("Eve.Alias@Example.com")


def test_a_wrong_password_and_an_unknown_name_take_the_same_binds(asked):
    assert asked(password="wrong") == WRONG
    assert len(asked.server.binds) == 2
    assert asked("nobody@example.com") == WRONG
    (_, (nobody, password)) = asked.server.binds
    assert nobody.endswith(f",{BASE}")
    assert password == OLD


def test_an_empty_password_is_not_sent(asked):
    assert asked(password="") == WRONG
    assert asked.server.connections == 0


@pytest.mark.parametrize(
    "name",
    [
        "*",
        "bob*",
        "*)(mail=*",
        f"{BOB})(objectClass=*",
        f"x)(|(mail={BOB}",
        "x)(&(objectClass=person)(mail=*",
        "\\2a",
        "bob@example.com\0",
        ")",
        "(",
        "",
    ],
)
def test_a_name_changes_no_filter(asked, name):
    assert asked(name) == WRONG
    ((_, _, condition),) = asked.server.searches
    person, mail = condition.getComponent()
    assert bytes(person.getComponent()["assertionValue"]) == b"person"
    assert bytes(mail.getComponent()["assertionValue"]) == name.encode()


def test_of_several_people_with_one_address_nobody_signs_in(asked):
    assert asked(condition="(mail={name})") == Denied(Cause.WRONG_SUBJECT)
    assert len(asked.server.binds) == 1


def test_a_server_that_gives_more_people_than_were_asked_for_signs_in_none_of_them(asked):
    def answers(server, operation):
        if operation.getName() != "searchRequest":
            return honest(server, operation)
        entries = [entry(name, {"mail": [BOB]}) for name in PEOPLE]
        return [*entries, result("searchResDone", SUCCESS)]

    assert asked(answers=answers) == Denied(Cause.WRONG_SUBJECT)
    assert asked.server.binds == [(SERVICE, SECRET)]


def test_a_server_that_lets_anybody_in_says_yes_to_nobody_whom_it_does_not_have(asked):
    def answers(server, operation):
        if operation.getName() == "searchRequest":
            return [result("searchResDone", SUCCESS)]
        return [result("bindResponse", SUCCESS)]

    assert asked(answers=answers) == WRONG


@pytest.mark.parametrize("last_name", [b"\xff\xfe", "\u00e9".encode("latin-1")])
def test_a_name_that_cannot_be_read_is_left_out(asked, last_name):
    def answers(server, operation):
        if operation.getName() != "searchRequest":
            return honest(server, operation)
        found, done = entry(BOBS, {"mail": [BOB], "sn": ["x"]}), result("searchResDone", SUCCESS)
        found[1]["attributes"][1]["vals"][0] = last_name
        return [found, done]

    assert asked(answers=answers) == Confirmed(BOB)


def test_a_filter_may_leave_out_blocked_people(asked):
    blocked = "(!(userAccountControl:1.2.840.113556.1.4.803:=2))"
    assert asked(EVE, "eve's password", condition=f"(&(mail={{name}}){blocked})") == WRONG
    assert asked(condition=f"(&(sn=*)(mail={{name}}){blocked})") == Confirmed(BOB, "Bob", "Tables")


@pytest.mark.parametrize("name", ["", " "], ids=["empty", "blank"])
def test_an_entry_without_a_name_is_never_bound(asked, name):
    def answers(server, operation):
        if operation.getName() == "bindRequest":
            return [bound(server, operation.getComponent())]
        return [entry(name, {"mail": [BOB]}), result("searchResDone", SUCCESS)]

    assert asked(answers=answers) == (NoAnswer("bad_answer") if not name else WRONG)


def test_an_entry_without_an_address_is_nobody(asked):
    def change(server):
        server.people[BOBS] = {**PEOPLE[BOBS], "uid": ["bob"], "mail": []}

    assert asked("bob", condition="(uid={name})", change=change) == Denied(Cause.WRONG_SUBJECT)


def test_a_yes_to_everything_is_a_yes_for_the_name_that_was_asked_for(asked):
    assert asked(EVE, "anything", answers=yes_to_everything) == Confirmed(EVE)


def test_a_yes_for_another_address_names_that_one(asked):
    def answers(server, operation):
        if operation.getName() == "bindRequest":
            return [result("bindResponse", SUCCESS)]
        return [entry(BOBS, {"mail": [BOB]}), result("searchResDone", SUCCESS)]

    assert asked(EVE, "anything", answers=answers) == Confirmed(BOB)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (49, WRONG),
        (19, Denied(Cause.DISABLED)),
        (48, Denied(Cause.DISABLED)),
        (53, Denied(Cause.DISABLED)),
        (10, NoAnswer("bind_code_10")),
        (51, NoAnswer("bind_code_51")),
    ],
)
def test_what_a_bind_of_the_person_may_answer(asked, code, expected):
    def answers(server, operation):
        said = operation.getComponent()
        if operation.getName() == "bindRequest" and bytes(said["name"]).decode() == BOBS:
            return [result("bindResponse", code)]
        return honest(server, operation)

    assert asked(answers=answers) == expected


def test_a_service_that_may_not_search_is_no_answer(asked):
    assert asked(service=(SERVICE, "wrong")) == NoAnswer("bind_code_49", is_down=True)
    refused = [result("searchResDone", 50)]
    said = asked(service=(None, None), answers=lambda server, operation: refused)
    assert said == NoAnswer("search_code_50")


BYTES = {
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a long message": b"\x30\x84\x7f\xff\xff\xff",
    "no definite length": b"\x30\x80\x02\x01\x01\x00\x00",
    "an empty message": b"\x30\x00",
    "a huge number": b"\x30\x10\x02\x09" + b"\xff" * 9 + b"\x61\x03\x0a\x01\x00",
    "another request's": b"\x30\x0c\x02\x01\x09\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
    "another operation": b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00",
    "no code": b"\x30\x0c\x02\x01\x01\x61\x07\x04\x01\x00\x04\x00\x04\x00",
}


@pytest.mark.parametrize("said", BYTES.values(), ids=BYTES.keys())
def test_bytes_that_are_no_answer(asked, said):
    answer = asked(answers=lambda server, operation: [said])
    assert answer == NoAnswer("bad_answer")


def test_a_right_answer_to_another_request_is_none(asked):
    def answers(server, operation):
        return [raw(each, 9) for each in honest(server, operation)]

    assert asked(answers=answers) == NoAnswer("bad_answer")


def test_a_connection_that_ends_is_no_answer(asked):
    def ends(server, operation):
        raise OSError

    assert asked(answers=ends).reason in ("bad_answer", "unreachable")


@pytest.mark.parametrize("answers", [slowly, lambda server, operation: []], ids=["slow", "silent"])
def test_a_slow_server_ends_with_its_time(asked, answers):
    assert asked(answers=answers, timeout=SHORT) == NoAnswer("timed_out", is_down=True)


def test_a_server_that_sends_without_an_end_is_cut_off_and_its_references_are_not_followed(asked):
    assert asked(answers=endless, service=(None, None)) == NoAnswer("too_large")
    assert asked.server.connections == 1


def test_a_server_whose_certificate_is_another_hosts_gets_no_password(asked):
    assert asked(own_name="other.example") == NoAnswer("bad_certificate", is_down=True)
    assert asked.server.binds == []


def test_a_private_host_must_be_named(asked):
    assert asked(trusted=()) == NoAnswer("refused_address", is_down=True)


def test_no_repr_has_a_password(asked):
    asked()
    assert SECRET not in repr(People(BASE, filters.parse(PERSON), SERVICE, SECRET))
    assert OLD not in repr(asked.way)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mail={name}",
        "(mail={name}",
        "(mail={name}))",
        "(&)",
        "()",
        "(mail={name}*)",
        "(mail=\\zz)",
        "(!)",
        "(&(mail={name})",
        "(" * 50,
        "(&" * 20 + "(mail={name})" + ")" * 20,
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_at_the_start(text):
    with pytest.raises(ValueError, match=r"filter|comparison|patterns|backslash"):
        filters.parse(text)


def test_an_escaped_value_is_the_byte(asked):
    assert asked(condition="(&(mail={name})(objectClass=\\70erson))").email == BOB
