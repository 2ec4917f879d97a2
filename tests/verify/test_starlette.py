"""The dependency, in a Starlette application."""

import asyncio
import inspect

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.dialects.oauth.proofs import KEY, ath_of, proof
from tests.verify.test_tokens import AUDIENCE, NOW, token, tokens

from reticket.verify.keys import KeysUnavailable
from reticket.verify.starlette import Guard

__all__ = ["tokens"]


class Client:
    def __init__(self, application):
        self._transport = httpx.ASGITransport(application)

    def get(self, path, headers):
        async def got():
            async with httpx.AsyncClient(transport=self._transport, base_url=AUDIENCE) as client:
                return await client.get(path, headers=headers)

        return asyncio.run(got())


@pytest.fixture
def client(tokens):
    guard, behind = Guard(tokens, "orders.read"), Guard(tokens, base=AUDIENCE)

    async def orders(request):
        return JSONResponse((await guard(request)).subject)

    async def proxied(request):
        return JSONResponse((await behind(request)).subject)

    routes = [Route("/orders", orders), Route("/behind", proxied)]
    return Client(Starlette(routes=routes))


def bearer(text):
    return {"authorization": f"Bearer {text}"}


def test_it_lets_a_good_token_pass(client):
    assert client.get("/orders?page=2", headers=bearer(token())).json() == "ada"


def test_it_answers_401_with_a_challenge(client):
    answers = [client.get("/orders", headers=said) for said in ({}, bearer("x"))]
    assert [each.status_code for each in answers] == [401, 401]
    challenges = [each.headers["www-authenticate"] for each in answers]
    assert challenges == ["Bearer", 'Bearer error="invalid_token"']


def test_it_answers_403_where_a_scope_lacks(client):
    answer = client.get("/orders", headers=bearer(token(scope="openid")))
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["/orders", "/behind"])
def test_it_sees_proofs(client, path):
    text = token(cnf={"jkt": KEY.thumbprint()})
    shown = proof("GET", f"{AUDIENCE}{path}", NOW, ath=ath_of(text))
    said = {"authorization": f"DPoP {text}", "dpop": shown}
    assert client.get(path, headers=said).status_code == 200
    assert client.get(path, headers=said).status_code == 401


def test_it_answers_503_while_there_are_no_keys(client, tokens, monkeypatch):
    def unreachable(kid):
        raise KeysUnavailable

    monkeypatch.setattr(tokens._keys, "find", unreachable)
    answer = client.get("/orders", headers=bearer(token()))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_fastapi_can_read_what_it_takes(tokens):
    (parameter,) = inspect.signature(Guard(tokens)).parameters.values()
    assert parameter.annotation is Request


@pytest.mark.parametrize("path", ["/a%20b", "/a%2Fb", "/%C3%A9"])
def test_a_path_is_seen_as_its_sender_wrote_it(tokens, path):
    guard = Guard(tokens)

    async def anything(request):
        return JSONResponse((await guard(request)).subject)

    client = Client(Starlette(routes=[Route("/{path:path}", anything)]))
    text = token(cnf={"jkt": KEY.thumbprint()})

    def status(htu):
        shown = proof("GET", htu, NOW, ath=ath_of(text), jti=htu)
        said = {"authorization": f"DPoP {text}", "dpop": shown}
        return client.get(path, headers=said).status_code

    others = [f"{AUDIENCE}/other", "https://evil.example/a b", "https://evil.example/é"]
    assert [status(f"{AUDIENCE}{path}"), *map(status, others)] == [200, 401, 401, 401]
