"""What an error response takes from a refused request object (OpenID Connect Core §6.1)."""

from __future__ import annotations

from collections.abc import Sequence

from reticket.core.errors import Refusal
from reticket.core.tokens.faces import from_text, split_jwt
from reticket.wire import parse_json

Pairs = Sequence[tuple[str, str]]

_OF_ANSWERS = ("response_mode", "state")


def with_refused_object(parameters: Pairs) -> Pairs:
    """The parameters of a request, where `state` and `response_mode` of its request object replace
    those beside it. Signatures are not checked: the writer of the query can write both there.
    """
    objects = [value for name, value in parameters if name == "request"]
    said = _said(objects[0]) if len(objects) == 1 else {}
    rest = [(name, value) for name, value in parameters if name not in said]
    return [*rest, *said.items()]


def _said(text: str) -> dict[str, str]:
    parts = split_jwt(text)
    payload = from_text(parts[1]) if parts else None
    try:
        claims = parse_json(payload) if payload else {}
    except Refusal:
        return {}
    if not isinstance(claims, dict):
        return {}
    return {name: claims[name] for name in _OF_ANSWERS if isinstance(claims.get(name), str)}
