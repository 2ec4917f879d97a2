"""The standard claims of a person (OpenID Connect Core §5.1): what the directory keeps of them, and
which of them a scope gives (§5.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Meta, Struct, structs, to_builtins

from reticket.core.handover import Confirmed
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.core.profiles import Part

_URL = re.compile(r"https?://[!-~]{1,2000}")
_BIRTHDATE = re.compile(r"\d{4}(-\d\d-\d\d)?")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_PHONE = re.compile(r"[+0-9(][0-9 ().-]{2,40}(;ext=[0-9]{1,10})?")

_TEXT = Meta(min_length=1, max_length=255)
Text = Annotated[str, _TEXT] | None
Url = Annotated[str, Meta(description="an address that begins with http:// or https://")] | None


class Address(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A postal address (OpenID Connect Core §5.1.1)."""

    formatted: Text = None
    street_address: Text = None
    locality: Text = None
    region: Text = None
    postal_code: Text = None
    country: Text = None


class Person(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The claims that an operator has given a person. Reticket verifies none of them.

    The address of somebody who is active counts as verified, unless `email_verified` says that it
    is not: the old system of somebody who was imported has never asked.
    """

    name: (
        Annotated[
            str,
            _TEXT,
            Meta(description="used instead of first and last name"),
        ]
        | None
    ) = None
    middle_name: Text = None
    nickname: Annotated[str, _TEXT, Meta(description="a casual name")] | None = None
    preferred_username: Annotated[str, _TEXT, Meta(description="may not be unique")] | None = None
    profile: Url = None
    picture: Url = None
    website: Url = None
    gender: Text = None
    birthdate: Annotated[str, Meta(description="`YYYY-MM-DD`, or `YYYY`")] | None = None
    zoneinfo: Annotated[str, Meta(description="a name like `Europe/Paris`")] | None = None
    locale: Annotated[str, Meta(description="a language tag like `en-GB`")] | None = None
    phone_number: Annotated[str, Meta(description="best in the form of E.164")] | None = None
    phone_number_verified: bool = False
    email_verified: Annotated[
        bool, Meta(description="`false`: nobody has proved that the e-mail address is theirs")
    ] = True
    address: Address | None = None

    def __post_init__(self) -> None:
        for name, (pattern, words) in _FORMS.items():
            value = getattr(self, name)
            if value is not None and not pattern.fullmatch(value):
                raise ValueError(f"{name} must be {words}")


_AN_ADDRESS = (_URL, "an address that begins with http:// or https://")
_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "profile": _AN_ADDRESS,
    "picture": _AN_ADDRESS,
    "website": _AN_ADDRESS,
    "birthdate": (_BIRTHDATE, "YYYY-MM-DD or YYYY"),
    "zoneinfo": (_ZONE, "a time zone, like Europe/Paris"),
    "locale": (_LOCALE, "a language tag, like en-GB"),
    "phone_number": (_PHONE, "a phone number, like +44 20 7946 0000"),
}

_DEMO = {
    "middle_name": "King",
    "nickname": "Ada",
    "preferred_username": "ada",
    "profile": "https://example.com/ada",
    "picture": "https://example.com/ada.png",
    "website": "https://ada.example.com",
    "gender": "female",
    "birthdate": "1815-12-10",
    "zoneinfo": "Europe/London",
    "locale": "en-GB",
    "phone_number": "+44 20 7946 0000",
    "phone_number_verified": True,
    "address": {
        "formatted": "12 St James's Square, London SW1Y 4JH, United Kingdom",
        "street_address": "12 St James's Square",
        "locality": "London",
        "postal_code": "SW1Y 4JH",
        "country": "United Kingdom",
    },
}


def named(confirmed: Confirmed) -> Mapping[str, object]:
    """The address of a person whom an old back end has confirmed is not known to be verified."""
    return {"email_verified": False}


PERSON = Part(
    dialect="oauth", kind=Person, key="claims", named=named, demo={"ada@example.com": _DEMO}
)

OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username",
        "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}  # fmt: skip
"""The claims of each scope (OpenID Connect Core §5.4)."""

STANDARD_CLAIMS = tuple(name for names in OF_SCOPE.values() for name in names)


def user_name_of(user: User) -> str:
    """The name by which people know the person: their e-mail address, unless they have another."""
    given = PERSON.of(user)
    return (given and given.preferred_username) or user.email


def standard_claims(user: User) -> Mapping[str, object]:
    """All claims of a person, whatever a token permits. A claim without a value is absent."""
    return dict(_claims(user, PERSON.of(user) or Person()))


def _claims(user: User, person: Person) -> Iterator[tuple[str, object]]:
    yield "name", " ".join(filter(None, (user.first_name, user.last_name))) or user.email
    for name, value in (("given_name", user.first_name), ("family_name", user.last_name)):
        if value is not None:
            yield name, value
    yield from _given(person)
    yield "updated_at", user.updated_at // SECOND
    yield from (("email", user.email), ("email_verified", user.active and person.email_verified))


def _given(person: Person) -> Iterator[tuple[str, object]]:
    """The claims that an operator has given; a name among them is the whole name."""
    for name, value in structs.asdict(person).items():
        if name == "email_verified":
            continue
        if name == "phone_number_verified":
            if person.phone_number is not None:
                yield name, value
        elif value is not None:
            yield name, to_builtins(value)
