"""People through the admin API."""

import pytest
from tests.admin.conftest import ADA, at_the_shell

from reticket.dialects.kibo.person import person_of


def add(desk, email, **said):
    return desk.good("POST", "/users", {"email": email, **said})


def test_a_person_is_created_found_and_deleted(server, desk):
    made = add(desk, "Grace@example.com", password="a password", tenants={"1000": [1, 17]})
    assert (made["email"], made["disabled"], made["active"]) == ("Grace@example.com", False, True)
    for who in (made["id"], "grace@EXAMPLE.com"):
        assert desk.good("GET", f"/users/{who}") == made
    assert desk.good("GET", "/users?email=grace@example.com")["items"] == [made]

    def work(_, instance):
        found = instance.directory.user_credentials("grace@example.com")
        behaviors = person_of(instance.directory.user(made["id"])).tenants
        return instance.hasher.verify(found.secret_hash, "a password"), behaviors

    assert at_the_shell(server, work) == (True, {1000: (1, 17)})
    desk.good("DELETE", f"/users/{made['id']}")
    assert desk.ask("GET", f"/users/{made['id']}")[0] == 404
    assert desk.good("GET", "/users?email=grace@example.com")["items"] == []


def test_the_name_and_the_status_of_a_person_can_be_changed(desk):
    made = add(desk, "joan@example.com", first_name="Joan")
    changed = desk.good("PATCH", f"/users/{made['id']}", {"last_name": "Clarke"})
    assert (changed["first_name"], changed["last_name"]) == ("Joan", "Clarke")
    changed = desk.good("PATCH", f"/users/{made['id']}", {"first_name": None, "email": "jc@x.org"})
    assert (changed["first_name"], changed["email"]) == (None, "jc@x.org")


@pytest.mark.parametrize(
    ("said", "status"), [({"email": ADA}, 409), ({"email": "no address"}, 400)], ids=str
)
def test_an_impossible_change_is_not_made_in_part(desk, said, status):
    """The audit stream would not tell of the rest."""
    made = add(desk, f"whole{status}@example.com", first_name="Joan")
    changes = {"first_name": "Jo", "disabled": True, **said}
    assert desk.ask("PATCH", f"/users/{made['id']}", changes)[0] == status
    assert desk.good("GET", f"/users/{made['id']}") == made


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
def test_sessions_have_ended_before_the_change_is_answered(desk, change, cause):
    method, path, body = change
    who = add(desk, f"{cause}@example.com")["id"]
    desk.good("POST", "/sessions", {"client_id": "spa", "user": who})
    desk.good(method, f"/users/{who}{path}", body)
    (session,) = desk.good("GET", f"/sessions?subject={who}")["items"]
    assert session["revoked_cause"] == cause


def test_a_disabled_person_can_be_enabled_again(desk):
    who = add(desk, "back@example.com", disabled=True)["id"]
    assert desk.ask("POST", "/sessions", {"client_id": "spa", "user": who})[0] == 409
    desk.good("PATCH", f"/users/{who}", {"disabled": False})
    desk.good("POST", "/sessions", {"client_id": "spa", "user": who})


@pytest.mark.parametrize("member", ["organization", "role", "roles", "nickname", "group"])
def test_a_member_that_moved_into_a_profile_is_refused_with_its_new_place(desk, member):
    status, _, problem = desk.ask("POST", "/users", {"email": "x@example.com", member: "x"})
    assert (status, problem["detail"]) == (400, f"{member} is now a member of profile.")
    assert desk.good("GET", "/users?email=x@example.com")["items"] == []


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
def test_an_invalid_person_is_not_created(desk, said, status):
    assert desk.ask("POST", "/users", said)[0] == status
    assert desk.good("GET", "/users?email=x@example.com")["items"] == []


def test_no_password_is_returned_or_logged(server, desk):
    add(desk, "quiet@example.com", password="psst psst 1912")
    desk.ask("POST", "/users", {"email": "quiet@example.com", "password": "psst psst 1913"})
    assert "internal_error" not in server.log.read_text()
    assert "psst" not in str(desk.events()) + server.log.read_text()


@pytest.mark.parametrize("noun", ["tenants", "developer_accounts"])
def test_an_impossible_id_is_refused(desk, noun):
    body = {"email": "many@example.com", noun: {"1" + "0" * 30: [1]}}
    assert desk.ask("POST", "/users", body)[0] == 400
