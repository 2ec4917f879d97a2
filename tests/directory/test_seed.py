"""A seed creates records and alters none."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.directory.conftest import PROFILES

from reticket.core.people import (
    NO_PASSWORD,
    Application,
    DeveloperAccount,
    Tenant,
)
from reticket.core.realms import SignInName, usual
from reticket.dialects import akinon, cloudreve, kibo
from reticket.dialects.kibo.tenant_facts import facts_of
from reticket.directory.directory import open_directory
from reticket.directory.seed import DEMO, load_seed
from reticket.directory.tables import metadata

LOADED_AT = "2023-11-14T22:13:20.000Z"
"""The time of the directory's clock."""
MADE_AT = "2024-05-06T07:08:09.010Z"

ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def everything(directory):
    """All rows of all tables, but for the counter of changes."""
    with directory.database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
            if table.name != "directory_version"
        }


def load(directory, file, hasher):
    created = len(load_seed(file, directory, hasher))
    directory.catch_up()
    return created


@pytest.fixture
def demo(directory, hasher):
    load(directory, DEMO, hasher)
    return directory


def test_tenants_of_the_demo(demo):
    acme, europe = demo.tenant(1000), demo.tenant(1001)
    assert (acme.name, europe.name) == ("Acme US", "Acme EU")
    facts = kibo.TENANT.of(acme)
    assert (facts.domain, facts.is_dev_tenant, facts.is_unified) == (
        "t1000.example.com",
        False,
        True,
    )
    assert [each.name for each in facts.attributes] == ["tier", "limits"]
    assert [each.create_date for each in facts.attributes] == [LOADED_AT, MADE_AT]
    assert [each.name for each in facts.sites] == ["Acme Shop"]
    assert [each.name for each in facts.master_catalogs[0].catalogs] == ["US catalog"]
    assert kibo.TENANT.of(europe) == kibo.TENANT.kind(domain="t1001.example.com")


def test_user_of_the_demo(demo):
    ada = demo.user_by_email("ada@example.com")
    assert (ada.email, ada.first_name, ada.last_name) == ("ada@example.com", "Ada", "Lovelace")
    assert (ada.disabled, ada.active, ada.credential_version) == (False, True, 1)
    assert ada.tenants == (demo.tenant(1000), demo.tenant(1001))
    assert ada.accounts == (
        DeveloperAccount(77, "Acme Developers"),
        DeveloperAccount(78, "Side Project"),
    )
    granted = kibo.PERSON.of(ada)
    assert granted.tenants == {1000: (1, 2, 17), 1001: (1,)}
    assert granted.developer_accounts == {77: (1, 2, 17), 78: (1,)}
    organization, cloud = akinon.PERSON.of(ada), cloudreve.PERSON.of(ada)
    assert (organization.name, organization.roles) == ("Acme", ("admin",))
    assert organization.user_type == "admin"
    assert (cloud.nickname, cloud.group.name, ada.second_factor) == ("Ada", "Admin", False)


def test_a_shopper_of_the_demo(demo):
    joan = demo.user_by_name(SignInName("kibo.shopper:1000", "joan"))
    assert (joan.email, joan.first_name, joan.last_name) == ("joan@example.com", "Joan", "Clarke")
    assert (joan.user_name, joan.number, joan.tenants) == ("joan", 1, ())
    assert demo.user_by_email("joan@example.com") is None


def test_users_of_one_organization_or_group_share_it(demo):
    ada, alan, mallory = (
        demo.user_by_email(f"{name}@example.com") for name in ("ada", "alan", "banned")
    )
    assert akinon.PERSON.of(ada).id == akinon.PERSON.of(alan).id
    groups = [cloudreve.PERSON.of(each).group.id for each in (alan, mallory, ada)]
    assert groups[0] == groups[1] != groups[2]


def test_ids_have_the_documented_forms(demo):
    ada = demo.user_by_email("ada@example.com")
    assert len(ada.id) == 32
    assert ada.id == ada.id.lower()
    assert ada.id[12] == "4"
    assert len(ada.short_id) == 6
    assert ada.short_id.isalnum()
    assert len(bytes.fromhex(akinon.PERSON.of(ada).id)) == 12


