"""The operations on people, tenants, accounts and applications."""

from __future__ import annotations

import pytest

from reticket.core.errors import Code
from reticket.core.people import Application, DeveloperAccount, Tenant
from reticket.core.realms import usual
from reticket.dialects import akinon, cloudreve, kibo
from reticket.directory.drafts import ApplicationDraft, TenantDraft, UserDraft
from reticket.directory.errors import AlreadyExists, Invalid, NotFound

TENANT = TenantDraft(1000, "Acme")
BEHAVIORS = {"kibo": {"environment_scope": "Sandbox", "behaviors": [1, 2]}}
APP = ApplicationDraft("app", frozenset({1000}), parts=BEHAVIORS)
APPLICATION = Application(
    "app", frozenset({1000}), False, (("kibo", kibo.PROGRAM.kind("Sandbox", (1, 2))),)
)
NOW = 1_700_000_000_000


@pytest.fixture
def peopled(directory):
    directory.tenants.add(TENANT)
    directory.accounts.add(DeveloperAccount(77, "Acme Developers"))
    directory.applications.add(APP, "hash of app")
    directory.users.add(UserDraft("Ada@Example.com", tenants={1000: [1]}), "hash of ada")
    directory.catch_up()
    return directory


def drive(group, group_id):
    return {"cloudreve": {"nickname": "a", "group": {"name": group, "id": group_id}}}


def ada(directory):
    directory.catch_up()
    return directory.user_by_email("ada@example.com")


def test_add_a_user(directory):
    directory.tenants.add(TENANT)
    directory.accounts.add(DeveloperAccount(77, None))
    user_id = directory.users.add(
        UserDraft(
            "Grace@Example.com",
            "Grace",
            "Hopper",
            active=False,
            tenants={1000: [1, 2]},
            accounts={77: []},
            parts={
                "organization": {"name": "Navy", "roles": ["admiral"], "user_type": "officer"},
                "cloudreve": {"nickname": "g", "group": {"name": "Admin", "permission": "/Q=="}},
            },
            totp_secret=b"secret",
        ),
        "hash",
    )
    user = directory.user(user_id)
    assert (user.email, user.first_name, user.last_name) == ("Grace@Example.com", "Grace", "Hopper")
    assert (user.disabled, user.active, user.created_at) == (False, False, NOW)
    assert (user.tenants, user.accounts) == ((Tenant(1000, "Acme"),), (DeveloperAccount(77, None),))
    assert kibo.PERSON.of(user) == kibo.person.Person({1000: (1, 2)}, {77: ()})
    organization = akinon.PERSON.of(user)
    assert (organization.name, organization.roles) == ("Navy", ("admiral",))
    assert (cloudreve.PERSON.of(user).group.permission, user.second_factor) == ("/Q==", True)
    assert directory.factors.factor(user_id).secret == b"secret"


def test_no_repr_contains_a_secret():
    assert "secret!" not in repr(UserDraft("a@b", totp_secret=b"secret!"))


def test_a_used_short_id_is_generated_again(directory):
    entropy = iter([b"\1" * 16, b"\0" * 8, b"\2" * 16, b"\0" * 8, b"\0" * 8, b"\3" * 8])
    directory.users._entropy = lambda size: next(entropy)
    first = directory.users.add(UserDraft("a@b"), "hash")
    second = directory.users.add(UserDraft("c@d"), "hash")
    assert directory.user(first).short_id == "000000"
    assert directory.user(second).short_id != "000000"


def test_passwords(peopled):
    peopled.users.set_password("ADA@example.com", "new hash")
    credentials = peopled.user_credentials(usual("ada@example.com"))
    assert (credentials.subject, credentials.secret_hash) == (ada(peopled).id, "new hash")
    assert credentials.version == ada(peopled).credential_version
    assert ada(peopled).credential_version == 2


