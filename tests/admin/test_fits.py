"""A list shows, and a revocation ends, exactly the sessions that match the criteria."""

import pytest
from tests.admin.conftest import ADA
from tests.http.wire import WIRES

ALAN = "alan@example.com"
KIBO = next(wire for wire in WIRES if wire.name == "kibo.adminuser")
DEVELOPER = next(wire for wire in WIRES if wire.name == "kibo.developer")
MINE = {"client_id": "spa", "user": ADA, "tenant": 1000}
OTHERS = {
    "subject": {"user": ALAN},
    "client": {"client_id": "backend"},
    "tenant": {"tenant": 1001},
}
"""By a member of a session: what is wished of one that differs in it alone."""


def begin(api, **said):
    """Begin a session; the session as the API shows it."""
    _, headers, answer = api.ask("POST", "/sessions", {**MINE, **said})
    assert "refresh_token" in answer, answer
    return api.good("GET", headers["location"].removeprefix("/admin/v1"))


def begin_at_kibo(api):
    """A session of Ada's in her tenant, as MINE is, but for its kind and its client."""
    KIBO.sign_in(api.url)
    page = api.good("GET", f"/sessions?subject={ADA}&kind={KIBO.name}&limit=500")
    return page["items"][-1]


def differing(api, member):
    """A session that differs from MINE in that member."""
    return begin_at_kibo(api) if member == "kind" else begin(api, **OTHERS[member])


def lives(api, session):
    return api.good("GET", f"/sessions/{session['id']}")["revoked_at"] is None


def listed(api, query):
    page = api.good("GET", f"/sessions?{query}&limit=500")
    return {item["id"] for item in page["items"]}


@pytest.mark.parametrize("member", [*OTHERS, "kind"])
def test_a_session_that_is_not_selected_continues(api, member):
    mine, other = begin(api), differing(api, member)
    api.good("POST", "/sessions/revoke", {member: mine[member]})
    assert (lives(api, mine), lives(api, other)) == (False, True)


def test_only_the_selected_session_ends(api):
    mine, other = begin(api), begin(api)
    assert api.good("POST", "/sessions/revoke", {"session": mine["id"]}) == {"count": 1}
    assert (lives(api, mine), lives(api, other)) == (False, True)


@pytest.mark.parametrize("member", [*OTHERS, "kind"])
def test_a_session_must_match_every_criterion(api, member):
    mine, other = begin(api), differing(api, member)
    said = {name: mine[name] for name in ("subject", "tenant", member)}
    assert api.good("POST", "/sessions/revoke", said)["count"] >= 1
    assert (lives(api, mine), lives(api, other)) == (False, True)


@pytest.mark.parametrize("member", [*OTHERS, "kind"])
def test_a_list_has_exactly_the_matching_sessions(api, member):
    mine, other = begin(api), differing(api, member)
    found = listed(api, f"{member}={mine[member]}")
    assert (mine["id"] in found, other["id"] in found) == (True, False)


def test_a_list_of_active_sessions_has_no_ended_one(api):
    mine, ended = begin(api), begin(api)
    api.good("DELETE", f"/sessions/{ended['id']}")
    assert ended["id"] in listed(api, "client=spa")
    assert ended["id"] in listed(api, "client=spa&live=false")
    found = listed(api, "client=spa&live=true")
    assert (mine["id"] in found, ended["id"] in found) == (True, False)


@pytest.mark.parametrize("tenant", [1000, "1000"])
def test_a_tenant_is_selected_by_a_number_or_its_text(api, tenant):
    mine = begin(api, tenant=tenant)
    assert mine["tenant"] == "1000"
    assert mine["id"] in listed(api, "tenant=1000")
    api.good("POST", "/sessions/revoke", {"tenant": tenant})
    assert not lives(api, mine)


@pytest.mark.parametrize("tenant", ["", "shop", "1000 ", "1000\n", "01000", 2**31, 1.5, True])
def test_an_invalid_tenant_ends_no_session(api, tenant):
    mine = begin(api)
    for path, body in (("/sessions/revoke", {}), ("/sessions", MINE)):
        status, _, problem = api.ask("POST", path, {**body, "tenant": tenant})
        assert (status, problem["detail"].split()[0]) == (400, "tenant")
    assert lives(api, mine)


def test_the_tenant_of_a_developer_session_is_the_account(api):
    DEVELOPER.sign_in(api.url)
    page = api.good("GET", f"/sessions?kind={DEVELOPER.name}&live=true&limit=500")
    session = page["items"][-1]
    assert session["tenant"] == "77"
    api.good("POST", "/sessions/revoke", {"tenant": 77})
    assert not lives(api, session)
