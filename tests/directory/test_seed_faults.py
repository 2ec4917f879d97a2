"""Every fault of a seed stops the start with one sentence: the file, the line, the path."""

from __future__ import annotations

import json
import re

import pytest

from reticket.core.errors import StartupError
from reticket.directory.drafts import ClientDraft
from reticket.directory.seed import DEMO, load_seed

# The fault is in line 3 of every text, where the marker points.
FAULTS = {
    # syntax
    "users:\n- a\n b: c": "this is not YAML: mapping values are not allowed here",
    "users:\n\n  - {email: a@b, password: *hunter2}": "found undefined alias something",
    "users:\n\n  - {email: a@b, password: %x}": "cannot start any token",
    "users:\n\n\t- x": "cannot start any token",
    "\nusers: []\n---\nusers: []": "expected a single document in the stream, but found another",
    "users:\n\n- !!python/name:os.system x": "tags are not accepted",
    "users:\n\n- !!int 'x'": "tags are not accepted",
    "a:\n\n  \x07": "there is a control character",
    # keys
    "\n\nwho: []": "who is not a known key (known are applications, developer_accounts",
    "users: []\n\nusers: []": "users is there twice",
    "\n\n[a]: b": "the file has a key that is no word",
    "users:\n- email: a@b\n  pass: x": "users[0].pass is not a known key (known are email",
    "users:\n- email: a@b\n  email: a@c": "users[0].email is there twice",
    "\n\ntenants: [{name: x}]": "tenants[0] needs the key id",
    "users:\n- email: a@b\n  password_hash: 1": "users[0].password_hash must be text, or a mapping",
    "users:\n- email: a@b\n  password_hash: hunter2": "users[0].password_hash is refused: no known",
    "users:\n- email: a@b\n  password_hash: pbkdf2_sha256$9000000$a$AAAAAAAAAAAAAA==": (
        "is refused: the number of iterations must be from 1 to 4000000"
    ),
    "users:\n- email: a@b\n  password_hash: {hunter2: x}": "is refused: no known form",
    "users:\n# who\n- {email: a@b, password: x, password_hash: hunter2}": (
        "users[0] has a password, and a password_hash"
    ),
    "users:\n# who\n- {email: a@b, hash_format: aspnet}": (
        "users[0] has a hash_format, and no password_hash"
    ),
    "users:\n# who\n- password: x": "users[0] needs the key email",
    "applications:\n# who\n- application_id: x": "applications[0] needs the key shared_secret",
    '\n\n{"\\ud800": 1}': "the file has a key with half a character",
    # types
    "\n\n- users": "the file must be a mapping",
    "\n\nusers: {a: b}": "users must be a list",
    "users:\n-\n - x": "users[0] must be a mapping",
    "tenants:\n\n- id: '1'": "tenants[0].id must be a whole number",
    "tenants:\n\n- id: 1.0": "tenants[0].id must be a whole number",
    "tenants:\n\n- id: true": "tenants[0].id must be a whole number",
    "tenants:\n\n- id: null": "tenants[0].id must be a whole number",
    "tenants:\n\n- id: 2147483648": "tenants[0].id must lie between -2147483648 and 2147483647",
    "tenants:\n\n- id: -2147483649": "tenants[0].id must lie between",
    "tenants:\n\n- id: " + "9" * 5000: "tenants[0].id must lie between",
    "tenants:\n- id: 1\n  name: 7": "tenants[0].name must be text, in quotes if",
    "tenants:\n- id: 1\n  name: [a]": "tenants[0].name must be text",
    "tenants:\n- id: 1\n  is_unified: yes": "tenants[0].is_unified must be true or false",
    "tenants:\n- id: 1\n  expiry: soon": "tenants[0].expiry must be a time like 2030-01-02T",
    "tenants:\n- id: 1\n  expiry: 2030-13-02": "tenants[0].expiry must be a time like",
    "tenants:\n- id: 1\n  expiry: 5": "tenants[0].expiry must be text, in quotes if",
    "tenants:\n- id: 1\n  expiry: [5]": "tenants[0].expiry must be text",
    "tenants:\n- {id: 1, sites: [{id: 1, attributes: [{name: a,\n"
    "    update_date: 2030-01-02T25:00:00Z}]}]}": (
        "tenants[0].sites[0].attributes[0].update_date must be a time like 2030-01-02T03:04"
    ),
    "users:\n- email: a@b\n  password: 12345": "users[0].password must be text, in quotes",
    "users:\n- email: a@b\n  password: ''": "users[0].password must not be empty",
    'users:\n- email: a@b\n  password: "\\ud800"': "users[0].password holds half a character",
    "users:\n- password: x\n  email: ada": "users[0].email does not look like an e-mail address",
    "users:\n- password: x\n  email: a b@c": "users[0].email does not look like an e-mail",
    "users:\n- {email: a@b, password: x}\n- {email: A@B, password: x}": (
        "users[1] has the email a@b, as one before it has"
    ),
    "users:\n- email: a@b\n  disabled: 1": "users[0].disabled must be true or false",
    # references and duplicates
    "tenants:\n- id: 1\n- id: 1": "tenants[1] has the id 1, as one before it has",
    "developer_accounts:\n- id: 1\n- id: 1": "developer_accounts[1] has the id 1, as one",
    "applications:\n- {application_id: x, shared_secret: s}\n"
    "- {application_id: x, shared_secret: s}": "applications[1] has the application_id x",
    "oauth_clients:\n- client_id: x\n- client_id: x": "oauth_clients[1] has the client_id x",
    "users:\n- {email: a@b, password: x, tenants: {\n    9: [1]}}": (
        "users[0].tenants.9 refers to the tenant 9, which does not exist"
    ),
    "users:\n- {email: a@b, password: x, developer_accounts: {\n    9: [1]}}": (
        "users[0].developer_accounts.9 refers to the developer account 9, which does not exist"
    ),
    "applications:\n- {application_id: x, shared_secret: s, tenants: [\n  9]}": (
        "applications[0].tenants[0] refers to the tenant 9, which does not exist"
    ),
    # memberships
    "users:\n- email: a@b\n  tenants: [1]": "users[0].tenants must be a mapping",
    "users:\n- email: a@b\n  tenants: {x: [1]}": (
        "users[0].tenants.x must have a 32-bit whole number as its key"
    ),
    "users:\n- email: a@b\n  tenants: {4294967296: [1]}": "must have a 32-bit whole number as its",
    "users:\n- email: a@b\n  tenants: {01: [1]}": "must have a 32-bit whole number as its key",
    "users:\n- {email: a@b, tenants: {1: [\n  x]}}": (
        "users[0].tenants.1[0] must be a whole number"
    ),
    "users:\n- email: a@b\n  tenants: {1: }": "users[0].tenants.1 must be a list",
    # tenants
    "tenants:\n- id: 1\n  sites: [{}]": "tenants[0].sites[0] needs the key id",
    "tenants:\n- id: 1\n  sites: [{id: 1}, {id: 1}]": "tenants[0].sites[1] has the id 1",
    "tenants:\n- id: 1\n  sites: [{id: 1, catalog_id: x}]": (
        "tenants[0].sites[0].catalog_id must be a whole number"
    ),
    "tenants:\n- id: 1\n  attributes: [{value: 1}]": "attributes[0] needs the key name",
    "tenants:\n- id: 1\n  attributes: [{name: a}, {name: a}]": "attributes[1] has the name a",
    "tenants:\n- id: 1\n  attributes: [{name: a, value: 1e999}]": "value is too large a number",
    "tenants:\n- id: 1\n  attributes: [{name: a, value: 9223372036854775808}]": "must lie between",
    "tenants:\n- id: 1\n  attributes: [{name: a, value: &a [*a]}]": "is nested too deeply",
    "tenants:\n- id: 1\n  attributes: [{name: a, value: {b: 1, b: 2}}]": "value.b is there twice",
    "tenants:\n- id: 1\n  attributes: [{name: a, kind: b}]": (
        "tenants[0].attributes[0].kind is not a known key"
    ),
    "tenants:\n- id: 1\n  master_catalogs: [{id: 1}, {id: 1}]": "master_catalogs[1] has the id 1",
    "tenants:\n- id: 1\n  master_catalogs: [{id: 1, catalogs: [{id: 1}, {id: 1}]}]": (
        "tenants[0].master_catalogs[0].catalogs[1] has the id 1"
    ),
    "tenants:\n- id: 1\n  master_catalogs: [{id: 1, supported_locale_codes: en}]": (
        "supported_locale_codes must be a list"
    ),
    # affiliations
    "users:\n- email: a@b\n  organization: {roles: []}": "organization needs the key name",
    "users:\n- email: a@b\n  cloudreve: {nickname: A}": "users[0].cloudreve needs the key group",
    "users:\n- email: a@b\n  cloudreve: {group: {name: G}}": "needs the key nickname",
    "users:\n- email: a@b\n  cloudreve: {nickname: A, group: {name: G, id: 'a b'}}": (
        "users[0].cloudreve.group.id must be one to sixteen letters and digits"
    ),
    "users:\n- email: a@b\n  cloudreve: {nickname: A, group: {name: G, permission: '?'}}": (
        "users[0].cloudreve.group.permission must be base64"
    ),
    "users:\n- email: a@b\n  cloudreve: {nickname: A, group: {name: G, permission: 'é'}}": (
        "users[0].cloudreve.group.permission must be base64"
    ),
    "users:\n- email: a@b\n  cloudreve: {nickname: A, group: {name: G}, totp_secret: '018!'}": (
        "users[0].cloudreve.totp_secret must be base32"
    ),
    "users:\n- email: a@b\n  cloudreve: {nickname: A, group: {name: G}, totp_secret: '='}": (
        "users[0].cloudreve.totp_secret must not be empty"
    ),
    "users:\n- {email: a@b, password: x, cloudreve: {nickname: A, group: {name: G, id: a}}}\n"
    "- {email: c@d, password: x, cloudreve: {nickname: A, group: {name: H, id: a}}}": (
        "users[1] cannot be created: The group id 'a' is another group's"
    ),
    # applications
    "applications:\n- application_id: x\n  environment_scope: Test": (
        "applications[0].environment_scope must be Sandbox or Production or null"
    ),
    "applications:\n- application_id: x\n  tenants: null": "applications[0].tenants must be a list",
    # clients
    "oauth_clients:\n\n- client_id: é": "client must be 1 to 255 printable ASCII characters",
    "oauth_clients:\n\n- client_id: ..": "client must be 1 to 255 printable ASCII characters",
    "oauth_clients:\n\n- client_id: ''": "client_id must not be empty",
    "oauth_clients:\n\n- client_id: 5": "client_id must be text",
    "oauth_clients:\n- client_id: x\n  policy: browser": "must be a preset's name, in capitals",
    "oauth_clients:\n- client_id: x\n  policy: {window: 5}": "policy needs the key preset",
    "oauth_clients:\n- client_id: x\n  policy: {preset: A, idle: 5}": "idle is not a known key",
    "oauth_clients:\n- client_id: x\n  policy: {preset: A, window: -1}": "must lie between 0 and",
    "oauth_clients:\n- client_id: x\n  policy: {preset: A, reuse: x}": "revoke or tolerate",
    "oauth_clients:\n- client_id: x\n  redirect_uris: [/back]": "must be an absolute URI without",
    "oauth_clients:\n- client_id: x\n  redirect_uris: ['https://a/#b']": "must be an absolute URI",
    "oauth_clients:\n- client_id: x\n  redirect_uris: ['http://[']": "must be an absolute URI",
    "oauth_clients:\n- client_id: x\n  redirect_uris: ['JavaScript:x']": "must be an absolute URI",
    "oauth_clients:\n- client_id: x\n  allowed_origins: ['https://a/']": "must be an origin",
    "oauth_clients:\n- client_id: x\n  scopes: [a b]": "scopes[0] must be one scope",
    "oauth_clients:\n- client_id: x\n  grants: ['']": "grants[0] must be a grant type",
    "oauth_clients:\n- client_id: x\n  grants: [implicit]": "grants[0] must be a grant type: auth",
    "oauth_clients:\n- client_id: x\n  jwks: {}": "oauth_clients[0].jwks needs the key keys",
    "oauth_clients:\n- client_id: x\n  public: false": "public is false, but the client has",
    "oauth_clients:\n- client_id: x\n  public: 1": "oauth_clients[0].public must be true or false",
    "oauth_clients:\n- {client_id: x, client_secret: hunter2,\n   public: true}": (
        "oauth_clients[0].public is true, but the client has client_secret or jwks"
    ),
    "oauth_clients:\n- client_id: x\n  public: true\n  jwks: {keys: [{kty: OKP, crv: Ed25519, "
    "x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}": "public is true, but the client has",
    "oauth_clients:\n- client_id: x\n  policy: NOPE": "AAL2, AAL2_2026, AAL3",
    "oauth_clients:\n\n- client_id: x\n  policy: {preset: AAL2, refresh: 1}": "policy cannot be",
    "oauth_clients:\n\n- {client_id: x, admin: true}": "oauth_clients[0] must not be admin",
    "oauth_clients:\n- client_id: x\n  jwks: {keys: [{d: x}]}": "of a key that is not public",
    "oauth_clients:\n- client_id: x\n  dpop_required: 1": "dpop_required must be true or false",
}


