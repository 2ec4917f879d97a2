"""The dependency, in a Starlette application."""

import asyncio
import subprocess
import sys
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Security
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.dialects.oauth.proofs import KEY, ath_of, proof
from tests.verify.test_tokens import AUDIENCE, NOW, bearer_only, token, tokens

from reticket.verify import Authentication, ProtectedResource, Token
from reticket.verify.keys import KeysUnavailable
from reticket.verify.starlette import Guard, metadata_route

__all__ = ["bearer_only", "tokens"]

LATELY = Authentication(max_age=300)


class Client:
    def __init__(self, application):
        self._transport = httpx.ASGITransport(application)

    def get(self, path, headers):
        return self.request("GET", path, headers)

    def request(self, method, path, headers):
        async def got():
            async with httpx.AsyncClient(transport=self._transport, base_url=AUDIENCE) as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(got())


@pytest.fixture
def client(tokens):
    return Client(application(Guard(tokens, "orders.read", base=AUDIENCE)))


def application(guard):
    async def orders(request):
        return JSONResponse((await guard(request)).subject)

    return Starlette(routes=[Route("/orders", orders)])


def bearer(text):
    return {"authorization": f"Bearer {text}"}


def test_a_valid_token_passes_the_dependency(client):
    assert client.get("/orders?page=2", headers=bearer(token())).json() == "ada"


def test_it_answers_401_with_a_challenge(client):
    answers = [client.get("/orders", headers=said) for said in ({}, bearer("x"))]
    assert [each.status_code for each in answers] == [401, 401]
    challenges = [each.headers["www-authenticate"] for each in answers]
    assert challenges == [
        'Bearer scope="orders.read"',
        'Bearer error="invalid_token", scope="orders.read"',
    ]


def test_a_missing_scope_is_403(client):
    answer = client.get("/orders", headers=bearer(token(scope="openid")))
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]


def bound(htu):
    """Headers of a request with a token that is bound to a key, and a proof for that address."""
    text = token(cnf={"jkt": KEY.thumbprint()})
    return {"authorization": f"DPoP {text}", "dpop": proof("GET", htu, NOW, ath=ath_of(text))}


def test_proofs_are_checked(client):
    said = bound(f"{AUDIENCE}/orders")
    assert client.get("/orders", headers=said).status_code == 200
    assert client.get("/orders", headers=said).status_code == 401


def test_a_proof_for_another_server_is_refused_whatever_host_is_sent(client):
    said = {**bound("https://evil.example/orders"), "host": "evil.example"}
    assert client.get("/orders", headers=said).status_code == 401
    mine = {**bound(f"{AUDIENCE}/orders"), "host": "evil.example"}
    assert client.get("/orders", headers=mine).status_code == 200


def test_base_is_required_if_proofs_are_accepted(tokens):
    with pytest.raises(ValueError, match=r"base.*proofs=False"):
        Guard(tokens, "orders.read")


@pytest.mark.parametrize(
    "base",
    [
        "", "orders.example.com", "ftp://h", "https://", "https://h/", "https://h?x", "https://h#x",
        "https://u@h", "https://h/a/",
    ],
)  # fmt: skip
def test_an_invalid_base_is_refused_at_once(tokens, base):
    with pytest.raises(ValueError, match="base must be like"):
        Guard(tokens, base=base)


def test_without_proofs_no_base_is_needed_and_bound_tokens_are_rejected(bearer_only):
    client = Client(application(Guard(bearer_only, "orders.read")))
    assert client.get("/orders", headers=bearer(token())).status_code == 200
    text = token(cnf={"jkt": KEY.thumbprint()})
    for said in (bearer(text), bound("/orders"), bound(f"{AUDIENCE}/orders")):
        answer = client.get("/orders", headers=said)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "401: there is no token"),
        ({"authorization": "Bearer secret-word"}, "401: the token is no compact signature"),
        ("scope", "403: the token lacks a scope"),
        (bound("https://evil.example/orders"), "401: the proof is for another request"),
    ],
    ids=["nothing", "garbage", "scope", "proof"],
)
def test_the_reason_is_logged_without_the_token(client, caplog, said, reason):
    headers = bearer(token(scope="openid")) if said == "scope" else said
    client.get("/orders", headers=headers)
    assert reason in caplog.text
    shown = [each.split()[-1] for each in headers.values()]
    assert not any(each in caplog.text for each in shown)


