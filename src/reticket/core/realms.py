"""Realms: which people a name is looked up among. A dialect declares the realms of its people.

A person belongs to one realm for ever. The usual realm has administrators and OAuth's people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reticket.core.model import Place

USUAL = ""
"""The realm of people whose realm no dialect declares."""

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,9}")


class SignInName(NamedTuple):
    """What a person types to sign in, and the realm in which it is looked up.

    Args:
        realm: as stored with the person.
        text: an e-mail address, or a user name.
    """

    realm: str
    text: str

    @property
    def for_operators(self) -> str:
        """The text that `name_of` reads."""
        return self.text if self.realm == USUAL else f"{self.realm}/{self.text}"


def usual(email: str) -> SignInName:
    """The e-mail address of a person of the usual realm."""
    return SignInName(USUAL, email)


def name_of(who: str, declared: Iterable[Realms]) -> SignInName:
    """The name in a text of an operator: `REALM/NAME`, or an e-mail address of the usual realm."""
    realm, _, text = who.partition("/")
    is_declared = any(each.holds(realm) for each in declared)
    return SignInName(realm, text) if is_declared else usual(who)


@dataclass(frozen=True, slots=True)
class Realms:
    """The realms that a dialect declares: one, or one for each tenant or developer account.

    Args:
        name: `<dialect>.<people>`, as `acme.shopper`.
        noun: what these people are, for an operator: `shoppers of a tenant`.
        place: what there is a realm for each of; None for a single realm, whose text is the name.
        demo: the demo's people by the id of their place, None for a single realm. Each is as in
            `users` of a directory file, without the realm.
    """

    name: str
    noun: str
    place: Place | None = None
    demo: Mapping[int | None, Sequence[Mapping[str, Any]]] = field(
        default_factory=dict, repr=False, hash=False
    )

    def of(self, place_id: int | None = None) -> str:
        """The text of a realm, as `acme.shopper:1000`.

        Args:
            place_id: of the tenant or the account; None for a single realm.
        """
        return self.name if place_id is None else f"{self.name}:{place_id}"

    def holds(self, realm: str) -> bool:
        """Whether the text is that of one of these realms, whether its place exists or not."""
        name, colon, place_id = realm.partition(":")
        is_placed = self.place is not None
        fits = bool(colon) == is_placed and (not is_placed or _NUMBER.fullmatch(place_id))
        return name == self.name and bool(fits)

    def place_of(self, realm: str) -> int | None:
        """The id of its tenant or account; None for a single realm."""
        return int(realm.partition(":")[2]) if self.place is not None else None

    @property
    def form(self) -> str:
        """How the text of such a realm looks, for an operator."""
        return self.name if self.place is None else f"{self.name}:{self.place.value.upper()}"
