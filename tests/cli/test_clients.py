"""`reticket client`, `session start` and the first admin of `init`."""

import json
from base64 import urlsafe_b64decode

import pytest

from reticket.cli.client import CLEARABLE
from reticket.oauth.terms import terms_of

ED25519 = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
ADA = "ada@example.com"
RS256 = {"id_token_signed_response_alg": "RS256"}
"""What every new client gets to which people sign in."""


def show(shell, client):
    return json.loads(shell.run("client", "show", client, "--json"))


def verifies(shell, client, secret):
    instance = shell.instance()
    stored = instance.directory.client_credentials(client).secret_hash
    instance.close()
    return instance.hasher.verify(stored, secret)


def test_a_secret_is_hashed_with_the_configured_cost(shell, monkeypatch):
    for name, value in {"TIME_COST": "2", "MEMORY": "32", "PARALLELISM": "3"}.items():
        monkeypatch.setenv(f"RETICKET_HASHING__{name}", value)
    shell.run("client", "add", "dear")
    instance = shell.instance()
    instance.close()
    stored = instance.directory.client_credentials("dear").secret_hash
    assert stored.startswith("$argon2id$v=19$m=32,t=2,p=3$")


def test_a_confidential_client_is_added_and_its_secret_printed_once(shell):
    secret = shell.run(
        "client", "add", "backend", "--policy", "SERVICE,window=5",
        "--scope", "a b", "--scope", "c",
        "--grant", "client_credentials", "--grant", "token_exchange",
        "--resource", "https://orders.example.com", "--dpop",
    ).strip()  # fmt: skip
    assert verifies(shell, "backend", secret)
    shown = show(shell, "backend")
    assert (shown["public"], shown["disabled"]) == (False, False)
    assert shown["registration"] == {
        "policy": {"preset": "SERVICE", "window": 5},
        "scopes": ["a", "b", "c"],
        "grants": ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"],
        "resources": ["https://orders.example.com"],
        "dpop_required": True,
        "pkce": "optional",
    }
    assert secret not in json.dumps(shown) + (shell.data / "audit.jsonl").read_text()


def test_public_clients_and_those_with_keys_have_no_secret(shell, tmp_path):
    said = shell.run("client", "add", "app", "--public", "--redirect-uri", "com.app:/cb")
    assert "no secret" in said
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": ED25519}]}))
    made = json.loads(shell.run("client", "add", "keyed", "--jwks", str(keys), "--json"))
    assert (made["public"], "client_secret" in made) == (False, False)
    assert "public" in shell.run("client", "rotate-secret", "keyed", ok=False)


def test_a_secret_is_rotated(shell):
    old = json.loads(shell.run("client", "add", "one", "--json"))["client_secret"]
    new = json.loads(shell.run("client", "rotate-secret", "one", "--json"))["client_secret"]
    assert verifies(shell, "one", new)
    assert not verifies(shell, "one", old)


def test_an_edit_replaces_the_given_members_only(shell):
    shell.run("client", "edit", "spa", "--policy", "AAL2_2026", "--scope", "openid", "--par")
    assert show(shell, "spa")["registration"] == {
        "policy": {"preset": "AAL2_2026"},
        "redirect_uris": ["http://127.0.0.1/callback"],
        "scopes": ["openid"],
        "par_required": True,
        "id_token_signed_response_alg": "ES256",
    }
    shell.run("client", "edit", "spa", "--no-par")
    assert show(shell, "spa")["registration"]["par_required"] is False
    assert "redirect_uris" in shell.run("client", "show", "spa")


def test_a_client_may_be_returned_to_after_a_log_out(shell):
    member, option = "post_logout_redirect_uris", "post-logout-redirect-uri"
    shell.run("client", "edit", "spa", f"--{option}", "https://a.example.com/")
    assert show(shell, "spa")["registration"][member] == ["https://a.example.com/"]
    shell.run("client", "edit", "spa", "--clear", option)
    assert member not in show(shell, "spa")["registration"]


