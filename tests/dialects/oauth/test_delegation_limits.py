"""RFC 8693: whatever gateways ask for, in chains of any shape, no token gives more than itself."""

from collections import Counter
from contextlib import closing
from random import Random

from tests.dialects.oauth.looks import Looks
from tests.dialects.oauth.test_token_exchange import swap
from tests.dialects.oauth.token_people import KEY, OTHER_KEY
from tests.dialects.oauth.token_world import ISSUER, claims_of

from reticket.dialects.oauth.grants.exchange_target import TENANT_PREFIX

NAMES = [f"https://{name}.example.com" for name in "abcd"]
SCOPES = ["openid", "profile", "orders.read", "orders.write"]
APPS, GATEWAYS = ["backend", "spa"], ["other", "strict"]
WORLDS, REQUESTS = 40, 24


def test_no_exchange_gives_more_than_it_got():
    given = Counter()
    for seed in range(WORLDS):
        with closing(Looks()) as world:
            given.update(run(world, Random(seed)))
    assert min(given[kind] for kind in ("own", "first", "later", "none")) > 5, given


def run(world, chance):
    """Exchange tokens of one session in every which way. Yields how each came."""
    registered = {name: registration(chance) for name in (*APPS, *GATEWAYS)}
    app = chance.choice(APPS)
    headers = {} if app == "backend" and chance.random() < 0.7 else world.proof()
    world.people.register(app, resources=NAMES, scopes=SCOPES)
    tokens = [world.pair(app, headers=headers)["access_token"]]
    for name, said in registered.items():
        world.people.register(name, **said)
    for _ in range(REQUESTS):
        client, token = chance.choice([app, *GATEWAYS]), chance.choice(tokens)
        new = exchanged(world, token, client, registered[client], chance)
        if new is not None:
            tokens.append(new)
        yield check(token, new, client, registered[client])


def registration(chance):
    first, second, *others = chance.sample(NAMES, len(NAMES))
    return {
        "resources": [first, second],
        "exchange_resources": chance.choice([others, others, [second, ISSUER, *others]]),
        "scopes": chance.choice([SCOPES, SCOPES, chance.sample(SCOPES, 2)]),
    }


def exchanged(world, token, client, said, chance):
    """The new token, or None; every refusal is one of the RFC's."""
    world.clock.forward(chance.randint(0, 20))
    resource = chance.choice([*said["exchange_resources"] * 4, *NAMES, "", ISSUER])
    scope = chance.choice([*[""] * 12, *SCOPES, "admin"])
    tenant = chance.choice([*[""] * 12, f"{TENANT_PREFIX}1000", f"{TENANT_PREFIX}1001"])
    headers = chance.choice([{}, world.proof(KEY), world.proof(KEY), world.proof(OTHER_KEY)])
    form = {"resource": resource, "scope": scope, "audience": tenant}
    reply = swap(world, token, client, headers=headers, **form)
    assert reply.status in (200, 400), reply
    return reply.said.get("access_token")


def check(token, made, client, said):
    """Check a token against the one that it came from. Returns how it came."""
    if made is None:
        return "none"
    old, new = claims_of(token), claims_of(made)
    assert (new["sub"], new["sid"]) == (old["sub"], old["sid"])
    assert set(new["scope"].split()) <= set(old["scope"].split())
    assert ("cnf" in new) >= ("cnf" in old)
    if old["client_id"] == client and "act" not in old:
        return "own"
    audiences = {new["aud"]} if isinstance(new["aud"], str) else set(new["aud"])
    assert audiences <= set(said["exchange_resources"]) - {ISSUER}
    assert set(new["scope"].split()) <= set(said["scopes"]) - {"openid"}
    assert new["exp"] <= old["exp"]
    assert new.get("tid") == old.get("tid")
    assert new["act"] == {"sub": client} | ({"act": old["act"]} if "act" in old else {})
    assert client != "spa"
    return "later" if "act" in old else "first"
