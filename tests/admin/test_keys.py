"""The key ring in the admin API."""


def states(api):
    return {key["id"]: (key["use"], key["state"]) for key in api.good("GET", "/keys")["items"]}


def test_listed_keys_contain_no_secret(api):
    (key, *_) = api.good("GET", "/keys")["items"]
    assert set(key) == {
        "id", "use", "algorithm", "state", "created_at", "activates_at", "retiring_at",
    }  # fmt: skip


def test_a_signing_key_can_be_rotated_or_compromised_but_not_retired(api):
    before = states(api)
    api.good("POST", "/keys/rotate", {"uses": ["mac"]})
    assert len(states(api)) == len(before) + 1
    active = next(key for key, said in states(api).items() if said == ("mac", "active"))
    status, _, problem = api.ask("POST", "/keys/retire", {"id": active})
    assert status == 409
    assert "rotate" in problem["detail"]
    api.good("POST", "/keys/retire", {"id": active, "compromised": True})
    assert states(api)[active] == ("mac", "compromised")
    told = [event for event in api.events() if event["event"] == "key_compromised"]
    assert told[-1]["detail"] == {"key": active}


def test_an_impossible_key_change_is_refused(api):
    assert api.ask("POST", "/keys/retire", {"id": "00000000"})[0] == 404
    assert api.ask("POST", "/keys/rotate", {"uses": ["x"]})[0] == 400
    assert api.ask("POST", "/keys/rotate", {"uses": []})[0] == 400
    assert api.ask("POST", "/keys/rotate", {"uses": ["sign-ES256"]})[0] == 409


def test_a_rotation_without_uses_rotates_all_that_have_keys(api):
    before = states(api)
    api.good("POST", "/keys/rotate", {})
    made = [said for key, said in states(api).items() if key not in before]
    assert sorted(made) == sorted({(use, "next") for use, _ in before.values()})


def test_an_access_key_is_shared_and_taken_away_with_a_rotation(api):
    api.good("POST", "/clients", {"client_id": "drive"})
    said = {"kind": "akinon.user", "client_id": "drive"}
    assert api.good("POST", "/keys/share", said)["registration"]["shared_keys"] == ["akinon.user"]
    assert api.ask("PATCH", "/clients/drive", {"shared_keys": []})[0] == 400
    before = states(api)
    assert "shared_keys" not in api.good("POST", "/keys/unshare", said)["registration"]
    assert [use for key, (use, _) in states(api).items() if key not in before] == ["mac"]
    told = [event for event in api.events() if event["event"] in ("key_shared", "key_unshared")]
    sharing = {"client": "drive", "kind": "akinon.user"}
    assert [event["detail"] for event in told if event["detail"]["client"] == "drive"] == [
        sharing
    ] * 2
    assert api.ask("POST", "/keys/unshare", said)[0] == 400
    assert api.ask("POST", "/keys/share", said | {"kind": "kibo.adminuser"})[0] == 400
    assert api.ask("POST", "/keys/share", said | {"client_id": "nobody"})[0] == 404