def test_emails(peopled):
    user_id = ada(peopled).id
    peopled.users.set_email(user_id, "ADA@example.com")
    assert (ada(peopled).email, ada(peopled).credential_version) == ("ADA@example.com", 2)
    peopled.users.set_email("ada@example.com", "countess@example.com")
    assert ada(peopled) is None
    assert peopled.user_by_email("countess@example.com").id == user_id


MEMBERS = pytest.mark.parametrize("member", ["groups", "roles"])


@MEMBERS
def test_groups_and_roles_are_kept_in_order_and_once(peopled, member):
    draft = UserDraft("jo@example.com", **{member: ["staff", "admins", "staff"]})
    who = peopled.users.add(draft, "h")
    peopled.catch_up()
    assert getattr(peopled.user(who), member) == ("admins", "staff")
    peopled.users.change(who, {"first_name": "Jo"})
    peopled.catch_up()
    assert getattr(peopled.user(who), member) == ("admins", "staff")
    peopled.users.change(who, {}, **{member: []})
    peopled.catch_up()
    assert (peopled.user(who).groups, peopled.user(who).roles) == ((), ())


@MEMBERS
@pytest.mark.parametrize(
    "names", [[""], [" staff"], ["x" * 65], ["a\u200bb"], [str(each) for each in range(65)]]
)
def test_groups_and_roles_that_no_token_can_have_are_refused(peopled, names, member):
    with pytest.raises(Invalid, match=member.removesuffix("s")):
        peopled.users.change(ada(peopled).id, {}, **{member: names})
    with pytest.raises(Invalid, match=member.removesuffix("s")):
        peopled.users.add(UserDraft("jo@example.com", **{member: names}), "h")


@pytest.mark.parametrize(
    "change",
    [
        {"names": {"first_name": "Ada"}},
        {"names": {}, "email": "countess@example.com"},
        {"names": {}, "disabled": True},
        {"names": {}, "parts": {"claims": {"nickname": "Ada"}}},
    ],
    ids=str,
)
def test_the_time_of_a_change_is_kept(peopled, change, monkeypatch):
    user_id = ada(peopled).id
    assert ada(peopled).updated_at == NOW
    monkeypatch.setattr(peopled.users, "_clock", lambda: NOW + 5000)
    peopled.users.change(user_id, **change)
    peopled.catch_up()
    assert peopled.user(user_id).updated_at == NOW + 5000


def test_blocking(peopled):
    peopled.users.disable("ada@example.com")
    assert ada(peopled).disabled
    assert peopled.user_credentials(usual("ada@example.com")).disabled
    peopled.users.enable(ada(peopled).id)
    assert not ada(peopled).disabled
    assert ada(peopled).credential_version == 1


def test_deleting(peopled):
    user_id = ada(peopled).id
    peopled.users.delete("ada@example.com")
    peopled.catch_up()
    assert peopled.user(user_id) is None
    assert peopled.user_credentials(usual("ada@example.com")) is None
    again = peopled.users.add(UserDraft("ada@example.com"), "hash")
    assert again != user_id
    assert peopled.user(again).tenants == ()


def test_memberships(peopled):
    peopled.account_members.grant("ada@example.com", 77, [5])
    peopled.tenant_members.grant("ada@example.com", 1000, [2, 3])
    assert ada(peopled).accounts == (DeveloperAccount(77, "Acme Developers"),)
    assert ada(peopled).tenants == (Tenant(1000, "Acme"),)
    assert kibo.PERSON.of(ada(peopled)) == kibo.person.Person({1000: (2, 3)}, {77: (5,)})
    peopled.account_members.remove(ada(peopled).id, 77)
    peopled.tenant_members.remove("ada@example.com", 1000)
    assert (ada(peopled).accounts, ada(peopled).tenants) == ((), ())


def test_memberships_come_in_the_order_of_ids(peopled):
    for tenant_id in (30, -5, 9):
        peopled.tenants.add(TenantDraft(tenant_id))
        peopled.tenant_members.grant("ada@example.com", tenant_id, [])
        peopled.accounts.add(DeveloperAccount(tenant_id, None))
        peopled.account_members.grant("ada@example.com", tenant_id, [])
    assert [place.id for place in ada(peopled).tenants] == [-5, 9, 30, 1000]
    assert [place.id for place in ada(peopled).accounts] == [-5, 9, 30]


