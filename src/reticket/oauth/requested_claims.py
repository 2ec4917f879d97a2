"""The parameter `claims` of an authorization request (OpenID Connect Core §5.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from reticket.oauth.lists import split_list
from reticket.oauth.standard_claims import OF_SCOPE

LONGEST = 4096
"""Bytes of the parameter. All standard claims with their members take half of it."""

LEVELS = ("urn:reticket:acr:1", "urn:reticket:acr:2")
"""The authentication context classes, the weaker one first."""


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """What a request asks for beside its scopes. Unknown claims are left out (§5.5).

    Args:
        userinfo / id_token: names of standard claims, for each place.
        subject: the only person who may answer (§5.5.1), or None.
        level: the place in `LEVELS` that the sign-in must have at least (§5.5.1.1); one that no
            sign-in has, when no requested class is known.
    """

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    subject: str | None = None
    level: int = 0

    def scopes(self) -> tuple[str, ...]:
        """The scopes that give these claims, for the consent of the person."""
        asked = {*self.userinfo, *self.id_token}
        return tuple(scope for scope, names in OF_SCOPE.items() if asked.intersection(names))


NOTHING = RequestedClaims()


def preferred_class(acr_values: str) -> str | None:
    """The first class of `acr_values` that is known (OpenID Connect Core §3.1.2.1), or None."""
    return next((each for each in split_list(acr_values) if each in LEVELS), None)


def read_requested_claims(text: str | None, scopes: Collection[str]) -> RequestedClaims:
    """The requested claims that one of the client's scopes gives.

    Raises:
        ValueError: the text is not a JSON object of the form that §5.5 describes.
    """
    if text is None:
        return NOTHING
    said = _decoded(text)
    userinfo, id_token = (_object(said.get(place)) for place in ("userinfo", "id_token"))
    return RequestedClaims(
        tuple(_known(userinfo, scopes)),
        tuple(_known(id_token, scopes)),
        _subject(userinfo, id_token),
        max(_level(_object(each.get("acr"))) for each in (userinfo, id_token)),
    )


def _decoded(text: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise ValueError("is not a JSON object") from None


def _object(value: object) -> Mapping[str, Any]:
    """The members of an object; null has none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("has a value that is not an object")
    return value


def _known(place: Mapping[str, Any], scopes: Collection[str]) -> Iterator[str]:
    """The names in a fixed order, because stores keep the text of each order for good."""
    for scope, names in OF_SCOPE.items():
        if scope in scopes:
            yield from (name for name in names if name in place)


def _subject(*places: Mapping[str, Any]) -> str | None:
    said = [_object(place.get("sub")).get("value") for place in places]
    if not all(isinstance(each, str | None) for each in said):
        raise ValueError("asks for no one person")
    asked = {each for each in said if each is not None}
    if len(asked) > 1:
        raise ValueError("asks for no one person")
    return next(iter(asked), None)


def _level(acr: Mapping[str, Any]) -> int:
    """Only an essential class is a condition (§5.5.1.1)."""
    values = acr.get("values", [acr["value"]] if "value" in acr else [])
    if acr.get("essential") is not True or not values:
        return 0
    if not isinstance(values, list):
        raise ValueError("has values of acr that are not a list")
    known = [LEVELS.index(value) for value in values if value in LEVELS]
    return min(known, default=len(LEVELS))