@pytest.mark.parametrize(("text", "words"), FAULTS.items())
def test_a_fault_is_reported_with_its_line(untouched, hasher, seed_file, text, words):
    file = seed_file(text)
    with pytest.raises(StartupError) as raised:
        load_seed(file, untouched, hasher)
    message = str(raised.value)
    assert message.startswith(f"{file}, line 3: ")
    assert words in message
    assert re.fullmatch(r"[^\n]+[^.\n]\.", message)
    assert "hunter2" not in message
    untouched.catch_up()
    assert untouched.version == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"policy": "SERVICE"}, "must not have the grant client_credentials"),
        ({"grants": ["authorization_code"]}, "must not have the grant authorization_code"),
    ],
)
def test_grants_that_can_never_work_stop_the_start_only_when_the_client_is_new(
    directory, hasher, seed_file, said, words
):
    file = seed_file(json.dumps({"oauth_clients": [{"client_id": "old", **said}]}))
    with pytest.raises(StartupError, match=f"line 1: .*{words}"):
        load_seed(file, directory, hasher)
    directory.clients.add(ClientDraft("old", disabled=False, registration=said), None)
    assert not load_seed(file, directory, hasher)


def test_nothing_is_created_by_a_file_with_a_fault(directory, hasher, seed_file):
    version = directory.version
    with pytest.raises(StartupError):
        load_seed(seed_file("tenants: [{id: 1}, {id: 1}]"), directory, hasher)
    directory.catch_up()
    assert (directory.tenant(1), directory.version) == (None, version)


