"""An intent to end families is written in the transaction of its change."""

from __future__ import annotations

import pytest

from reticket.core.model import Selection
from reticket.core.storage.upkeep import USER_BLOCKED
from reticket.directory.errors import DirectoryError
from reticket.directory.intents import Change
from reticket.directory.people import memberships, users
from reticket.directory.programs import applications

ADA = "ada@example.com"
APP = "ns.app.1.0.0.Release"


@pytest.fixture
def demo(directory, demo_rows):
    demo_rows.put_into(directory)
    return directory


@pytest.fixture
def ada(demo):
    return demo.user_by_email(ADA).id


def everything(subject):
    return Selection(subject=subject)


def in_tenant(subject, tenant_id):
    return Selection(subject=subject, resource="kibo.adminuser", context=str(tenant_id))


def in_account(subject, account_id):
    return Selection(subject=subject, resource="kibo.developer", context=str(account_id))


CHANGES = {
    "disable": (lambda d: d.users.disable(ADA), everything, "user_disabled"),
    "delete": (lambda d: d.users.delete(ADA), everything, "user_deleted"),
    "password": (lambda d: d.users.set_password(ADA, "h"), everything, "password_changed"),
    "email": (lambda d: d.users.set_email(ADA, "x@y"), everything, "email_changed"),
    "tenant": (
        lambda d: d.tenant_members.remove(ADA, 1001),
        lambda subject: in_tenant(subject, 1001),
        "membership_taken",
    ),
    "account": (
        lambda d: d.account_members.remove(ADA, 77),
        lambda subject: in_account(subject, 77),
        "membership_taken",
    ),
    "account gone": (
        lambda d: d.accounts.remove(78),
        lambda subject: in_account(subject, 78),
        "membership_taken",
    ),
}

APPLICATION_CHANGES = {
    "disable": (lambda d: d.applications.disable(APP), "application_disabled"),
    "remove": (lambda d: d.applications.remove(APP), "application_removed"),
    "rotate": (lambda d: d.applications.rotate_secret(APP, "h"), "secret_rotated"),
}


@pytest.mark.parametrize(("change", "selection", "cause"), CHANGES.values(), ids=CHANGES.keys())
def test_changes_of_a_user_that_end_sessions_write_intents(demo, ada, change, selection, cause):
    change(demo)
    (intent,) = demo.intents()
    assert (intent.selection, intent.cause) == (selection(ada), cause)
    demo.catch_up()
    assert demo.pending(ada)
    assert not demo.pending("somebody else")


@pytest.mark.parametrize(
    ("change", "cause"), APPLICATION_CHANGES.values(), ids=APPLICATION_CHANGES.keys()
)
def test_changes_of_an_application_that_end_sessions_write_intents(demo, change, cause):
    change(demo)
    (intent,) = demo.intents()
    assert (intent.selection, intent.cause) == (everything(APP), cause)
    demo.catch_up()
    assert demo.pending(APP)


def test_deleting_a_tenant_ends_the_sessions_of_its_members(demo, ada):
    alan = demo.user_by_email("alan@example.com").id
    demo.tenant_members.grant("alan@example.com", 1001, [1])
    demo.tenants.remove(1001)
    intents = demo.intents()
    assert {intent.selection for intent in intents} == {
        in_tenant(ada, 1001),
        in_tenant(alan, 1001),
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.users.enable(ADA),
        lambda d: d.applications.enable(APP),
        lambda d: d.tenant_members.grant(ADA, 1000, [9]),
        lambda d: d.account_members.grant(ADA, 77, []),
        lambda d: d.tenants.remove(1002),
        lambda d: d.renew_hash(APP, "x", "y"),
        lambda d: d.signed_in("x", 1),
    ],
)
def test_changes_that_end_no_session_write_no_intent(demo, change):
    change(demo)
    assert demo.intents() == []


def test_a_settled_intent_is_gone_for_every_process(demo, ada, other):
    demo.users.disable(ADA)
    demo.users.set_password(ADA, "hash")
    other.catch_up()
    first, second = demo.intents()
    demo.settle(first)
    other.catch_up()
    assert other.pending(ada)
    demo.settle(second)
    other.catch_up()
    assert not other.pending(ada)
    assert other.intents() == []


def test_settling_twice_removes_no_newer_intent(demo):
    demo.users.disable(ADA)
    (intent,) = demo.intents()
    demo.settle(intent)
    demo.users.disable(ADA)
    demo.settle(intent)
    assert len(demo.intents()) == 1


def test_intents_survive_a_restart(url, opened, demo, ada):
    demo.users.disable(ADA)
    demo.close()
    again = opened(url)
    assert again.pending(ada)
    assert [intent.cause for intent in again.intents()] == ["user_disabled"]


@pytest.mark.parametrize(
    ("module", "change"),
    [
        (users, lambda d: d.users.disable(ADA)),
        (users, lambda d: d.users.delete(ADA)),
        (memberships, lambda d: d.tenant_members.remove(ADA, 1000)),
        (memberships, lambda d: d.tenants.remove(1001)),
        (applications, lambda d: d.applications.disable(APP)),
    ],
)
def test_a_change_fails_if_its_intent_cannot_be_written(demo, ada, monkeypatch, module, change):
    def fail(*_):
        raise DirectoryError("no intent today")

    before = demo.user(ada), demo.application(APP), demo.version
    monkeypatch.setattr(module, "demand", fail)
    with pytest.raises(DirectoryError):
        change(demo)
    demo.catch_up()
    assert (demo.user(ada), demo.application(APP), demo.version) == before


def test_a_change_that_fails_leaves_no_intent(demo):
    for change in (
        lambda: demo.users.set_email(ADA, "alan@example.com"),
        lambda: demo.tenant_members.remove(ADA, 1002),
        lambda: demo.tenants.remove(9),
        lambda: demo.applications.remove("none"),
    ):
        with pytest.raises(DirectoryError):
            change()
    assert demo.intents() == []


def test_the_rules_and_the_directory_name_a_block_alike():
    assert Change.USER_DISABLED == USER_BLOCKED
