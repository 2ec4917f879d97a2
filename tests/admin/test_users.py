"""People in the admin API."""

import json

import pytest
from tests.admin.conftest import ADA, at_the_shell
from tests.http.wire import call
from werkzeug.security import generate_password_hash

from reticket.core.realms import usual
from reticket.dialects import kibo
from reticket.dialects.kibo.person import person_of
from reticket.oauth.standard_claims import PERSON, Person


def add(api, email, **said):
    return api.good("POST", "/users", {"email": email, **said})


def test_a_person_is_created_found_and_deleted(server, api):
    made = add(api, "Grace@example.com", password="a password", tenants={"1000": [1, 17]})
    assert (made["email"], made["disabled"], made["active"]) == ("Grace@example.com", False, True)
    for who in (made["id"], "grace@EXAMPLE.com"):
        assert api.good("GET", f"/users/{who}") == made
    assert api.good("GET", "/users?email=grace@example.com")["items"] == [made]

    def work(_, instance):
        found = instance.directory.user_credentials(usual("grace@example.com"))
        behaviors = person_of(instance.directory.user(made["id"])).tenants
        return instance.hasher.verify(found.secret_hash, "a password"), behaviors

    assert at_the_shell(server, work) == (True, {1000: (1, 17)})
    api.good("DELETE", f"/users/{made['id']}")
    assert api.ask("GET", f"/users/{made['id']}")[0] == 404
    assert api.good("GET", "/users?email=grace@example.com")["items"] == []


def sign_in(server, email, password):
    """The word for success or refusal, by a dialect."""
    body = json.dumps({"email": email, "password": password})
    return json.loads(call(server.url, "POST", "/api/v4/session/token", body)[2])["code"]


WRONG = 40080
WERKZEUG = generate_password_hash("a password", "scrypt:1024:8:1")


def test_a_person_moves_in_with_a_hash_and_gets_argon2id_at_the_first_sign_in(server, api):
    made = add(
        api,
        "moved@example.com",
        password_hash=WERKZEUG,
        profile={"cloudreve": {"nickname": "Moved", "group": {"name": "Members"}}},
    )

    def stored(_, instance):
        return instance.directory.user_credentials(usual("moved@example.com"))

    before = at_the_shell(server, stored)
    assert before.secret_hash.startswith("$scrypt$n=1024,r=8,p=1$")
    assert sign_in(server, "moved@example.com", "wrong") == WRONG
    assert sign_in(server, "moved@example.com", "a password") == 0
    after = at_the_shell(server, stored)
    assert after.secret_hash.startswith("$argon2id$")
    assert (after.version, after.subject) == (before.version, made["id"])
    assert sign_in(server, "moved@example.com", "a password") == 0


def test_a_person_without_a_password_signs_in_by_none(server, api):
    add(api, "none@example.com")
    for said in ("", "!", "absent"):
        assert sign_in(server, "none@example.com", said) != 0


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"password_hash": "hunter2"}, "password_hash is refused: no known form has its prefix"),
        ({"password_hash": {"hunter2": 1}}, "password_hash is refused: no known form"),
        ({"password_hash": "$2b$16$" + "e" * 53}, "the cost of bcrypt must be from 4 to 15."),
        ({"password_hash": WERKZEUG, "password": "x"}, "must not be beside a password."),
        ({"hash_format": "aspnet"}, "hash_format needs a password_hash."),
        ({"password_hash": WERKZEUG, "hash_format": "aspnet"}, "must be base64."),
        ({"password_hash": "\ud800"}, ""),
        ({"password_hash": ["a"]}, "password_hash is not valid"),
    ],
)
def test_a_hash_that_cannot_be_is_refused_with_the_reason_and_without_the_hash(api, said, detail):
    status, _, problem = api.ask("POST", "/users", {"email": "bad@example.com", **said})
    assert status == 400
    assert detail in problem.get("detail", "")
    assert "hunter2" not in str(problem)
    assert WERKZEUG not in str(problem)
    assert api.good("GET", "/users?email=bad@example.com")["items"] == []


def test_the_name_and_the_status_of_a_person_can_be_changed(api):
    made = add(api, "joan@example.com", first_name="Joan")
    changed = api.good("PATCH", f"/users/{made['id']}", {"last_name": "Clarke"})
    assert (changed["first_name"], changed["last_name"]) == ("Joan", "Clarke")
    changed = api.good("PATCH", f"/users/{made['id']}", {"first_name": None, "email": "jc@x.org"})
    assert (changed["first_name"], changed["email"]) == (None, "jc@x.org")


@pytest.mark.parametrize(
    ("said", "status"), [({"email": ADA}, 409), ({"email": "no address"}, 400)], ids=str
)
def test_an_impossible_change_is_not_made_in_part(api, said, status):
    """Otherwise a part of the change would not be audited."""
    made = add(api, f"whole{status}@example.com", first_name="Joan")
    changes = {"first_name": "Jo", "disabled": True, **said}
    assert api.ask("PATCH", f"/users/{made['id']}", changes)[0] == status
    assert api.good("GET", f"/users/{made['id']}") == made


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (("PATCH", "", {"disabled": True}), "user_disabled"),
        (("PATCH", "", {"email": "other@example.com"}), "email_changed"),
        (("POST", "/password", {"password": "new"}), "password_changed"),
        (("DELETE", "", None), "user_deleted"),
    ],
    ids=lambda said: said if isinstance(said, str) else None,
)
def test_sessions_have_ended_before_the_change_is_answered(api, change, cause):
    method, path, body = change
    who = add(api, f"{cause}@example.com")["id"]
    api.good("POST", "/sessions", {"client_id": "spa", "user": who})
    api.good(method, f"/users/{who}{path}", body)
    (session,) = api.good("GET", f"/sessions?subject={who}")["items"]
    assert session["revoked_cause"] == cause