def test_the_groups_and_roles_of_a_user_are_read(directory, hasher, seed_file):
    said = "{email: a@example.com, password: p, groups: [staff, admins], roles: [editor]}"
    load(directory, seed_file(f"users: [{said}]"), hasher)
    user = directory.user_by_email("a@example.com")
    assert (user.groups, user.roles) == (("admins", "staff"), ("editor",))


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("password_hash: 'scrypt:16:8:1$salt$0001020304050607'", "$scrypt$n=16,r=8,p=1$"),
        (
            "password_hash: {algorithm: scrypt, N: 16, r: 8, p: 1, salt: '00', hash: "
            "'0001020304050607'}",
            "$scrypt$n=16,r=8,p=1$",
        ),
        (
            f"password_hash: 'salt:{'0' * 40}', hash_format: cloudreve",
            "$salted-sha1$first=secret$",
        ),
        ("password_hash: '!'", NO_PASSWORD),
        ("first_name: Ada", NO_PASSWORD),
    ],
)
def test_a_user_may_have_a_hash_of_another_system_or_no_password(
    directory, hasher, seed_file, said, stored
):
    load(directory, seed_file(f"users: [{{email: a@example.com, {said}}}]"), hasher)
    found = directory.user_credentials(usual("a@example.com"))
    assert found.secret_hash.startswith(stored)
    assert hasher.hashed == []


def test_words_that_yaml_reads_as_false_are_read_as_text(demo):
    nobody = demo.user_by_email("nobody@example.com")
    assert (nobody.first_name, nobody.last_name) == ("No", "Body")
    assert (nobody.tenants, nobody.accounts) == ((), ())
    assert (akinon.PERSON.of(nobody), cloudreve.PERSON.of(nobody)) == (None, None)


def test_the_status_of_users_is_read(demo):
    assert demo.user_by_email("banned@example.com").disabled
    assert not demo.user_by_email("new@example.com").active


def test_second_factor_is_sealed_for_its_user(demo):
    alan = demo.user_by_email("alan@example.com")
    secret = base64.b32decode("JBSWY3DPEHPK3PXP")
    assert alan.second_factor
    assert demo.factors.factor(alan.id).secret == secret
    rows = everything(demo)["second_factors"]
    assert repr(secret)[2:-1] not in "".join(rows)
    assert any(f"totp:{alan.id}" in row for row in rows)


def test_applications_of_the_demo(demo):
    kind = kibo.PROGRAM.kind
    assert demo.application("ns.app.1.0.0.Release") == Application(
        "ns.app.1.0.0.Release",
        frozenset({1000, 1001}),
        False,
        (("kibo", kind(None, (1, 2, 17))),),
    )
    assert demo.application("ns.sandbox.2.0.0.Release") == Application(
        "ns.sandbox.2.0.0.Release", None, False, (("kibo", kind("Sandbox")),)
    )


def test_the_keys_of_a_part_are_those_of_an_application(directory, hasher, seed_file):
    said = "{application_id: a, shared_secret: s, environment_scope: Production, behaviors: [5]}"
    load(directory, seed_file(f"applications: [{said}]"), hasher)
    assert kibo.PROGRAM.of(directory.application("a")) == kibo.PROGRAM.kind("Production", (5,))


def test_clients_of_the_demo(demo):
    clients = {client.id: client for client in demo.clients.page()}
    assert clients["spa"].public
    assert not clients["backend"].public
    assert clients["backend"].registration == {
        "policy": {"preset": "SERVICE"},
        "grants": ["refresh_token", "client_credentials"],
        "scopes": ["orders.read"],
        "pkce": "optional",
    }
    assert clients["strict"].registration["policy"] == {"preset": "BROWSER", "window": 5}


@pytest.mark.parametrize(
    ("said", "algorithm"),
    [
        ("", "RS256"),
        ("policy: DEVICE", "RS256"),
        ("policy: FAPI_2_SESSION, client_secret: s", "ES256"),
        ("id_token_signed_response_alg: EdDSA", "EdDSA"),
        ("policy: SERVICE, client_secret: s", None),
    ],
)
def test_oidc_registration_2_a_new_client_of_a_file_has_an_algorithm(
    directory, hasher, seed_file, said, algorithm
):
    load(directory, seed_file(f"oauth_clients: [{{client_id: one, {said}}}]"), hasher)
    (client,) = directory.clients.page()
    assert client.registration.get("id_token_signed_response_alg") == algorithm


def test_a_client_without_an_algorithm_gets_none_when_its_file_is_loaded_again(
    directory, hasher, seed_file
):
    file = seed_file("oauth_clients: [{client_id: one}]")
    load(directory, file, hasher)
    directory.clients.register("one", {"name": "Of an older version"})
    assert load(directory, file, hasher) == 0
    (client,) = directory.clients.page()
    assert client.registration == {"name": "Of an older version"}