def test_a_client_is_told_of_log_outs(shell):
    uri = "https://a.example.com/ended"
    said = ("--backchannel-logout-uri", uri, "--backchannel-logout-session-required")
    shell.run("client", "edit", "spa", *said)
    registration = show(shell, "spa")["registration"]
    assert registration["backchannel_logout_uri"] == uri
    assert registration["backchannel_logout_session_required"] is True
    shell.run("client", "edit", "spa", "--clear", "backchannel-logout-uri")
    assert "backchannel_logout_uri" not in show(shell, "spa")["registration"]
    refusal = shell.run("client", "edit", "spa", said[0], "http://a.example.com/", ok=False)
    assert "must be an https URL" in refusal


def test_a_client_has_more_origins(shell):
    origins = ["https://a.example.com", "capacitor://localhost"]
    shell.run("client", "edit", "spa", *(word for o in origins for word in ("--allowed-origin", o)))
    assert show(shell, "spa")["registration"]["allowed_origins"] == origins
    assert "must be an origin" in shell.run(
        "client", "edit", "spa", "--allowed-origin", "https://a.example.com/", ok=False
    )


def test_a_client_is_for_some_groups_and_then_for_everybody(shell):
    groups = ("--allowed-group", "staff", "--allowed-group", "admins")
    shell.run("client", "edit", "spa", *groups)
    assert show(shell, "spa")["registration"]["groups_allowed"] == ["admins", "staff"]
    said = shell.run("session", "start", "--client", "spa", "--user", ADA, ok=False)
    assert "is in none of the groups that may use the client" in said
    shell.run("user", "change", ADA, "--group", "staff")
    shell.run("session", "start", "--client", "spa", "--user", ADA)
    shell.run("client", "edit", "spa", "--clear", "allowed-group")
    assert "groups_allowed" not in show(shell, "spa")["registration"]


def test_a_client_inspects_kinds_of_tokens_that_there_are(shell):
    shell.run("client", "add", "files", "--inspects", "oauth.user", "--inspects", "oauth.client")
    assert show(shell, "files")["registration"]["inspects"] == ["oauth.user", "oauth.client"]
    for words in (("add", "more"), ("edit", "files")):
        said = shell.run("client", *words, "--inspects", "oauth.usr", ok=False)
        assert "inspects names oauth.usr; there are " in said
        assert "oauth.user" in said
        assert "oauth.login" not in said
    shell.run("client", "edit", "files", "--clear", "inspects")
    assert "inspects" not in show(shell, "files")["registration"]


def test_a_cleared_member_has_its_default_again(shell):
    shell.run("client", "edit", "spa", "--clear", "scope", "--clear", "policy", "--name", "Shop")
    assert show(shell, "spa")["registration"] == {
        "name": "Shop",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "id_token_signed_response_alg": "ES256",
    }
    every = [word for name in CLEARABLE for word in ("--clear", name)]
    shell.run("client", "edit", "spa", *every)
    left = {"id_token_signed_response_alg": "ES256"}
    assert show(shell, "spa")["registration"] == left