def test_deleting_a_tenant_deletes_its_memberships_and_permissions(peopled):
    peopled.tenants.remove(1000)
    assert ada(peopled).tenants == ()
    assert peopled.tenant(1000) is None
    assert peopled.application("app").tenants == frozenset()


def test_deleting_an_account_deletes_its_memberships(peopled):
    peopled.account_members.grant("ada@example.com", 77, [5])
    peopled.accounts.remove(77)
    assert ada(peopled).accounts == ()
    assert peopled.accounts.page() == []


def test_applications(peopled):
    assert peopled.application("app") == APPLICATION
    assert peopled.application_credentials("app").secret_hash == "hash of app"
    peopled.applications.rotate_secret("app", "new hash")
    assert peopled.application_credentials("app").secret_hash == "new hash"
    peopled.applications.disable("app")
    peopled.catch_up()
    assert peopled.application("app").disabled
    assert peopled.application_credentials("app").disabled
    peopled.applications.enable("app")
    peopled.catch_up()
    assert peopled.application("app") == APPLICATION
    peopled.applications.remove("app")
    peopled.catch_up()
    assert peopled.application("app") is None
    assert peopled.application_credentials("app") is None


def test_lists_come_in_pages(directory):
    for number in range(5):
        directory.tenants.add(TenantDraft(number - 2, "d"))
        directory.accounts.add(DeveloperAccount(number - 2, None))
        directory.users.add(UserDraft(f"{number}@b"), "hash")
        directory.applications.add(ApplicationDraft(f"app{number}"), "hash")
    for noun, key in (
        (directory.tenants, "id"),
        (directory.accounts, "id"),
        (directory.users, "id"),
        (directory.applications, "id"),
    ):
        first = noun.page(limit=3)
        rest = noun.page(getattr(first[-1], key), limit=3)
        keys = [getattr(line, key) for line in (*first, *rest)]
        assert (len(first), len(rest)) == (3, 2)
        assert keys == sorted(keys)
        assert noun.page(keys[-1]) == []


def test_lines_of_a_list(peopled):
    peopled.signed_in(ada(peopled).id, 5)
    (user,) = peopled.users.page()
    assert (user.email, user.last_sign_in_at, user.created_at) == ("Ada@Example.com", 5, NOW)
    (tenant,) = peopled.tenants.page()
    assert (tenant.id, tenant.name) == (1000, "Acme")
    assert peopled.accounts.page() == [DeveloperAccount(77, "Acme Developers")]
    assert peopled.applications.page() == [APPLICATION]
    assert peopled.clients.page() == []


