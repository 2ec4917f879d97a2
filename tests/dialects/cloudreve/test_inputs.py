import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.errors import Code, Refusal
from reticket.dialects.cloudreve import inputs

VALUES = st.one_of(st.none(), st.text(max_size=5), st.integers(), st.lists(st.none(), max_size=1))
KEYS = st.sampled_from(["refresh_token", "Refresh_Token", "REFRESH_TOKEN", "email", "a"])
TAILS = st.sampled_from(["", " ", "\n", "}", "x", "{}"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    pairs = draw(st.lists(st.tuples(KEYS, VALUES), max_size=4))
    members = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    return f"{{{members}}}{draw(TAILS)}".encode()


def outcome(body: bytes) -> object:
    try:
        return inputs.refresh_token(body)
    except Refusal as refusal:
        return refusal.code, refusal.parameter, refusal.detail


def slow_outcome(body: bytes) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_decode_plain", _never)
        return outcome(body)


def _never(body: bytes) -> object:
    raise UnicodeDecodeError("utf-8", body, 0, 1, "not asked")


@given(bodies())
def test_the_fast_parser_gives_the_result_of_the_full_parser(body: bytes) -> None:
    assert outcome(body) == slow_outcome(body)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert outcome(body) == slow_outcome(body)


@pytest.mark.parametrize("open_with", [b"[", b'{"a":', b'{"refresh_token":['])
def test_deep_nesting_is_a_parameter_error(open_with: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        inputs.refresh_token(open_with * 100_000)
    assert caught.value.code is Code.MALFORMED


@pytest.mark.parametrize(
    "email",
    [
        "a@b.c",
        "a.b+c@d-e.f.example",
        "ä@ö.example",
        '"ada lovelace"@example.com',
        "a" * 65 + "@example.com",
        "ada@example.com.",
        '"a\\"b"@example.com',
        "a@b..c.example",
    ],
)
def test_an_email_of_the_right_form(email: str) -> None:
    assert inputs.sign_in(json.dumps({"email": email, "password": "abcd"}).encode()).email == email


@pytest.mark.parametrize(
    "email",
    [
        "a@b@c.d",
        "@b.c",
        "a@.c",
        "a@b.",
        "a@b..c",
        "a b@c.d",
        "a@b.c\n",
        "a" * 251 + "@b.c",
        "ada@[127.0.0.1]",
        "ada@exa_mple.com",
        "ada..l@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "ada@-example.com",
        "ada@example.123",
        "ada(c)@example.com",
        "ada,l@example.com",
        "<ada@example.com>",
        "ada@example",
        '"ada@example.com',
        "ada@example.c-",
    ],
)
def test_an_email_of_the_wrong_form(email: str) -> None:
    with pytest.raises(Refusal) as caught:
        inputs.sign_in(json.dumps({"email": email, "password": "abcd"}).encode())
    assert (caught.value.parameter, caught.value.detail) == ("Email", "format error")


def test_an_endless_email_is_refused_at_once() -> None:
    body = json.dumps({"email": "a@" + "b." * 400_000, "password": "abcd"}).encode()
    with pytest.raises(Refusal):
        inputs.sign_in(body)
