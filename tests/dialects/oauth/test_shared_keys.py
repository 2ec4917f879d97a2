"""The access key of a kind, for a registered client that can do HS256 alone."""

import hmac
import json

import pytest
from tests.dialects.oauth.looks import Looks
from tests.dialects.oauth.token_world import ADA, asserting

from reticket.core.commands import BeginSession, ReadAccess, Refresh
from reticket.core.errors import Cause, Refusal
from reticket.core.policy import DAY, Policy, Reuse
from reticket.core.tokens.faces import HS256_HEADER, from_text, read_hs256, to_text
from reticket.core.tokens.kinds import TokenKind
from reticket.crypto.macs import HmacKey
from reticket.crypto.ring import OVERLAP

SHOP_2026 = Policy("SHOP_2026", 3600, 14 * DAY, 365 * DAY, 60, Reuse.REVOKE)
SHOP = TokenKind("shop.user", SHOP_2026, symmetric=True, refresh_claims=lambda facts: {"sub": "x"})
TILL = TokenKind("till.user", SHOP_2026, symmetric=True, refresh_claims=lambda facts: {"sub": "x"})
SIGNED = TokenKind("signed.user", SHOP_2026)


class Sharing(Looks):
    def __init__(self):
        super().__init__(kinds=(SHOP, TILL, SIGNED))
        self.people.register("backend", shared_keys=["shop.user"], inspects=["shop.user"])

    def fetch(self, kind="shop.user", client="backend", **form):
        return self.ask("/shared_keys", client, kind=kind, **form)

    def shared(self, **said):
        reply = self.fetch(**said)
        assert reply.status == 200, reply
        return reply.said["keys"]

    def sign_in(self, kind=SHOP):
        return self.perform(BeginSession(kind.name, ADA))

    def is_accepted(self, token, kind=SHOP):
        try:
            self.perform(ReadAccess((kind.name,), token))
        except Refusal:
            return False
        return True

    def rotate(self):
        self.ring.rotate(("mac",))
        self.clock.forward(OVERLAP)


@pytest.fixture
def world():
    made = Sharing()
    yield made
    made.close()


def forged(key, **claims):
    signed = f"{HS256_HEADER}.{to_text(json.dumps(claims).encode())}"
    mac = hmac.digest(from_text(key["k"]), signed.encode(), "sha256")
    return f"{signed}.{to_text(mac)}"


def verifies(key, token):
    return read_hs256(token, [HmacKey(b"0000", from_text(key["k"]))]) is not None


def test_the_key_verifies_access_tokens_and_no_cache_keeps_it(world):
    reply = world.fetch()
    assert reply.headers["cache-control"] == "no-store"
    (key,) = reply.said["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("oct", "HS256", "sig")
    assert verifies(key, world.sign_in().access_token)


def test_the_key_verifies_neither_refresh_tokens_nor_tokens_of_another_kind(world):
    (key,) = world.shared()
    issued = world.sign_in()
    assert not verifies(key, issued.refresh_token)
    assert not verifies(key, world.sign_in(TILL).access_token)
    claims = json.loads(from_text(issued.refresh_token.split(".")[1]))
    with pytest.raises(Refusal) as refused:
        world.perform(Refresh(SHOP.name, forged(key, **claims)))
    assert refused.value.cause is Cause.FORGED
    assert not world.is_accepted(forged(key, **claims), TILL)


def test_the_keys_of_all_labels_differ(world):
    labels = ("shop.user/jwt/access", "shop.user/jwt/refresh", "till.user/jwt/access", "x")
    made = {world.ring.snapshot.macs[label].at(world.clock()).secret for label in labels}
    assert len(made) == len(labels)


def test_a_kind_that_is_not_shared_with_the_client_is_403(world):
    for kind, client in (("till.user", "backend"), ("shop.user", "other"), ("x", "backend")):
        reply = world.fetch(kind, client)
        assert (reply.status, reply.error) == (403, "access_denied")
        assert world.causes()[-1] == Cause.NO_ACCESS
    assert world.fetch("", "backend").error == "invalid_request"


def test_a_kind_whose_tokens_are_signed_has_no_key_to_share(world):
    world.people.register("backend", shared_keys=["signed.user", "gone.user"])
    for kind in ("signed.user", "gone.user"):
        reply = world.fetch(kind)
        assert (reply.status, reply.error) == (400, "invalid_request")


def test_only_a_client_that_authenticates_fetches_keys(world):
    world.people.register("spa", shared_keys=["shop.user"])
    for reply in (
        world.fetch(client="spa"),
        world.fetch(client=None),
        world.fetch(client="nobody"),
    ):
        assert (reply.status, reply.error) == (401, "invalid_client")
    world.people.register("keyed", shared_keys=["shop.user"])
    reply = world.ask("/shared_keys", None, kind="shop.user", **asserting(world))
    assert reply.status == 200
    world.people.register("other", shared_keys=["shop.user"], registered_by="self")
    assert world.fetch(client="other").status == 401
    world.people.block("backend")
    assert world.fetch().status == 401


def test_a_rotation_gives_the_new_key_and_the_one_before(world):
    before, old = world.sign_in().access_token, world.shared()[0]
    world.ring.rotate(("mac",))
    soon, signing = world.shared()
    assert signing["kid"] == old["kid"]
    assert soon["signs_from"] == signing["signs_until"] == world.clock() // 1000 + OVERLAP
    world.clock.forward(OVERLAP)
    new, previous = world.shared()
    assert (new["kid"], previous["kid"]) == (soon["kid"], old["kid"])
    assert "signs_until" not in new
    assert verifies(new, world.sign_in().access_token)
    assert verifies(previous, before)
    world.rotate()
    assert [key["kid"] for key in world.shared()][1] == new["kid"]
    assert len(world.shared()) == 2


def test_the_next_key_is_not_given_before_a_rotation(world):
    waiting = [key.id for key in world.ring.listing() if (key.use, key.state) == ("mac", "next")]
    assert waiting
    assert not {key["kid"] for key in world.shared()} & set(waiting)


def test_after_a_rotation_the_old_key_makes_no_token_that_outlives_its_last_one(world):
    (key,) = world.shared()
    issued = world.sign_in()
    claims = json.loads(from_text(issued.access_token.split(".")[1]))
    ten_years = claims["exp"] + 3650 * DAY
    assert world.is_accepted(forged(key, **claims | {"exp": ten_years}))
    world.rotate()
    last = world.clock() // 1000 + 3600
    assert world.is_accepted(issued.access_token)
    assert world.is_accepted(forged(key, **claims | {"exp": last}))
    assert not world.is_accepted(forged(key, **claims | {"exp": last + 1}))
    assert not world.is_accepted(forged(key, **claims | {"exp": ten_years}))
    new = world.shared()[0]
    assert world.is_accepted(forged(new, **claims | {"exp": ten_years}))


def test_a_rotation_refuses_no_token_that_the_service_has_made(world):
    world.ring.rotate(("mac",))
    world.clock.forward(OVERLAP - 0.001)
    token = world.sign_in().access_token
    world.clock.forward(3599)
    assert world.is_accepted(token)


def test_each_fetch_is_audited_without_the_key(world):
    (key,) = world.shared()
    (line,) = world.lines_of("key_fetched")
    assert (line.subject, line.detail) == ("backend", {"kind": "shop.user"})
    assert key["k"] not in repr(world.audit.events)


def test_a_shared_key_is_in_no_repr(world):
    found = world.ring.snapshot.access_keys("shop.user", world.clock())
    assert repr(found[0].secret) not in repr(found)
    assert "secret" not in repr(found)
