"""The keys of the algorithms that clients choose, at the shell and at a start."""

from __future__ import annotations

import json

import pytest

RS256, EDDSA = "sign-RS256", "sign-EdDSA"


def uses(shell):
    return {key["use"] for key in json.loads(shell.run("key", "list", "--json"))}


def show(shell, client):
    return json.loads(shell.run("client", "show", client, "--json"))["registration"]


def test_a_new_client_of_people_has_rs256_and_its_key_is_in_the_ring(shell):
    assert uses(shell) == {"mac", "sign"}
    shell.run("client", "add", "site")
    assert show(shell, "site")["id_token_signed_response_alg"] == "RS256"
    assert uses(shell) == {"mac", "sign", RS256}


def test_algorithms_are_chosen_and_changed(shell):
    shell.run("client", "add", "site", "--id-token-alg", "ES256", "--userinfo-alg", "EdDSA")
    assert uses(shell) == {"mac", "sign", EDDSA}
    shell.run("client", "edit", "site", "--id-token-alg", "EdDSA", "--clear", "userinfo-alg")
    said = show(shell, "site")
    assert said["id_token_signed_response_alg"] == "EdDSA"
    assert "userinfo_signed_response_alg" not in said


def test_a_fapi_preset_has_es256_and_never_rs256(shell):
    shell.run("client", "add", "bank", "--policy", "FAPI_2_SESSION")
    assert show(shell, "bank")["id_token_signed_response_alg"] == "ES256"
    said = shell.run("client", "edit", "bank", "--id-token-alg", "RS256", ok=False)
    assert "must not have id_token_signed_response_alg: RS256" in said
    shell.run("client", "add", "site")
    said = shell.run("client", "edit", "site", "--policy", "FAPI_2_SESSION", ok=False)
    assert "must not have id_token_signed_response_alg: RS256" in said


def test_the_keys_of_a_directory_file_are_made_with_its_clients(shell, tmp_path):
    file = tmp_path / "more.yaml"
    file.write_text(
        "oauth_clients: [{client_id: site, id_token_signed_response_alg: EdDSA}, {client_id: shop}]"
    )
    shell.run("seed", str(file))
    assert uses(shell) == {"mac", "sign", EDDSA, RS256}
    assert show(shell, "shop")["id_token_signed_response_alg"] == "RS256"


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, set()),
        ({"DIALECTS__OAUTH__REGISTRATION": "open"}, {RS256}),
        ({"SIGNING_ALGORITHM": "EdDSA"}, {"sign-ES256"}),
    ],
    ids=str,
)
def test_a_start_makes_the_keys_that_are_wanted(shell, monkeypatch, variables, wanted):
    """A client may fetch the key set before it registers itself."""
    instance = shell.instance()
    instance.directory.clients.register("spa", {"id_token_signed_response_alg": "ES256"})
    instance.close()
    for name, value in variables.items():
        monkeypatch.setenv(f"RETICKET_{name}", value)
    instance = shell.instance()
    instance.require_keys()
    instance.close()
    assert uses(shell) == {"mac", "sign"} | wanted


def test_all_present_uses_are_rotated_or_a_single_one(shell):
    shell.run("client", "add", "site", "--id-token-alg", "EdDSA")
    shell.run("key", "rotate")
    shell.run("key", "rotate", "--use", EDDSA)
    events = map(json.loads, (shell.data / "audit.jsonl").read_text().splitlines())
    rotated = [each["detail"]["key"] for each in events if each["event"] == "key_rotated"]
    assert rotated == ["mac", "sign", EDDSA, EDDSA]
    assert "no key for sign-RS256" in shell.run("key", "rotate", "--use", RS256, ok=False)


def test_an_access_key_is_shared_with_a_client_and_taken_away_again(shell):
    secret = shell.run("client", "add", "files").strip()
    said = shell.run("key", "share", "--kind", "cloudreve.user", "--client", "files")
    assert "files may fetch the access key of cloudreve.user" in said
    assert "can forge access tokens" in said
    assert show(shell, "files")["shared_keys"] == ["cloudreve.user"]
    assert "warning  shared keys: client files has the access key of cloudreve.user" in shell.run(
        "doctor"
    )
    shell.run("client", "edit", "files", "--name", "Files")
    assert show(shell, "files")["shared_keys"] == ["cloudreve.user"]
    before = json.loads(shell.run("key", "list", "--json"))
    shell.run("key", "unshare", "--kind", "cloudreve.user", "--client", "files")
    assert "shared_keys" not in show(shell, "files")
    after = json.loads(shell.run("key", "list", "--json"))
    assert {key["use"] for key in after[len(before) - len(after) :]} <= {"mac", "sign", RS256}
    assert len(after) == len(before) + 1
    assert "ok       shared keys" in shell.run("doctor")
    told = (shell.data / "audit.jsonl").read_text()
    for event in ("key_shared", "key_unshared", "key_rotated"):
        assert f'"event":"{event}"' in told
    assert secret not in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("share", "--kind", "kibo.adminuser", "--client", "files"),
            "has no key that can be shared",
        ),
        (("share", "--kind", "oauth.login", "--client", "files"), "kinds with one: akinon.user"),
        (("share", "--kind", "cloudreve.user", "--client", "spa"), "spa must be registered by an"),
        (("share", "--kind", "cloudreve.user", "--client", "nobody"), "there is no client"),
        (("unshare", "--kind", "cloudreve.user", "--client", "files"), "is not shared with files"),
    ],
)
def test_a_key_that_cannot_be_shared_gets_one_sentence(shell, words, said):
    shell.run("client", "add", "files")
    assert said in shell.run("key", *words, ok=False)
