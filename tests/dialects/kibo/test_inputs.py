import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.errors import Code, Refusal
from reticket.dialects.kibo import inputs
from reticket.testing.dialect_fixtures import request_of
from reticket.wire import WireRequest

VALUES = st.one_of(
    st.none(), st.text(max_size=5), st.integers(), st.dictionaries(st.text(max_size=2), st.none())
)
NAMES = st.sampled_from(["refreshToken", "RefreshToken", "REFRESHTOKEN", "accessToken"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    pairs = draw(st.lists(st.tuples(NAMES, VALUES), max_size=4))
    members = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    return f"{{{members}}}{draw(st.sampled_from(['', ' ', 'x']))}".encode()


def request(body: bytes) -> WireRequest:
    return request_of({"method": "PUT", "path": "/api/any", "body": body})


def outcome(body: bytes) -> object:
    try:
        return inputs.refresh_token(request(body))
    except Refusal as refusal:
        return refusal.code, refusal.parameter, refusal.detail


def slow_outcome(body: bytes) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_decode_ticket", _never)
        return outcome(body)


def _never(body: bytes) -> Any:
    raise UnicodeDecodeError("utf-8", body, 0, 1, "not asked")


@given(bodies())
def test_the_fast_parser_gives_the_result_of_the_full_parser(body: bytes) -> None:
    assert outcome(body) == slow_outcome(body)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert outcome(body) == slow_outcome(body)


@pytest.mark.parametrize("read", [outcome, slow_outcome])
def test_the_canonical_name_has_priority_over_other_spellings(
    read: Callable[[bytes], object],
) -> None:
    assert read(b'{"refreshToken": "a", "RefreshToken": "b"}') == "a"
    assert read(b'{"REFRESHTOKEN": "a", "RefreshToken": "b"}') == "b"


def test_a_ticket_of_any_size_is_read() -> None:
    tenants = [{"id": number, "sites": [{"name": "x" * 100}] * 20} for number in range(50)]
    ticket = {"availableTenants": tenants, "refreshToken": "rtk_old", "tenant": tenants[0]}
    assert outcome(json.dumps(ticket).encode()) == "rtk_old"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"refreshToken":'])
def test_deep_nesting_is_malformed(opening: bytes) -> None:
    assert outcome(opening * 100_000) == (Code.MALFORMED, None, "is not valid JSON")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-1", -1), ("007", 7), ("2147483647", 2**31 - 1), ("-2147483648", -(2**31))],
)
def test_an_int32_is_read(text: str, number: int) -> None:
    assert inputs.int32(text, "tenantId") == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1.0",
        "1e3",
        " 1",
        "1_0",
        "+1",
        "2147483648",
        "-2147483649",
        "9" * 5000,
        "\uff11",
        "1\n",
    ],
)
def test_a_text_that_is_no_int32_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        inputs.int32(text, "tenantId")
    assert caught.value.parameter == "tenantId"