def test_every_key_of_a_client_is_kept(directory, hasher, seed_file):
    said = {
        "name": "All of it",
        "policy": {
            "preset": "AAL2",
            "access": 60,
            "refresh": 120,
            "absolute": 240,
            "window": 0,
            "reuse": "tolerate",
            "rotates": False,
        },
        "redirect_uris": ["com.example.app:/back", "https://app.example.com/back?x=1"],
        "post_logout_redirect_uris": ["https://app.example.com/"],
        "backchannel_logout_uri": "https://app.example.com/ended",
        "backchannel_logout_session_required": True,
        "scopes": ["openid"],
        "grants": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
        "resources": ["https://api.example.com/"],
        "jwks": {"keys": [ED25519]},
        "dpop_required": True,
        "par_required": False,
        "pkce": "required",
        "first_party": True,
        "groups_allowed": ["staff"],
        "id_token_claims": ["email"],
        "claims": {"groups": "user.groups", "tenant_name": "tenant.name"},
        "id_token_signed_response_alg": "EdDSA",
        "userinfo_signed_response_alg": "ES256",
    }
    clients = {"oauth_clients": [{"client_id": "all", "disabled": True, **said}]}
    load(directory, seed_file(yaml.safe_dump(clients)), hasher)
    (client,) = directory.clients.page()
    assert client.registration == said
    assert (client.public, client.disabled) == (True, True)


@pytest.mark.parametrize(
    ("said", "public"),
    [
        ({"public": True}, True),
        ({"public": None}, True),
        ({"public": False, "client_secret": "x"}, False),
        ({"client_secret": "x"}, False),
    ],
    ids=str,
)
def test_a_seed_may_say_whether_a_client_is_public(directory, hasher, seed_file, said, public):
    clients = {"oauth_clients": [{"client_id": "one", **said}]}
    load(directory, seed_file(yaml.safe_dump(clients)), hasher)
    (client,) = directory.clients.page()
    members = {"id_token_signed_response_alg": "RS256"}
    members |= {} if public else {"pkce": "optional"}
    assert (client.public, client.registration) == (public, members)


def test_secrets_are_hashed(demo, hasher):
    ada = demo.user_credentials(usual("ADA@example.com"))
    assert hasher.verify(ada.secret_hash, "correct horse")
    application = demo.application_credentials("ns.app.1.0.0.Release")
    assert hasher.verify(application.secret_hash, "s3cret")
    rows = repr(everything(demo))
    for plain in ("correct horse", "'s3cret", "backend-secret", "enigma-1912"):
        assert plain not in rows


def test_loading_a_seed_twice_changes_nothing(demo, hasher):
    before, version, hashes = everything(demo), demo.version, len(hasher.hashed)
    assert not load_seed(DEMO, demo, hasher)
    demo.catch_up()
    assert everything(demo) == before
    assert demo.version == version
    assert len(hasher.hashed) == hashes


def test_what_exists_is_not_altered(demo, hasher, seed_file):
    before = demo.user_by_email("ada@example.com"), demo.tenant(1001)
    changed = """
    tenants: [{id: 1001, name: Renamed, attributes: [{name: new}]}, {id: 1003}]
    applications: [{application_id: ns.live.2.0.0.Release, shared_secret: other}]
    users: [{email: ADA@EXAMPLE.COM, password: other, disabled: true, tenants: {1003: [9]}}]
    """
    assert load(demo, seed_file(changed), hasher) == 1
    assert (demo.user_by_email("ada@example.com"), demo.tenant(1001)) == before
    assert demo.tenant(1003) == Tenant(1003, None)
    assert "other" not in hasher.hashed


def test_a_seed_may_refer_to_what_the_directory_has(demo, hasher, seed_file):
    more = """
    applications: [{application_id: more, shared_secret: x, tenants: []}]
    users: [{email: more@b, password: x, tenants: {1002: []}, developer_accounts: {77: [3]}}]
    """
    assert load(demo, seed_file(more), hasher) == 2
    user = demo.user_by_email("more@b")
    assert user.tenants == (demo.tenant(1002),)
    assert user.accounts == (DeveloperAccount(77, "Acme Developers"),)
    assert kibo.PERSON.of(user) == kibo.person.Person({1002: ()}, {77: (3,)})
    assert demo.application("more").tenants == frozenset()


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "users:\n", "users: []", "{}", "~"])
def test_a_seed_may_be_empty(directory, hasher, seed_file, text):
    version = directory.version
    assert load(directory, seed_file(text), hasher) == 0
    assert directory.version == version


def test_json_is_a_seed_too(directory, hasher, seed_file):
    load(
        directory,
        seed_file(
            '{"tenants": [{"id": 5}],'
            ' "users": [{"email": "a@b", "password": "p", "tenants": {"5": [1]}}]}'
        ),
        hasher,
    )
    assert kibo.PERSON.of(directory.user_by_email("a@b")).tenants == {5: (1,)}


def test_a_group_may_say_its_id_and_permission(directory, hasher, seed_file):
    group = "group: {id: aBc1, name: Admin, permission: /Q==}"
    text = f"users: [{{email: a@b, password: p, cloudreve: {{nickname: A, {group}}}}}]"
    load(directory, seed_file(text), hasher)
    group = cloudreve.PERSON.of(directory.user_by_email("a@b")).group
    assert (group.id, group.permission) == ("aBc1", "/Q==")


