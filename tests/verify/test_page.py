"""The Python of docs/verify.md, run as it stands there but for the service's address."""

import re
from pathlib import Path

import pytest
from jwt import PyJWTError
from tests.dialects.oauth.proofs import KEY
from tests.verify.test_starlette import Client, bearer

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
ELSEWHERE = "https://bills.example.com"

WRONG = {
    "an ID token": lambda issuer: issuer.begin().id_token,
    "a refresh token": lambda issuer: issuer.begin().refresh_token,
    "bound to a key": lambda issuer: issuer.begin(jkt=KEY.thumbprint()).access_token,
    "for somebody else": lambda issuer: issuer.begin(audience=ELSEWHERE).access_token,
    "of another signature": lambda issuer: issuer.begin().access_token[:-8] + "AAAAAAAA",
    "nothing": lambda issuer: "",
}


@pytest.fixture(params=WRONG.values(), ids=WRONG.keys())
def wrong(request, issuer):
    return request.param(issuer)


def run(mark, server, **replaced):
    """The one block that has this text; what it has defined."""
    (code,) = (block for block in BLOCKS if mark in block)
    for before, after in {"https://id.example.com": server.url, **replaced}.items():
        assert before in code
        code = code.replace(before, after)
    names = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


def test_a_valid_token_is_accepted(server, issuer, capsys):
    run("tokens.admit(", server, **{"eyJ...": issuer.begin().access_token})
    assert capsys.readouterr().out.split()[:2] == [issuer.user.id, "spa"]


def test_an_invalid_token_is_rejected(server, wrong, capsys):
    run("tokens.admit(", server, **{"eyJ...": wrong})
    assert capsys.readouterr().out.startswith("401 ")


def test_fastapi_accepts_a_valid_token(server, issuer):
    orders = Client(run("readers = Guard", server)["app"])
    token = issuer.begin().access_token
    answer = orders.get("/orders", bearer(token))
    assert (answer.status_code, answer.json()) == (200, {"orders_of": issuer.user.id})


def test_fastapi_rejects_an_invalid_token(server, wrong):
    orders = Client(run("readers = Guard", server)["app"])
    answer = orders.get("/orders", bearer(wrong))
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers
    assert orders.get("/orders", {}).status_code == 401


def test_fastapi_requires_the_scope(server, issuer):
    orders = Client(run("readers = Guard", server)["app"])
    token = issuer.begin(scope="openid").access_token
    assert orders.get("/orders", bearer(token)).status_code == 403


def test_fastapi_asks_for_a_sign_in(server, issuer):
    made = run("payers = Guard", server)
    shop = Client(made["app"])
    asked = shop.request("POST", "/payments", bearer(issuer.begin(scope="orders.pay").access_token))
    assert asked.status_code == 401
    challenge = asked.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication", scope="orders.pay"' in challenge
    assert f'resource_metadata="{made["resource"].url}"' in challenge
    told = shop.get(made["resource"].path, {}).json()
    assert told["authorization_servers"] == [server.url]


def test_pyjwt_accepts_a_valid_token(server, issuer):
    claims = run("import jwt", server)["check"](issuer.begin().access_token)
    assert claims["sub"] == issuer.user.id


def test_pyjwt_rejects_an_invalid_token(server, wrong):
    check = run("import jwt", server)["check"]
    with pytest.raises(PyJWTError):
        check(wrong)
