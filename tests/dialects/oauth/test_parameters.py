"""The parameters of a form: each once, but for lists of audiences."""

import pytest

from reticket.core.errors import Refusal
from reticket.dialects.oauth.inputs import MAX_VALUE_LENGTH, parse_parameters

A, B = "https://a.example.com", "https://b.example.com"
HALF = "a" * (MAX_VALUE_LENGTH // 2)


def test_the_values_of_a_repeated_audience_are_joined_in_their_order():
    pairs = [("resource", A), ("token", "t"), ("resource", ""), ("resource", B)]
    assert parse_parameters(pairs) == {"resource": f"{A} {B}", "token": "t"}


def test_empty_parameters_are_absent():
    assert parse_parameters([("token", ""), ("resource", ""), ("resource", "")]) == {}


@pytest.mark.parametrize(
    ("pairs", "detail"),
    [
        ([("token", "a"), ("token", "a")], "is repeated"),
        ([("token", ""), ("token", "a")], "is repeated"),
        ([("resource", HALF), ("resource", HALF)], "is too long in all"),
        ([("resource", HALF), ("resource", HALF), ("a", ""), ("a", "")], "is repeated"),
        ([("token", "a\0")], "is too long, or has a NUL in it"),
        ([("resource", A), ("resource", HALF * 2 + "a")], "is too long, or has a NUL in it"),
    ],
)
def test_what_cannot_be_one_value_is_refused(pairs, detail):
    with pytest.raises(Refusal) as refused:
        parse_parameters(pairs)
    assert refused.value.detail == detail


def test_a_list_of_exactly_the_longest_length_is_read():
    pairs = [("resource", HALF), ("resource", HALF[:-1])]
    assert len(parse_parameters(pairs)["resource"]) == MAX_VALUE_LENGTH
