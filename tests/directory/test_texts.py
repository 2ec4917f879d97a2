"""Allowed characters: no control characters, and no invisible ones in ids and e-mails."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests.directory.conftest import open_one

from reticket.core.errors import StartupError
from reticket.core.people import DeveloperAccount
from reticket.directory.drafts import ApplicationDraft, ClientDraft, TenantDraft, UserDraft
from reticket.directory.errors import Invalid
from reticket.directory.seed import load_seed

ZWNJ = "\u200c"
"""Persian names need it."""

CONTROLS = ["\x1b", "\n", "\x7f", "\x9b"]
UNSEEN = ["\u202e", "\u2066", "\u200b", ZWNJ, "\ufeff"]


def user(name="Ada", email="ada@example.com", **more):
    return UserDraft(email, name, **more)


def client(**registration):
    return ClientDraft("c", False, registration)


def tenant(name=None, value=None):
    attributes = [{"name": "size", "value": {"deep": [value]}}]
    return TenantDraft(1000, name, {"kibo": {"attributes": attributes}})


def drive(nickname, group, **said):
    return {"cloudreve": {"nickname": nickname, "group": {"name": group, **said}}}


REGISTER = {
    "a person": lambda to, text: to.users.add(user(text), "hash"),
    "an organization": lambda to, text: to.users.add(
        user(parts={"organization": {"name": text}}), "hash"
    ),
    "a role": lambda to, text: to.users.add(
        user(parts={"organization": {"name": "Navy", "roles": [text]}}), "hash"
    ),
    "a nickname": lambda to, text: to.users.add(user(parts=drive(text, "Admin")), "hash"),
    "a group": lambda to, text: to.users.add(user(parts=drive("ada", text)), "hash"),
    "a client": lambda to, text: to.clients.add(client(name=text), "hash"),
    "a client's list": lambda to, text: to.clients.add(client(x=[{"deep": text}]), "hash"),
    "a client's member": lambda to, text: to.clients.add(client(**{text: 1}), "hash"),
    "an account": lambda to, text: to.accounts.add(DeveloperAccount(77, text)),
    "a tenant": lambda to, text: to.tenants.add(tenant(text)),
    "a tenant's attribute": lambda to, text: to.tenants.add(tenant(value=text)),
}
"""By what is registered: what puts a text into it."""


@pytest.fixture(scope="module")
def still_empty(engine):
    """One directory for tests that put nothing into it."""
    url = engine.empty()
    with closing(open_one(url)) as directory:
        yield directory
    engine.remove(url)


@pytest.mark.parametrize("where", REGISTER)
@pytest.mark.parametrize("control", CONTROLS)
def test_control_characters_are_refused_everywhere(still_empty, where, control):
    with pytest.raises(Invalid, match="has a control character"):
        REGISTER[where](still_empty, f"a{control}b")


@pytest.mark.parametrize("where", REGISTER)
@pytest.mark.parametrize("unseen", UNSEEN)
def test_other_invisible_characters_are_allowed_in_names(directory, where, unseen):
    REGISTER[where](directory, f"a{unseen}b")


@pytest.mark.parametrize("bad", [*CONTROLS, *UNSEEN])
def test_ids_and_emails_have_no_invisible_characters(directory, bad):
    directory.users.add(user(), "hash")
    text = f"a{bad}b"
    application = ApplicationDraft(text)
    for register in (
        lambda: directory.users.add(user(email=f"{text}@example.com"), "hash"),
        lambda: directory.users.add(user(email=f"a@{text}.com"), "hash"),
        lambda: directory.users.set_email("ada@example.com", f"{text}@example.com"),
        lambda: directory.applications.add(application, "hash"),
        lambda: directory.clients.add(ClientDraft(text, False, {}), "hash"),
        lambda: directory.users.add(
            user(email="b@example.com", parts=drive("b", "Admin", id=text)), "hash"
        ),
    ):
        with pytest.raises(Invalid):
            register()


@pytest.mark.parametrize("control", CONTROLS)
def test_a_change_cannot_add_a_control_character(directory, control):
    directory.users.add(user(), "hash")
    directory.clients.add(client(), "hash")
    with pytest.raises(Invalid, match="control"):
        directory.users.change("ada@example.com", {"first_name": f"a{control}b"})
    with pytest.raises(Invalid, match="control"):
        directory.clients.register("c", {"name": f"a{control}b"})


def test_a_seed_with_a_control_is_refused_with_its_line(directory, hasher, seed_file):
    file = seed_file('users:\n- email: ada@example.com\n  password: x\n  first_name: "a\\eb"\n')
    with pytest.raises(StartupError, match=r"line 2.*control character"):
        load_seed(file, directory, hasher)


def test_a_too_deeply_nested_value_is_refused(directory):
    deep = "end"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Invalid, match="nested too deeply"):
        directory.users.add(user(parts={"organization": deep}), "hash")