def test_a_client_without_a_secret_keeps_its_keys(shell, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": ED25519}]}))
    shell.run("client", "add", "keyed", "--jwks", str(keys))
    assert "has no secret" in shell.run("client", "edit", "keyed", "--clear", "jwks", ok=False)
    address = "https://app.example/keys"
    shell.run("client", "add", "far", "--jwks-uri", address)
    assert show(shell, "far")["public"] is False
    said = show(shell, "far")["registration"]
    assert said == {"jwks_uri": address, "pkce": "optional"} | RS256
    assert "jwks" in show(shell, "keyed")["registration"]


def test_a_client_may_have_keys_beside_its_secret(shell, tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": ED25519}]}))
    method = ("--auth-method", "client_secret_post")
    signing = ("--request-object-alg", "EdDSA", "--signed-requests")
    address = ("--request-uri", "https://a.example/r.jwt")
    options = (*method, *signing, *address, "--jwks", str(keys), "--json")
    made = json.loads(shell.run("client", "add", "both", *options))
    assert verifies(shell, "both", made["client_secret"])
    said = made["registration"]
    assert said["token_endpoint_auth_method"] == "client_secret_post"
    assert (said["request_uris"], said["request_object_signing_alg"]) == ([address[1]], "EdDSA")
    assert said["require_signed_request_object"] is True
    cleared = ("--clear", "request-uri", "--clear", "request-object-alg", "--no-signed-requests")
    shell.run("client", "edit", "both", *cleared)
    assert "request_uris" not in show(shell, "both")["registration"]
    refused = shell.run("client", "add", "x", "--signed-requests", ok=False)
    assert "without jwks or jwks_uri" in refused


def test_a_client_is_disabled_enabled_and_deleted_with_its_sessions(shell):
    shell.run("client", "disable", "spa")
    assert show(shell, "spa")["disabled"] is True
    shell.run("client", "enable", "spa")
    shell.run("session", "start", "--client", "spa", "--user", ADA)
    (row,) = shell.rows("session", "list", "--client", "spa")
    shell.run("client", "delete", "spa")
    assert shell.rows("session", "show", row["id"])[0]["end"] == "client_removed"
    assert shell.rows("client", "list") == []


def test_every_change_of_a_client_is_audited(shell):
    for words in (
        ("add", "one"), ("edit", "one", "--name", "One"), ("rotate-secret", "one"),
        ("disable", "one"), ("enable", "one"), ("delete", "one"),
    ):  # fmt: skip
        shell.run("client", *words)
    shell.run("client", "rotate-secret", "nobody", ok=False)
    lines = map(json.loads, (shell.data / "audit.jsonl").read_text().splitlines())
    told = [
        line
        for line in lines
        if line["event"].startswith("client_") and line["detail"] == {"client": "one"}
    ]
    assert [line["event"] for line in told] == [
        "client_added", "client_changed", "client_secret_rotated",
        "client_disabled", "client_enabled", "client_disabled", "client_removed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "spa", "--public"), "already"),
        (("add", "é"), "1 to 255 printable ASCII characters, and neither"),
        (("add", ".."), "'..' is not"),
        (("add", ""), "must be 1 to 255 printable"),
        (("add", "x" * 256), "must be 1 to 255 printable"),
        (("add", "a\n"), "must be 1 to 255 printable"),
        (("add", "x", "--policy", "BRWSER"), "BROWSER_2026"),
        (("add", "x", "--policy", "BROWSER,window"), "is not like"),
        (("add", "x", "--policy", "BROWSER,windo=5"), "windo is not a known key"),
        (("add", "x", "--policy", "BROWSER,window=x"), "must be a whole number"),
        (("add", "x", "--policy", "AAL2,refresh=5"), "shorter than access"),
        (("add", "x", "--redirect-uri", "/cb"), "absolute URI"),
        (("add", "x", "--scope", 'a"b'), "must be one scope"),
        (("add", "x", "--grant", "implicit"), "implicit"),
        (("add", "x", "--jwks", "nowhere.json"), "cannot be read"),
        (("add", "x", "--public", "--admin"), "must not be admin"),
        (("edit", "spa", "--admin"), "must not be admin"),
        (("edit", "spa"), "say what to change"),
        (("edit", "spa", "--clear", "dpop"), "dpop"),
        (("edit", "spa", "--scope", "a", "--clear", "scope"), "cannot be cleared as well"),
        (("edit", "nobody", "--par"), "Error: there is no client 'nobody'"),
        (("rotate-secret", "spa"), "public"),
        (("rotate-secret", "nobody"), "Error: there is no client 'nobody'"),
        (("disable", "nobody"), "Error: there is no client 'nobody'"),
        (("delete", "nobody"), "Error: there is no client 'nobody'"),
        (("show", "nobody"), "Error: there is no client 'nobody'"),
    ],
    ids=" ".join,
)
def test_mistakes_get_one_sentence(shell, words, said):
    output = shell.run("client", *words, ok=False)
    assert said in output
    assert "Traceback" not in output
    assert len(shell.rows("client", "list")) == 1


def test_init_creates_the_first_admin_once(empty):
    lines = empty.run("init").splitlines()
    assert lines[-3].startswith("The client of the admin API")
    assert lines[-2].split() == ["client_id", "admin"]
    secret = lines[-1].removeprefix("client_secret").strip()
    assert verifies(empty, "admin", secret)
    assert '"client_added","detail":{"client":"admin"}' in (empty.data / "audit.jsonl").read_text()
    registration = show(empty, "admin")["registration"]
    assert (registration["admin"], registration["scopes"]) == (True, ["admin"])
    assert registration["grants"] == ["client_credentials"]
    again = empty.run("init")
    assert again.splitlines()[-1] == (
        "the client admin of the admin API is there already; "
        "a new secret: reticket client rotate-secret admin"
    )
    assert verifies(empty, "admin", secret)
    assert secret not in again


def test_init_creates_no_admin_if_one_exists(empty, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("oauth_clients:\n- {client_id: ops, client_secret: x, admin: true}\n")
    empty.instance().close()
    empty.run("seed", str(seed))
    said = empty.run("init")
    assert "the client ops of the admin API is there already" in said
    assert "rotate-secret ops" in said
    assert "client_secret" not in said


def test_init_prints_no_secret_for_an_admin_without_one(empty, tmp_path):
    seed, key = tmp_path / "seed.yaml", {"kty": "OKP", "crv": "Ed25519", "x": ED25519}
    clients = [{"client_id": "keyed", "admin": True, "jwks": {"keys": [key]}}]
    seed.write_text(json.dumps({"oauth_clients": clients}))
    empty.instance().close()
    empty.run("seed", str(seed))
    said = empty.run("init")
    assert said.splitlines()[-1] == "the client keyed of the admin API is there already"


def test_init_warns_if_the_client_of_that_name_is_no_admin(empty, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("oauth_clients:\n- {client_id: admin, client_secret: x}\n")
    empty.instance().close()
    empty.run("seed", str(seed))
    said = empty.run("init")
    assert "the client admin is there, but may not use the admin API" in said
    assert "client_secret" not in said


def test_a_client_without_the_flag_loses_the_admin_scope(empty):
    empty.run("init")
    empty.run("client", "edit", "admin", "--no-admin")
    assert "scopes" not in show(empty, "admin")["registration"]


def test_session_start_prints_the_tokens(shell, monkeypatch):
    monkeypatch.setenv("RETICKET_ISSUER", "https://login.example.com")
    shell.run("client", "edit", "spa", "--scope", "openid orders.read")
    words = ("--client", "spa", "--user", ADA, "--scope", "openid", "--amr", "pwd")
    answer = json.loads(shell.run("session", "start", *words, "--json"))
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "openid"
    assert {"access_token", "refresh_token", "id_token", "expires_in"} <= set(answer)
    (row,) = shell.rows("session", "list", "--client", "spa", "--subject", ADA)
    assert (row["client"], row["scope"]) == ("spa", "openid")
    instance = shell.instance()
    family = instance.store.find(bytes.fromhex(row["id"]))
    instance.close()
    assert terms_of(family.terms).amr == ("pwd",)
    printed = shell.run("session", "start", *words)
    assert "refresh_token" in printed
    assert answer["refresh_token"] not in (shell.data / "audit.jsonl").read_text()


def test_the_sessions_of_a_client_can_be_ended(shell):
    for _ in range(2):
        shell.run("session", "start", "--client", "spa", "--user", ADA)
    assert "no client 'nobody'" in shell.run("session", "revoke", "--client", "nobody", ok=False)
    assert shell.run("session", "revoke", "--client", "spa") == "2 revoked\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--client", "nobody", "--user", ADA), "Error: there is no client 'nobody'"),
        (
            ("--client", "spa", "--user", "x@example.com"),
            "Error: there is no user 'x@example.com'",
        ),
        (("--client", "spa", "--user", ADA, "--scope", "admin"), "--scope is more"),
        (("--client", "spa", "--user", ADA, "--resource", "https://x"), "reticket client show spa"),
        (("--client", "spa", "--user", ADA, "--tenant", "9"), "--tenant is none"),
        (("--client", "spa", "--user", ADA, "--dpop-jkt", "x"), "thumbprint"),
        (("--client", "spa", "--user", ADA, "--amr", "a b"), "a few words"),
    ],
    ids=" ".join,
)
def test_a_session_that_may_not_begin_is_refused_with_a_reason(shell, words, said):
    output = shell.run("session", "start", *words, ok=False)
    assert said in output
    assert "Traceback" not in output
    assert shell.rows("session", "list", "--all") == []


