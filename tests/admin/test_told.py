"""Every change is audited, with the client that made it."""

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from msgspec import structs
from tests.admin.conftest import ADA, begun, enrolled, first_code
from tests.dialects.oauth.hall import request

from reticket.admin import Admin, AdminContext
from reticket.admin.clients import Clients
from reticket.admin.factors import Factors
from reticket.admin.users import Users
from reticket.core.commands import RunInDirectory
from reticket.core.errors import Unavailable
from reticket.core.policy import PRESETS
from reticket.oauth.provider import Provider
from reticket.testing.waiting import until

SESSION = {"client_id": "spa", "user": ADA}
SHARED = {"kind": "akinon.user", "client_id": "told-shared"}
CHANGES = {
    ("POST", "/sessions"): (SESSION, "session_started"),
    ("DELETE", "/sessions/{id}"): (None, "session_ended"),
    ("POST", "/sessions/revoke"): ({"client": "tv"}, "sessions_ended"),
    ("POST", "/clients"): ({"client_id": "told-anew"}, "client_added"),
    ("PATCH", "/clients/{id}"): ({"name": "Other"}, "client_changed"),
    ("DELETE", "/clients/{id}"): (None, "client_removed"),
    ("POST", "/clients/{id}/secret"): (None, "client_secret_rotated"),
    ("POST", "/clients/{id}/disable"): (None, "client_disabled"),
    ("POST", "/clients/{id}/enable"): (None, "client_enabled"),
    ("POST", "/users"): ({"email": "told-anew@example.com"}, "user_added"),
    ("PATCH", "/users/{id}"): ({"last_name": "Other"}, "user_changed"),
    ("DELETE", "/users/{id}"): (None, "user_removed"),
    ("POST", "/users/{id}/password"): ({"password": "other"}, "user_password_set"),
    ("POST", "/users/{id}/factor"): (None, "factor_begun"),
    ("POST", "/users/{id}/factor/confirm"): (None, "factor_set"),
    ("POST", "/users/{id}/factor/recovery-codes"): (None, "recovery_codes_renewed"),
    ("POST", "/users/{id}/factor/unlock"): (None, "factor_unlocked"),
    ("DELETE", "/users/{id}/factor"): (None, "factor_removed"),
    ("POST", "/keys/rotate"): ({"uses": ["mac"]}, "key_rotated"),
    ("POST", "/keys/share"): (SHARED, "key_shared"),
    ("POST", "/keys/unshare"): (SHARED, "key_unshared"),
    ("POST", "/keys/retire"): ({"compromised": True}, "key_compromised"),
}
"""By method and path: a body, and the event that it leaves."""

PREPARED = {
    "key_shared": lambda api, _: made(api, "clients", SHARED["client_id"]) and None,
    "key_unshared": lambda api, _: api.good("POST", "/keys/share", SHARED) and None,
    "factor_set": lambda api, who: first_code(begun(api, who)),
    "recovery_codes_renewed": lambda api, who: enrolled(api, who) and None,
    "factor_unlocked": lambda api, who: enrolled(api, who) and None,
}
"""What must be there before: it may answer the body."""


def made(api, noun, name):
    """Create a record to change; its id."""
    if noun == "sessions":
        _, headers, _ = api.ask("POST", "/sessions", SESSION)
        return headers["location"].rpartition("/")[2]
    if noun == "clients":
        return api.good("POST", "/clients", {"client_id": name})["client_id"]
    return api.good("POST", "/users", {"email": f"{name}@example.com"})["id"]


def mac_key(api):
    keys = api.good("GET", "/keys")["items"]
    return next(key["id"] for key in keys if (key["use"], key["state"]) == ("mac", "active"))


def told_of(api, event, what):
    lines = [line for line in api.events() if line["event"] == event]
    return [line for line in lines if what is None or what in line["detail"].values()]


def test_every_route_that_changes_something_is_tested():
    routes = Admin(AdminContext.closed(Provider("http://127.0.0.1", PRESETS))).routes
    assert {(route.method, route.path) for route in routes if route.method != "GET"} == set(CHANGES)


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_change_is_audited_with_the_client_that_made_it(api, method, path):
    body, event = CHANGES[method, path]
    what = made(api, path.split("/")[1], f"told-{event}") if "{id}" in path else None
    if event == "key_compromised":
        body = {**body, "id": mac_key(api)}
    if event in PREPARED:
        body = PREPARED[event](api, what) or body
    before = len(told_of(api, event, what))
    api.good(method, path.replace("{id}", what or ""), body)
    until(lambda: len(told_of(api, event, what)) > before)
    told = told_of(api, event, what)[-1]
    assert (told["kind"], told["subject"]) == ("admin", "admin")


def carry_out(operation, until):
    """The store fails as soon as something is there."""
    command = next(operation)
    while not until:
        made = command.work() if isinstance(command, RunInDirectory) else "a hash"
        command = operation.throw(Unavailable("away")) if until else operation.send(made)


@pytest.mark.parametrize(
    ("operations", "verb", "event"),
    [
        (Clients, "disable", "client_disabled"),
        (Clients, "remove", "client_disabled"),
        (Clients, "rotate_secret", "client_secret_rotated"),
        (Factors, "remove", "factor_removed"),
        (Users, "remove", "user_removed"),
    ],
)
def test_a_change_is_audited_even_if_the_next_step_fails(operations, verb, event):
    """Sessions that the change must end, in a store that is away: the answer is 503."""
    events = []
    context = replace(
        AdminContext.closed(Provider("http://127.0.0.1", PRESETS)),
        directory=Mock(),
        audit=SimpleNamespace(record=events.extend),
        clock=lambda: 7,
        entropy=bytes,
    )
    asked = structs.replace(request(), parameters={"id": "one"})
    with pytest.raises(Unavailable):
        carry_out(getattr(operations(context), verb)(asked, "admin"), until=events)
    assert [(told.event, told.subject, told.address) for told in events] == [
        (event, "admin", asked.caller.address)
    ]
