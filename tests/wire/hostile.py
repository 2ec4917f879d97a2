"""Requests that grow in one respect, for a parser to show that its work grows no faster."""

from __future__ import annotations

import base64
from urllib.parse import quote

from reticket.core.model import Caller
from reticket.wire import WireRequest

FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"

FORMS = {
    "one name": lambda n: b"&".join([b"resource=a"] * n),
    "one name, long": lambda n: b"&".join([b"resource=" + b"a" * 64] * n),
    "names": lambda n: b"&".join(b"n%d=a" % i for i in range(n)),
    "a value": lambda n: b"scope=" + b"a" * n,
    "words": lambda n: b"scope=" + b"a+" * n + b"&client_id=spa",
    "fields": lambda n: b"responseFields=" + b"a," * n,
    "parentheses": lambda n: b"responseFields=" + b"a(" * n + b")" * n,
    "escapes": lambda n: b"email=" + b"%41" * n,
    "separators": lambda n: b"&" * n,
    "equals": lambda n: b"a" + b"=" * n,
}
TEXTS = {
    "the same member": lambda n: b"{" + b'"email":"a",' * n + b'"a":1}',
    "members": lambda n: b"{" + b",".join(b'"n%d":1' % i for i in range(n)) + b"}",
    "a string": lambda n: b'{"refreshToken":"' + b"a" * n + b'"}',
    "escapes": lambda n: b'{"email":"' + b"\\u0041" * n + b'"}',
    "an e-mail": lambda n: b'{"password":"correct horse","email":"' + b"a.a@" * n + b'"}',
    "arrays": lambda n: b"[" * n + b"]" * n,
    "digits": lambda n: b"9" * n,
    "numbers": lambda n: b"[" + b"1," * n + b"1]",
    "spaces": lambda n: b" " * n + b"{}",
    "open": lambda n: b'{"a":"' * n,
}
HEADERS = {
    "headers": lambda n: [(b"x-%d" % i, b"a") for i in range(n)],
    "cookies": lambda n: [(b"cookie", b"; ".join([b"reticket_visit=a"] * n))],
    "semicolons": lambda n: [(b"cookie", b";" * n)],
    "basic": lambda n: [(b"authorization", b"Basic " + base64.b64encode(b"a:" * n))],
    "basic, escaped": lambda n: [
        (b"authorization", b"Basic " + base64.b64encode(b"%41" * n + b":%41"))
    ],
    "bearer": lambda n: [(b"authorization", b"Bearer " + b"a." * n)],
    "two proofs": lambda n: [(b"dpop", b"a." * n)] * 2,
    "schemes": lambda n: [(b"authorization", b" " * n + b"Bearer a")],
    "many authorizations": lambda n: [(b"authorization", b"Bearer a")] * n,
    "media type": lambda n: [(b"content-type", b"application/json" + b" ;" * n)],
    "origin": lambda n: [(b"origin", b"http://" + b"a." * n)],
}

OF_A_CLIENT = (
    b"&client_id=spa&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback"
    b"&code_challenge=" + b"a" * 43 + b"&code_challenge_method=S256"
    b"&grant_type=authorization_code&code=a&code_verifier=" + b"a" * 43
)


def requests(method):
    """Functions that make a request of a given size, by name."""
    made = {}
    for name, form in FORMS.items():
        made[f"form: {name}"] = _with_body(method, FORM, form)
        made[f"query: {name}"] = _with_query(method, form)
    for name, text in TEXTS.items():
        made[f"JSON: {name}"] = _with_body(method, JSON, text)
    for name, headers in HEADERS.items():
        made[f"header: {name}"] = _with_headers(method, headers)
    return made


def requests_of_a_client(method):
    """The same forms from an authenticated OAuth client, whose request is processed further."""
    made = {}
    for name, form in FORMS.items():
        made[f"form of a client: {name}"] = _with_body(method, FORM, _completed(form))
        made[f"query of a client: {name}"] = _with_query(method, _completed(form))
    return made


def _completed(form):
    """The same as a client sends it that is known."""
    return lambda n: form(n).replace(b"&client_id=spa", b"") + OF_A_CLIENT


def request_of(method, query=b"", headers=(), body=b""):
    caller = Caller("127.0.0.1", "0" * 32)
    filled = {"id": "1", "ticket": "1", "userId": "1", "refreshToken": quote("a.b")}
    return WireRequest(method, "/", query, tuple(headers), body, caller, filled)


def _with_body(method, media_type, grow):
    return lambda n: request_of(method, headers=[(b"content-type", media_type)], body=grow(n))


def _with_query(method, grow):
    return lambda n: request_of(method, query=grow(n))


def _with_headers(method, grow):
    form = (b"content-type", FORM)
    body = b"grant_type=refresh_token&refresh_token=a&client_id=spa"
    return lambda n: request_of(method, headers=[*grow(n), form], body=body)
