import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.errors import Code, Refusal
from reticket.dialects.kibo import fields

TICKET: dict[str, Any] = {
    "id": 1,
    "tenant": {"id": 2, "name": "a", "sites": [{"id": 3, "name": "b"}, {"id": 4, "name": None}]},
    "user": {"userName": "ada"},
}


def cut(text: str, value: Any = TICKET) -> Any:
    return json.loads(fields.parse(text).of(json.dumps(value).encode()))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("id", {"id": 1}),
        ("ID , user", {"id": 1, "user": {"userName": "ada"}}),
        ("tenant(id,sites(id))", {"tenant": {"id": 2, "sites": [{"id": 3}, {"id": 4}]}}),
        ("tenant(sites)", {"tenant": {"sites": TICKET["tenant"]["sites"]}}),
        ("tenant(id),tenant(name)", {"tenant": {"id": 2, "name": "a"}}),
        ("tenant(id),tenant", {"tenant": TICKET["tenant"]}),
        ("tenant,tenant(id)", {"tenant": TICKET["tenant"]}),
        ("tenant()", {"tenant": TICKET["tenant"]}),
        ("Tenant(-Sites),user", {"tenant": {"id": 2, "name": "a"}, "user": {"userName": "ada"}}),
        ("-tenant", {"id": 1, "user": {"userName": "ada"}}),
        ("-tenant(sites,name)", TICKET | {"tenant": {"id": 2}}),
        ("-tenant,-user", {"id": 1}),
        ("id,user,-user", {"id": 1}),
        ("-nothing", TICKET),
        ("nothing", {}),
        ("id,nothing(at(all))", {"id": 1}),
        ("id(of)", {"id": 1}),
        (",", TICKET),
        ("(id)", {"id": 1}),
    ],
)
def test_the_selection_keeps_the_right_members(text: str, left: object) -> None:
    assert cut(text) == left


def test_the_names_and_their_order_do_not_change() -> None:
    body = fields.parse("USER,ID").of(b'{"id":1,"x":2,"user":{"userName":"a"}}')
    assert body == b'{"id":1,"user":{"userName":"a"}}'


@pytest.mark.parametrize("text", ["(", ")", "a(b", "a(b))", "a)b(", "a(b(c)", ")(", "(" * 9999])
def test_unbalanced_parentheses_are_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        fields.parse(text)
    assert caught.value.code is Code.INVALID_PARAMETER
    assert caught.value.parameter == "responseFields"


def test_the_length_is_limited() -> None:
    """A request line of 16 KiB kept the event loop busy for 25 ms, without credentials."""
    fields.parse("a" * fields.LONGEST)
    with pytest.raises(Refusal) as raised:
        fields.parse("a" * (fields.LONGEST + 1))
    assert raised.value.parameter == "responseFields"


def test_the_depth_of_parentheses_is_limited() -> None:
    deepest = fields.DEEPEST
    fields.parse("a(" * deepest + "b" + ")" * deepest)
    with pytest.raises(Refusal) as caught:
        fields.parse("a(" * (deepest + 1) + "b" + ")" * (deepest + 1))
    assert caught.value.detail == "has too many parentheses within each other"


@given(st.text("ab(),- ", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    level, least = 0, 0
    for character in text:
        level += {"(": 1, ")": -1}.get(character, 0)
        least = min(level, least)
    try:
        cut(text)
        assert (level, least) == (0, 0)
    except Refusal:
        assert (level, least) != (0, 0)
