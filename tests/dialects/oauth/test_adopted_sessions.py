"""Refresh tokens of another provider at the endpoints of OAuth: its sessions go on here."""

import jwt
import pytest
from tests.core.adopting import jwt_adoption
from tests.dialects.oauth.token_people import ADA
from tests.dialects.oauth.token_world import claims_of

from reticket.adoption.keys import canonical
from reticket.core.policy import DAY, SECOND
from reticket.oauth.provider import USER
from reticket.testing.clock import START

KEYCLOAK = "https://sso.example.com/realms/shop"
REALM_KEY = "the key of the realm, in sixty-four bytes or so, as it is stored"


def foreign(client="spa", scope="openid orders.read unknown.scope", **claims):
    """A refresh token as Keycloak makes it."""
    now = START // SECOND
    said = {
        "typ": "Refresh", "iss": KEYCLOAK, "aud": KEYCLOAK, "sub": "f-1", "azp": client,
        "sid": "5d7c", "jti": "one", "iat": now, "exp": now + 10 * DAY, "scope": scope,
    }  # fmt: skip
    return jwt.encode(said | claims, REALM_KEY, "HS512")


@pytest.fixture
def adopted(world):
    world.adoptions.append(
        jwt_adoption(
            system="keycloak",
            reader="keycloak",
            kind=USER,
            algorithm="HS512",
            key=canonical("HS512", REALM_KEY),
            issuer=KEYCLOAK,
        )
    )
    world.adopted.reload()
    world.known.people["f-1"] = ADA.id
    return world


def test_a_client_refreshes_on_with_the_scopes_that_it_may_have_here(adopted):
    reply = adopted.refresh(foreign())
    assert reply.status == 200, reply
    assert reply.said["scope"] == "openid orders.read"
    claims = claims_of(reply.said["access_token"])
    assert (claims["sub"], claims["client_id"]) == (ADA.id, "spa")
    assert "auth_time" not in claims
    assert "auth_time" not in claims_of(reply.said["id_token"])
    assert adopted.refresh(foreign()).body == reply.body
    assert adopted.refresh(reply.said["refresh_token"]).status == 200


def test_another_client_gets_nothing_and_the_session_goes_on(adopted):
    reply = adopted.refresh(foreign(), client="tv")
    assert (reply.status, reply.error) == (400, "invalid_grant")
    assert adopted.refresh(foreign()).status == 200


@pytest.mark.parametrize(
    "token",
    [
        foreign("nobody"),
        foreign(sub="f-2"),
        foreign(iss="https://sso.example.com/realms/other"),
        foreign(typ="Bearer"),
        foreign(typ="ID"),
        foreign(exp=START // SECOND - 1),
    ],
    ids=["client", "person", "issuer", "access token", "ID token", "expired"],
)
def test_what_does_not_fit_is_an_invalid_grant(adopted, token):
    reply = adopted.refresh(token)
    assert (reply.status, reply.error) == (400, "invalid_grant")
    assert adopted.families() == []


def test_a_client_revokes_the_token_of_the_other_provider(adopted):
    assert adopted.give_back(foreign()).status == 200
    assert [row.revoked_cause for row in adopted.families()] == ["sign_out"]
    assert adopted.refresh(foreign()).error == "invalid_grant"


def test_introspection_says_what_a_refresh_would_say(adopted):
    said = adopted.look(foreign("backend"), "backend").said
    assert (said["active"], said["sub"], said["exp"]) == (True, ADA.id, START // SECOND + 10 * DAY)
    assert adopted.look("rtk_x", "backend").said == {"active": False}
    assert adopted.look("garbage", "backend").said == {"active": False}
    assert [row.generation for row in adopted.families()] == [1]


def test_two_tokens_of_one_session_and_client_are_one_session(adopted):
    first = adopted.refresh(foreign())
    assert adopted.refresh(foreign(jti="two")).body == first.body
    assert len(adopted.families()) == 1
