"""A search filter as an operator writes it (RFC 4515), with a place for the name of a person.

The filter is read before there is a name. The name is put into a value, so it changes no filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reticket.handover.ldap.ber import OCTETS, encoded, sequence

PLACE = "{name}"

Filled = Callable[[str], bytes]
"""The encoded filter for a name."""

DEEPEST = 16
"""Filters inside filters."""

_AND, _OR, _NOT, _PRESENT, _EXTENSIBLE = 0xA0, 0xA1, 0xA2, 0x87, 0xA9
_COMPARISONS: Mapping[str, int] = {"=": 0xA3, ">=": 0xA5, "<=": 0xA6, "~=": 0xA8}
_ITEM = re.compile(
    r"(?P<attribute>[A-Za-z0-9.;-]+)"
    r"(?::(?P<rule>[A-Za-z0-9.-]+):=|(?P<comparison>[~<>]?=))"
    r"(?P<value>[^()]*)"
)
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})?")


def parse(text: str) -> Filled:
    """The filter of a text. ValueError for one that cannot be read."""
    found, rest = _filter(text.strip(), DEEPEST)
    if rest:
        raise ValueError("text after the filter")
    return found


def _filter(text: str, depth: int) -> tuple[Filled, str]:
    if not text.startswith("(") or depth == 0:
        raise ValueError("a filter begins with a parenthesis")
    kind = text[1:2]
    if kind in ("&", "|"):
        parts, rest = _list(text[2:], depth - 1)
        found = _joined(_AND if kind == "&" else _OR, parts)
    elif kind == "!":
        part, rest = _filter(text[2:], depth - 1)
        found = _joined(_NOT, [part])
    else:
        found, rest = _item(text[1:])
    if not rest.startswith(")"):
        raise ValueError("a filter ends with a parenthesis")
    return found, rest[1:]


def _list(text: str, depth: int) -> tuple[list[Filled], str]:
    parts = []
    while text.startswith("("):
        part, text = _filter(text, depth)
        parts.append(part)
    if not parts:
        raise ValueError("no filter inside")
    return parts, text


def _joined(tag: int, parts: list[Filled]) -> Filled:
    return lambda name: sequence(*(part(name) for part in parts), tag=tag)


def _item(text: str) -> tuple[Filled, str]:
    item = _ITEM.match(text)
    if item is None:
        raise ValueError("no comparison")
    attribute, rule, value = item["attribute"].encode(), item["rule"], item["value"]
    rest = text[item.end() :]
    if value == "*" and item["comparison"] == "=":
        return lambda name: encoded(_PRESENT, attribute), rest
    if "*" in value:
        raise ValueError("no patterns")
    put = _value(value)
    if rule:
        return lambda name: _extensible(rule.encode(), attribute, put(name)), rest
    tag = _COMPARISONS[item["comparison"]]
    return lambda name: sequence(
        encoded(OCTETS, attribute), encoded(OCTETS, put(name)), tag=tag
    ), rest


def _extensible(rule: bytes, attribute: bytes, value: bytes) -> bytes:
    parts = encoded(0x81, rule), encoded(0x82, attribute), encoded(0x83, value)
    return sequence(*parts, tag=_EXTENSIBLE)


def _value(text: str) -> Filled:
    pieces = [_unescaped(piece) for piece in text.split(PLACE)]
    return lambda name: name.encode().join(pieces)


def _unescaped(text: str) -> bytes:
    r"""The bytes of a value, in which `\2a` is an asterisk (RFC 4515 §3). ValueError."""

    def byte(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            raise ValueError("a backslash without two digits")
        return bytes.fromhex(match[1].decode())

    return _ESCAPE.sub(byte, text.encode())