def test_missing_keys_are_logged(client, tokens, monkeypatch, caplog):
    def unreachable(kid):
        raise KeysUnavailable("the keys cannot be fetched")

    monkeypatch.setattr(tokens._keys, "find", unreachable)
    client.get("/orders", headers=bearer(token()))
    assert "503: the keys cannot be fetched" in caplog.text


def shop(guard):
    """A FastAPI application whose openapi.json is looked at."""
    app = FastAPI()

    @app.get("/orders")
    def orders(token: Annotated[Token, Depends(guard)]):
        return token.subject

    @app.get("/bills")
    def bills(token: Annotated[Token, Security(guard, scopes=["bills.read"])]):
        return token.subject

    return app


def test_fastapi_lists_its_security_scheme(tokens):
    document = shop(Guard(tokens, base=AUDIENCE)).openapi()
    scheme = document["components"]["securitySchemes"]["reticket"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert AUDIENCE in scheme["description"]
    assert document["paths"]["/orders"]["get"]["security"] == [{"reticket": []}]
    assert document["paths"]["/bills"]["get"]["security"] == [{"reticket": ["bills.read"]}]
    assert "parameters" not in document["paths"]["/orders"]["get"]


def test_fastapi_scopes_of_security_are_needed(tokens):
    client = Client(shop(Guard(tokens, base=AUDIENCE)))
    assert client.get("/orders", bearer(token())).status_code == 200
    assert client.get("/bills", bearer(token())).status_code == 403
    assert client.get("/bills", bearer(token(scope="bills.read"))).status_code == 200


def test_starlette_alone_is_enough():
    code = (
        "import sys; sys.modules['fastapi'] = None; from reticket.verify import AccessTokens; "
        "from reticket.verify.starlette import Guard; "
        "Guard(AccessTokens('https://i.example', 'a'), base='https://a.example')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_rfc9728_a_guard_with_metadata(tokens):
    resource = ProtectedResource(tokens, "orders.read")
    app = shop(Guard(tokens, resource=resource))
    app.routes.append(metadata_route(resource))
    client = Client(app)
    where = f"{AUDIENCE}/.well-known/oauth-protected-resource"
    answer = client.get("/orders", {})
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{where}"'
    assert client.get(where, {}).json()["resource"] == AUDIENCE
    assert client.request("OPTIONS", where, {}).status_code == 204
    said = client.get("/bills", bearer(token())).headers["www-authenticate"]
    needed = 'error="insufficient_scope", scope="bills.read"'
    assert said == f'Bearer {needed}, resource_metadata="{where}"'


def test_rfc9728_base_is_the_origin_of_the_resource_unless_it_is_given(tokens):
    resource = ProtectedResource(tokens)
    client = Client(application(Guard(tokens, resource=resource)))
    assert client.get("/orders", bound(f"{AUDIENCE}/orders")).status_code == 200
    client = Client(application(Guard(tokens, base=f"{AUDIENCE}/shop", resource=resource)))
    assert client.get("/orders", bound(f"{AUDIENCE}/shop/orders")).status_code == 200
    with pytest.raises(ValueError, match="base must be like"):
        Guard(tokens, base="", resource=resource)


def test_rfc9470_a_guard_that_needs_a_sign_in_of_late(tokens):
    client = Client(application(Guard(tokens, base=AUDIENCE, authentication=LATELY)))
    assert client.get("/orders", bearer(token(auth_time=NOW))).status_code == 200
    answer = client.get("/orders", bearer(token(auth_time=NOW - 900)))
    assert answer.status_code == 401
    said = 'Bearer error="insufficient_user_authentication", max_age="300"'
    assert answer.headers["www-authenticate"] == said


def test_it_answers_503_while_there_are_no_keys(client, tokens, monkeypatch):
    def unreachable(kid):
        raise KeysUnavailable

    monkeypatch.setattr(tokens._keys, "find", unreachable)
    answer = client.get("/orders", headers=bearer(token()))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


@pytest.mark.parametrize("path", ["/a%20b", "/a%2Fb", "/%C3%A9"])
def test_the_raw_path_is_compared_with_the_proof(tokens, path):
    guard = Guard(tokens, base=AUDIENCE)

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