REFUSALS = {
    "no such user": (
        lambda d: d.users.disable("who@example.com"),
        NotFound,
        "There is no user 'who@example.com'.",
    ),
    "the user is there": (
        lambda d: d.users.add(UserDraft("ADA@EXAMPLE.COM"), "h"),
        AlreadyExists,
        "There is a user with the e-mail 'ADA@EXAMPLE.COM' already.",
    ),
    "no e-mail": (
        lambda d: d.users.add(UserDraft("ada"), "h"),
        Invalid,
        "'ada' does not look like an e-mail address.",
    ),
    "no tenant for a new user": (
        lambda d: d.users.add(UserDraft("a@b", tenants={9: []}), "h"),
        NotFound,
        "There is no tenant 9.",
    ),
    "no account for a new user": (
        lambda d: d.users.add(UserDraft("a@b", accounts={9: []}), "h"),
        NotFound,
        "There is no account 9.",
    ),
    "another's group": (
        lambda d: (
            d.users.add(UserDraft("a@b", parts=drive("one", "id")), "h"),
            d.users.add(UserDraft("c@d", parts=drive("two", "id")), "h"),
        ),
        AlreadyExists,
        "The group id 'id' is another group's.",
    ),
    "no text": (
        lambda d: d.users.add(UserDraft("a@b", "\ud800"), "h"),
        Invalid,
        "A value is not valid Unicode text.",
    ),
    "no such tenant": (
        lambda d: d.tenant_members.grant("ada@example.com", 9, []),
        NotFound,
        "There is no tenant 9.",
    ),
    "no member": (
        lambda d: d.account_members.remove("ada@example.com", 77),
        NotFound,
        "The user 'ada@example.com' is in no account 77.",
    ),
    "no behavior": (
        lambda d: d.tenant_members.grant("ada@example.com", 1000, [2**31]),
        Invalid,
        "tenants.1000[0] must be at most 2147483647.",
    ),
    "the tenant is there": (
        lambda d: d.tenants.add(TENANT),
        AlreadyExists,
        "There is a tenant 1000 already.",
    ),
    "no id": (
        lambda d: d.accounts.add(DeveloperAccount(2**31, None)),
        Invalid,
        "The id of a developer account must be a 32-bit whole number, 2147483648 is not.",
    ),
    "the account is there": (
        lambda d: d.accounts.add(DeveloperAccount(77, None)),
        AlreadyExists,
        "There is a developer account 77 already.",
    ),
    "no tenant to remove": (
        lambda d: d.tenants.remove(9),
        NotFound,
        "There is no tenant 9.",
    ),
    "the application is there": (
        lambda d: d.applications.add(APP, "h"),
        AlreadyExists,
        "There is an application 'app' already.",
    ),
    "no scope": (
        lambda d: d.applications.add(
            ApplicationDraft("b", parts={"kibo": {"environment_scope": "Test"}}), "h"
        ),
        Invalid,
        "kibo.environment_scope must be Sandbox or Production or null.",
    ),
    "no application's id": (
        lambda d: d.applications.add(ApplicationDraft(""), "h"),
        Invalid,
        "The id of an application must not be empty.",
    ),
    "no tenant for an application": (
        lambda d: d.applications.add(ApplicationDraft("b", frozenset({9})), "h"),
        NotFound,
        "There is no tenant 9.",
    ),
    "no application": (
        lambda d: d.applications.disable("b"),
        NotFound,
        "There is no application 'b'.",
    ),
}


@pytest.mark.parametrize(("verb", "kind", "words"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals(peopled, verb, kind, words):
    with pytest.raises(kind) as raised:
        verb(peopled)
    assert str(raised.value) == words
    assert raised.value.code == (Code.NOT_FOUND if kind is NotFound else Code.INVALID_PARAMETER)
    assert len(peopled.users.page()) == (2 if "group" in words else 1)


def test_a_sign_in_returns_the_time_of_the_previous_one(peopled):
    user_id = ada(peopled).id
    assert peopled.signed_in(user_id, 5) is None
    assert peopled.signed_in(user_id, 9) == 5
    assert peopled.signed_in("nobody", 9) is None


def test_a_hash_is_renewed_if_it_is_still_the_old_one(peopled):
    user_id = ada(peopled).id
    peopled.renew_hash(user_id, "hash of somebody", "new")
    assert peopled.user_credentials(usual("ada@example.com")).secret_hash == "hash of ada"
    peopled.renew_hash(user_id, "hash of ada", "new")
    assert peopled.user_credentials(usual("ada@example.com")).secret_hash == "new"
    peopled.renew_hash("app", "hash of app", "newer")
    assert peopled.application_credentials("app").secret_hash == "newer"
    assert ada(peopled).credential_version == 1


def test_credentials_show_no_hash(peopled):
    assert "hash of ada" not in repr(peopled.user_credentials(usual("ada@example.com")))


def test_a_number_too_large_for_a_column_is_not_found(directory, hasher):
    who = directory.users.add(UserDraft("huge@example.com"), hasher.hash("x"))
    with pytest.raises(Invalid):
        directory.tenant_members.remove(who, 10**30)