def test_a_disabled_person_or_client_gets_no_session(shell):
    shell.run("client", "disable", "spa")
    start = ("session", "start", "--client", "spa", "--user", ADA)
    assert "--client is disabled" in shell.run(*start, ok=False)
    shell.run("client", "enable", "spa")
    shell.run("user", "disable", ADA)
    assert "subject_disabled" in shell.run(*start, ok=False)


def test_the_issuer_of_the_tokens_is_the_served_address(shell):
    (shell.data / "address").write_text("http://127.0.0.1:9876")
    printed = shell.run("session", "start", "--client", "spa", "--user", ADA, "--json")
    payload = json.loads(printed)["access_token"].split(".")[1]
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["iss"] == "http://127.0.0.1:9876"


def test_without_oauth_no_session_starts_and_old_sessions_are_listed(shell, monkeypatch):
    start = ("session", "start", "--client", "spa", "--user", ADA)
    shell.run(*start)
    monkeypatch.setenv("RETICKET_DIALECTS__OAUTH__ENABLED", "false")
    assert "the dialect oauth is switched off" in shell.run(*start, ok=False)
    assert len(shell.rows("session", "list", "--kind", "oauth.user")) == 1
    assert "1 revoked" in shell.run("session", "revoke", "--kind", "oauth.user")