def test_a_disabled_person_can_be_enabled_again(api):
    who = add(api, "back@example.com", disabled=True)["id"]
    assert api.ask("POST", "/sessions", {"client_id": "spa", "user": who})[0] == 409
    api.good("PATCH", f"/users/{who}", {"disabled": False})
    api.good("POST", "/sessions", {"client_id": "spa", "user": who})


@pytest.mark.parametrize("member", ["organization", "role", "nickname", "group"])
def test_a_member_that_moved_into_a_profile_is_refused_with_its_new_place(api, member):
    status, _, problem = api.ask("POST", "/users", {"email": "x@example.com", member: "x"})
    assert (status, problem["detail"]) == (400, f"{member} is now a member of profile.")
    assert api.good("GET", "/users?email=x@example.com")["items"] == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"email": ADA}, 409),
        ({"email": "no address"}, 400),
        ({"email": "x@example.com", "password": ""}, 400),
        ({"email": "x@example.com", "tenants": {"9": [1]}}, 404),
        ({"email": "x@example.com", "tenants": {"1000": [2**31]}}, 400),
        ({"email": "x@example.com", "role": "admin"}, 400),
    ],
    ids=str,
)
def test_an_invalid_person_is_not_created(api, said, status):
    assert api.ask("POST", "/users", said)[0] == status
    assert api.good("GET", "/users?email=x@example.com")["items"] == []


def test_no_password_is_returned_or_logged(server, api):
    add(api, "quiet@example.com", password="psst psst 1912")
    api.ask("POST", "/users", {"email": "quiet@example.com", "password": "psst psst 1913"})
    assert "internal_error" not in server.log.read_text()
    assert "psst" not in str(api.events()) + server.log.read_text()


@pytest.mark.parametrize("member", ["groups", "roles"])
def test_the_groups_and_roles_of_a_person_are_given_and_replaced(api, member):
    made = add(api, f"{member}@example.com", **{member: ["staff", "admins"]})
    assert made[member] == ["admins", "staff"]
    who = f"/users/{made['id']}"
    assert api.good("PATCH", who, {"last_name": "x"})[member] == ["admins", "staff"]
    assert api.good("PATCH", who, {member: []})[member] == []
    assert api.ask("PATCH", who, {member: [" "]})[0] == 400


def test_the_claims_of_a_person_are_given_replaced_and_removed(server, api):
    def claims(_, instance):
        return PERSON.of(instance.directory.user_by_email("claims@example.com"))

    made = add(api, "claims@example.com", profile={"claims": {"nickname": "Jo", "locale": "fr"}})
    assert at_the_shell(server, claims) == Person(nickname="Jo", locale="fr")
    who = f"/users/{made['id']}"
    api.good("PATCH", who, {"profile": {"claims": {"nickname": "Joan"}}})
    assert at_the_shell(server, claims) == Person(nickname="Joan")
    assert api.ask("PATCH", who, {"profile": {"claims": {"locale": "in French"}}})[0] == 400
    assert api.ask("PATCH", who, {"profile": {"else": {}}})[0] == 400
    api.good("PATCH", who, {"profile": {"claims": None}})
    assert at_the_shell(server, claims) is None


@pytest.mark.parametrize("noun", ["tenants", "developer_accounts"])
def test_an_impossible_id_is_refused(api, noun):
    body = {"email": "many@example.com", noun: {"1" + "0" * 30: [1]}}
    assert api.ask("POST", "/users", body)[0] == 400


def test_a_person_of_a_realm_is_created_and_found_there_alone(api):
    realm = kibo.Kibo.realms[0].of(1001)
    made = add(api, ADA, realm=realm, user_name="countess")
    assert (made["realm"], made["user_name"]) == (realm, "countess")
    for name in (ADA, "countess"):
        found = api.good("GET", f"/users?realm={realm}&email={name}")["items"]
        assert found == [made]
    assert api.good("GET", f"/users?realm={realm}")["items"] == [made]
    assert api.good("GET", f"/users/{made['id']}") == made
    assert api.good("GET", f"/users/{ADA}")["id"] != made["id"]
    started = {"client_id": "spa", "user": made["id"]}
    status, _, problem = api.ask("POST", "/sessions", started)
    assert (status, problem["code"]) == (400, "invalid_parameter")
    changed = api.good("PATCH", f"/users/{made['id']}", {"disabled": True})
    assert changed["disabled"]
    api.good("DELETE", f"/users/{made['id']}")
    assert api.good("GET", f"/users?realm={realm}")["items"] == []


def test_people_have_a_realm_and_a_list_of_one_realm(api):
    made = add(api, "usual@example.com")
    assert (made["realm"], made["user_name"], made["number"]) == ("", None, None)
    assert api.good("GET", "/users?realm=nowhere")["items"] == []
    assert api.good("GET", "/users?realm=nowhere&email=usual@example.com")["items"] == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"realm": "nowhere"}, "'nowhere' is no realm"),
        ({"user_name": "bobby"}, "needs the realm of a dialect"),
        ({"number": 5}, "needs the realm of a dialect"),
    ],
)
def test_a_realm_that_no_dialect_declares_is_refused_with_the_reason(api, said, words):
    status, _, problem = api.ask("POST", "/users", {"email": "realm@example.com", **said})
    assert (status, problem["code"]) == (400, "invalid_parameter")
    assert words in str(problem)
