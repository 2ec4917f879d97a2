import math

import pytest

from reticket.core.errors import Code, Refusal
from reticket.leading_json import parse_leading_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", ()),
        (b"[]", []),
        (b"null", None),
        (b"true", True),
        (b'"x"', "x"),
        (b"123", 123.0),
        (b'{"a":1,"a":null,"A":{}}', (("a", 1.0), ("a", None), ("A", ()))),
        (b'[{"a":[]}]', [(("a", []),)]),
        (b' \t\r\n{"a":"b"} and more', (("a", "b"),)),
        (b"{}{}", ()),
        (b'{"a":"\xff"}', (("a", "\ufffd"),)),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ud83d"', "\ud83d"),
        (b'"\\u0000"', "\0"),
    ],
)
def test_the_first_json_value_is_read(body: bytes, value: object) -> None:
    assert parse_leading_json(body) == value


def test_a_number_may_have_any_length() -> None:
    assert parse_leading_json(b'{"a":' + b"9" * 10_000 + b"}") == (("a", math.inf),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"{",
        b'{"a"',
        b'{"a":"b',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":"\n"}',
        b"\xef\xbb\xbf{}",
        b"\xff{}",
        b"\x00{}",
        b"\xc2\xa0{}",
        b"NaN",
        b"-Infinity",
        b'{"a":Infinity}',
        b"a=b",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_text_without_a_json_value_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        parse_leading_json(body)
    assert caught.value.code is Code.MALFORMED