def test_addresses_that_describe_a_client_are_added_changed_and_cleared(shell):
    home, terms = "https://app.example.com", "https://app.example.com/terms"
    shell.run("client", "add", "app", "--public", "--client-uri", home, "--tos-uri", terms)
    assert show(shell, "app")["registration"] == {"client_uri": home, "tos_uri": terms} | RS256
    shell.run("client", "edit", "app", "--logo-uri", f"{home}/logo.png", "--clear", "tos-uri")
    changed = {"client_uri": home, "logo_uri": f"{home}/logo.png"} | RS256
    assert show(shell, "app")["registration"] == changed


@pytest.mark.parametrize("name", ["my app", "api://abc/def", "https://app.example.com/client.json"])
def test_rfc6749_a_1_an_id_may_have_blanks_and_slashes(shell, name):
    secret = shell.run("client", "add", name, "--redirect-uri", "https://app.example.com/").strip()
    assert verifies(shell, name, secret)
    shell.run("client", "edit", name, "--pkce", "required", "--contact", ADA)
    assert show(shell, name)["registration"]["contacts"] == [ADA]
    assert show(shell, name)["registration"]["pkce"] == "required"
    assert name in shell.run("client", "list")
    shell.run("session", "start", "--client", name, "--user", ADA)
    (row,) = shell.rows("session", "list", "--client", name)
    assert row["client"] == name
    shell.run("client", "delete", name)
    assert name not in shell.run("client", "list")


def test_a_command_in_a_hint_can_be_pasted(shell):
    shell.run("client", "add", "my app", "--public")
    words = "session", "start", "--client", "my app", "--user", ADA, "--scope", "a"
    assert "reticket client show 'my app'" in shell.run(*words, ok=False)