@pytest.mark.parametrize("written", ["jbsw y3dp ehpk 3pxp", "JBSWY3DPEHPK3PXP==", "JBSW-Y3DP"])
def test_second_factor_keys_are_read_in_any_usual_spelling(directory, hasher, seed_file, written):
    cloud = f"{{nickname: A, group: {{name: G}}, totp_secret: {written}}}"
    load(directory, seed_file(f"users: [{{email: a@b, password: p, cloudreve: {cloud}}}]"), hasher)
    user = directory.user_by_email("a@b")
    assert b"Hello!\xde\xad\xbe\xef".startswith(directory.factors.factor(user.id).secret)


def test_the_database_is_not_locked_while_secrets_are_hashed(directory, hasher, other):
    class Impatient:
        def hash(self, secret):
            other.signed_in("somebody", 1)
            return hasher.hash(secret)

    assert load(directory, DEMO, Impatient()) == 19


def test_records_created_by_another_process_meanwhile_are_not_altered(
    directory, hasher, other, seed_file
):
    class Overtaken:
        def hash(self, secret):
            load_seed(DEMO, other, hasher)
            return "late"

    assert load(directory, DEMO, Overtaken()) == 0
    assert directory.user_credentials(usual("ada@example.com")).secret_hash != "late"


def test_records_deleted_by_another_process_meanwhile_are_created_next_time(
    demo, hasher, other, seed_file
):
    class Overtaken:
        def hash(self, secret):
            other.users.delete("ada@example.com")
            return "hash"

    users = "users: [{email: ada@example.com, password: x}, {email: a@b, password: y}]"
    assert load(demo, seed_file(users), Overtaken()) == 1
    assert demo.user_by_email("ada@example.com") is None
    assert load(demo, seed_file(users), hasher) == 1


numbers = st.integers(-(2**31), 2**31 - 1)
words = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"
    ),
    max_size=8,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
attributes = st.lists(
    st.fixed_dictionaries({"name": words.filter(bool), "value": values}),
    max_size=2,
    unique_by=lambda attribute: attribute["name"],
)


@st.composite
def seeds(draw):
    tenants = draw(
        st.lists(
            st.fixed_dictionaries({"id": numbers, "name": words, "attributes": attributes}),
            max_size=3,
            unique_by=lambda tenant: tenant["id"],
        )
    )
    behaviors = st.lists(numbers, max_size=2)
    places = [tenant["id"] for tenant in tenants]
    granted = st.dictionaries(st.sampled_from(places), behaviors) if places else st.just({})
    user = st.fixed_dictionaries(
        {
            "email": st.from_regex(r"[a-z]{1,5}@[a-z]{1,3}", fullmatch=True),
            "password": words.filter(bool),
            "first_name": st.none() | words,
            "tenants": granted,
        }
    )
    users = draw(st.lists(user, max_size=3, unique_by=lambda user: user["email"]))
    return {"tenants": tenants, "users": users}


@settings(max_examples=20, deadline=None)
@given(seed=seeds())
def test_any_seed_has_the_same_result_twice(engine, seed):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "seed.yaml"
        file.write_text(json.dumps(seed, ensure_ascii=False))
        url = engine.empty()
        check_twice(url, file, seed)
        engine.remove(url)


def check_twice(url, file, seed):
    hasher = SimpleNamespace(hash=lambda secret: f"hash of {len(secret)}")
    counter = iter(range(10**6))
    sealer = SimpleNamespace()
    directory = open_directory(
        url, sealer, lambda: 1, lambda size: next(counter).to_bytes(size), profiles=PROFILES
    )
    try:
        assert load(directory, file, hasher) == len(seed["tenants"]) + len(seed["users"])
        once = everything(directory)
        assert load(directory, file, hasher) == 0
        assert everything(directory) == once
        for user in seed["users"]:
            record = directory.user_by_email(user["email"])
            granted = kibo.PERSON.of(record).tenants
            assert {place: list(said) for place, said in granted.items()} == user["tenants"]
            assert record.first_name == user["first_name"]
        for tenant in seed["tenants"]:
            read = facts_of(directory.tenant(tenant["id"])).attributes
            assert [(a.name, a.value) for a in read] == [
                (a["name"], a["value"]) for a in tenant["attributes"]
            ]
    finally:
        directory.close()


@pytest.mark.parametrize("name", ["my app", "api://abc/def", "https://app.example.com/client.json"])
def test_rfc6749_a_1_the_id_of_a_client_may_have_blanks_and_slashes(
    directory, hasher, tmp_path, name
):
    file = tmp_path / "seed.yaml"
    file.write_text(yaml.safe_dump({"oauth_clients": [{"client_id": name}]}))
    load(directory, file, hasher)
    assert directory.client(name).id == name
    assert [each.id for each in directory.clients.page()] == [name]
