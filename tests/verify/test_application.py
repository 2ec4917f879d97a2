"""A whole application behind one guard, and parts of it that need more."""

import asyncio
import json

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.dialects.oauth.proofs import KEY, ath_of, proof
from tests.verify.test_starlette import Client, bearer
from tests.verify.test_tokens import AUDIENCE, NOW, token, tokens

from reticket.verify import Authentication, Rejected
from reticket.verify.application import ProtectedApp, require

__all__ = ["tokens"]

METADATA = "/.well-known/oauth-protected-resource"
WHERE = f'resource_metadata="{AUDIENCE}{METADATA}"'
LATELY = Authentication(max_age=300)


async def orders(request):
    return PlainTextResponse(require(request).subject)


async def pay(request):
    """Answers 200 after a refusal, as a server does that has an error format of its own."""
    try:
        token = require(request, "orders.pay", authentication=LATELY)
    except Rejected as rejection:
        return PlainTextResponse(f"failed: {rejection}")
    return PlainTextResponse(f"paid by {token.subject}")


async def late(request):
    """Begins its response before it refuses."""

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with pytest.raises(Rejected):
            require(request, "orders.pay")
        await send({"type": "http.response.body", "body": b"refused"})

    return answer


ROUTES = [Route("/orders", orders), Route("/pay", pay), Route("/late", late)]


@pytest.fixture
def app(tokens):
    return ProtectedApp(Starlette(routes=ROUTES), tokens, "orders.read", name="Orders")


@pytest.fixture
def client(app):
    return Client(app)


def test_a_good_token_passes(client):
    assert client.get("/orders", bearer(token())).text == "ada"


def test_a_bound_token_passes_with_its_proof(client):
    text = token(cnf={"jkt": KEY.thumbprint()})
    shown = proof("GET", f"{AUDIENCE}/orders", NOW, ath=ath_of(text))
    said = {"authorization": f"DPoP {text}", "dpop": shown}
    assert client.get("/orders", said).text == "ada"


def test_rfc9449_7_1_a_part_refuses_a_bound_token_in_its_scheme(client):
    text = token(cnf={"jkt": KEY.thumbprint()}, auth_time=NOW)
    shown = proof("GET", f"{AUDIENCE}/pay", NOW, ath=ath_of(text))
    answer = client.get("/pay", {"authorization": f"DPoP {text}", "dpop": shown})
    assert answer.headers["www-authenticate"].startswith('DPoP error="insufficient_scope"')


@pytest.mark.parametrize("path", ["/orders", "/other", f"{METADATA}/other"])
def test_rfc9728_5_1_no_other_request_without_a_token(client, path):
    answer = client.get(path, {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer scope="orders.read", {WHERE}'


def test_rfc9728_5_1_a_wrong_token(client):
    said = client.get("/orders", bearer("x")).headers["www-authenticate"]
    assert said == f'Bearer error="invalid_token", scope="orders.read", {WHERE}'


def test_rfc6750_3_1_a_token_without_the_scope(client):
    answer = client.get("/orders", bearer(token(scope="openid")))
    assert answer.status_code == 403
    said = f'Bearer error="insufficient_scope", scope="orders.read", {WHERE}'
    assert answer.headers["www-authenticate"] == said


def test_rfc9728_3_the_metadata_need_no_token(client):
    answer = client.get(METADATA, {})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    said = json.loads(answer.content)
    assert (said["resource"], said["scopes_supported"]) == (AUDIENCE, ["orders.read"])


def test_a_preflight_for_the_metadata(client):
    answer = client.request("OPTIONS", METADATA, {"origin": "https://spa.example"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-headers"] == "*"


def test_the_metadata_are_only_read(client):
    assert client.request("POST", METADATA, {}).status_code == 401


def test_rfc6750_3_1_a_part_needs_more_scopes(client):
    answer = client.get("/pay", bearer(token(auth_time=NOW)))
    assert answer.status_code == 403
    said = f'Bearer error="insufficient_scope", scope="orders.read orders.pay", {WHERE}'
    assert answer.headers["www-authenticate"] == said
    assert "failed" not in answer.text


def test_rfc9470_3_a_part_needs_another_sign_in(client):
    text = token(scope="orders.read orders.pay", auth_time=NOW - 900)
    answer = client.get("/pay", bearer(text))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == (
        'Bearer error="insufficient_user_authentication", scope="orders.read orders.pay", '
        f'max_age="300", {WHERE}'
    )


def test_a_part_gets_all_that_it_needs(client):
    text = token(scope="orders.read orders.pay", auth_time=NOW)
    assert client.get("/pay", bearer(text)).text == "paid by ada"


def test_a_response_that_has_begun_is_not_replaced(client):
    answer = client.get("/late", bearer(token()))
    assert (answer.status_code, answer.content) == (200, b"refused")


def test_a_request_that_came_past_the_guard_is_refused():
    client = Client(Starlette(routes=ROUTES))
    with pytest.raises(LookupError, match="ProtectedApp"):
        client.get("/orders", bearer(token()))


def test_a_refusal_of_a_part_is_logged_without_the_token(client, caplog):
    text = token(auth_time=NOW)
    client.get("/pay", bearer(text))
    assert "403: the token lacks a scope" in caplog.text
    assert text not in caplog.text


def connection(app, **scope):
    """The messages that an application sends on a connection."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "lifespan.startup"}

    asyncio.run(app(scope, receive, send))
    return sent


def test_a_websocket_is_closed(app):
    sent = connection(app, type="websocket", path="/orders")
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_it_starts_with_the_server(tokens):
    async def started(scope, receive, send):
        await send({"type": "lifespan.startup.complete"})

    sent = connection(ProtectedApp(started, tokens), type="lifespan")
    assert sent == [{"type": "lifespan.startup.complete"}]