def test_nothing_is_created_if_the_last_entry_fails(directory, hasher, seed_file):
    cloud = "cloudreve: {nickname: A, group: {name: %s, id: same}}"
    users = ", ".join(f"{{email: {g}@b, password: x, {cloud % g}}}" for g in ("a", "b"))
    with pytest.raises(StartupError, match="another group's"):
        load_seed(seed_file(f"users: [{users}]"), directory, hasher)
    assert directory.user_by_email("a@b") is None


def test_a_traceback_contains_no_part_of_the_file(directory, hasher, seed_file):
    with pytest.raises(StartupError) as raised:
        load_seed(seed_file("users: [{password: hunter2, email: 'a}]"), directory, hasher)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_deep_nesting_is_a_fault(directory, hasher, seed_file):
    with pytest.raises(StartupError, match=r"line \d+: this is nested too deeply"):
        load_seed(seed_file("users:\n" + "- " * 3000), directory, hasher)


def test_a_file_that_is_not_utf_8_is_a_fault(directory, hasher, tmp_path):
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"users:\n- email: \xe9@b\n")
    with pytest.raises(StartupError, match="line 2: there is something that is not UTF-8"):
        load_seed(file, directory, hasher)


def test_a_byte_order_mark_is_no_fault(directory, hasher, tmp_path):
    file = tmp_path / "mark.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + DEMO.read_bytes())
    assert len(load_seed(file, directory, hasher)) == 18


def test_a_missing_file_is_reported(directory, hasher, tmp_path):
    with pytest.raises(StartupError, match=r"cannot read .*absent\.yaml: No such file or dir"):
        load_seed(tmp_path / "absent.yaml", directory, hasher)


def test_a_folder_is_a_fault(directory, hasher, tmp_path):
    with pytest.raises(StartupError, match="Is a directory"):
        load_seed(tmp_path, directory, hasher)
