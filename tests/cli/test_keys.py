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
        "oauth_clients: [{client_id: site, id_token_signed_response_alg: EdDSA}, {client_id: old}]"
    )
    shell.run("seed", str(file))
    assert uses(shell) == {"mac", "sign", EDDSA}
    assert "id_token_signed_response_alg" not in show(shell, "old")


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
