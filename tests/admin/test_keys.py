"""The ring through the admin API."""


def states(desk):
    return {key["id"]: (key["use"], key["state"]) for key in desk.good("GET", "/keys")["items"]}


def test_listed_keys_contain_no_secret(desk):
    (key, *_) = desk.good("GET", "/keys")["items"]
    assert set(key) == {
        "id", "use", "algorithm", "state", "created_at", "activates_at", "retiring_at",
    }  # fmt: skip


def test_a_signing_key_can_be_rotated_or_compromised_but_not_retired(desk):
    before = states(desk)
    desk.good("POST", "/keys/rotate", {"uses": ["mac"]})
    assert len(states(desk)) == len(before) + 1
    active = next(key for key, said in states(desk).items() if said == ("mac", "active"))
    status, _, problem = desk.ask("POST", "/keys/retire", {"id": active})
    assert status == 409
    assert "rotate" in problem["detail"]
    desk.good("POST", "/keys/retire", {"id": active, "compromised": True})
    assert states(desk)[active] == ("mac", "compromised")
    told = [event for event in desk.events() if event["event"] == "key_compromised"]
    assert told[-1]["detail"] == {"key": active}


def test_an_impossible_key_change_is_refused(desk):
    assert desk.ask("POST", "/keys/retire", {"id": "00000000"})[0] == 404
    assert desk.ask("POST", "/keys/rotate", {"uses": ["x"]})[0] == 400
    assert desk.ask("POST", "/keys/rotate", {"uses": []})[0] == 400
