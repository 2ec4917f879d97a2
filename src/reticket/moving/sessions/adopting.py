"""An operator says of another system that its sessions go on here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from reticket.adoption.digests import DIGESTS
from reticket.adoption.jwts import EMAIL_CLAIM
from reticket.adoption.keys import verifier
from reticket.adoption.reader import MOST_OF_KIND
from reticket.adoption.system import System
from reticket.adoption.systems import systems
from reticket.core.adoption.model import Adoption, Mode
from reticket.core.people import User
from reticket.core.policy import DAY, SECOND
from reticket.directory.errors import Invalid
from reticket.directory.forms import check_text_id
from reticket.runtime.opened_service import OpenedService

MOST_DAYS = 366
"""Days that an adoption lasts at most. Each adopted row is kept as long."""

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator says of another system.

    Args:
        name: of the adoption; empty for that of the system.
        system / kind / client / issuer / options / salts / until: as in `Adoption`.
        reader: the name of a digest for opaque tokens; empty for JWTs.
        algorithm: of the JWTs; None for the only one that the system has.
        key: that verifies the JWTs.
        is_unrevoked: whether absent sessions are living although no ended ones are imported.
    """

    system: str
    kind: str
    until: int
    name: str = ""
    client: str | None = None
    reader: str = ""
    algorithm: str | None = None
    issuer: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    key: str = field(default="", repr=False)
    salts: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_unrevoked: bool = False


def keep(instance: OpenedService, adoption: Adoption) -> None:
    """Keep an adoption. AlreadyExists: its name or its key was adopted before."""
    instance.directory.adoptions.add(adoption, MOST_OF_KIND)
    instance.record_change(
        "key_adopted",
        adoption=adoption.name,
        system=adoption.system,
        kind=adoption.kind,
        until=adoption.until,
        mode=adoption.mode.value,
    )


def adoption_of(instance: OpenedService, wish: Wish) -> Adoption:
    """A new adoption. An absent row of it means no session, unless an operator accepts that it
    means one. Invalid: what the operator says does not fit together.
    """
    now = instance.store.now()
    name = wish.name or wish.system
    check_text_id(name, "an adoption")
    _check_kind(instance, wish)
    if not now < wish.until <= now + MOST_DAYS * DAY * SECOND:
        raise Invalid(f"The end must be in the future, and at most {MOST_DAYS} days from now.")
    is_jwt = not wish.reader
    return Adoption(
        name=name,
        system=wish.system,
        kind=wish.kind,
        client=wish.client,
        reader=wish.system if is_jwt else _digest(wish.reader),
        algorithm=_algorithm(wish, _system(wish.system)) if is_jwt else None,
        issuer=wish.issuer,
        options=wish.options,
        since=now,
        until=wish.until,
        mode=Mode.UNREVOKED if wish.is_unrevoked else Mode.LIVING,
        secret=os.urandom(SECRET_BYTES),
        key=wish.key,
        salts=wish.salts,
    )


def _check_kind(instance: OpenedService, wish: Wish) -> None:
    kinds = {kind.name: kind for kind in instance.kinds().values() if kind.subjects is User}
    if wish.kind not in kinds:
        raise Invalid(f"The kind must be one of {', '.join(sorted(kinds))}.")
    if wish.client is None:
        return
    if kinds[wish.kind].registers_clients and instance.directory.client(wish.client) is None:
        raise Invalid(f"There is no client {wish.client!r}.")


def _digest(name: str) -> str:
    if name not in DIGESTS:
        raise Invalid(f"The digest must be one of {', '.join(DIGESTS)}.")
    return name


def _system(name: str) -> System:
    if name not in systems():
        raise Invalid(f"The system must be one of {', '.join(sorted(systems()))}.")
    return systems()[name]


def _algorithm(wish: Wish, system: System) -> str:
    """The algorithm of the JWTs, with which the key can be used."""
    algorithm = wish.algorithm or (system.algorithms[0] if len(system.algorithms) == 1 else "")
    if algorithm not in system.algorithms:
        raise Invalid(f"The algorithm must be one of {', '.join(system.algorithms)}.")
    if system.needs_issuer and not wish.issuer:
        raise Invalid(f"The issuer of {wish.system} is missing: other issuers may have its key.")
    _check_names("option", wish.options, (*system.options, EMAIL_CLAIM), ())
    _check_names("salt", wish.salts, system.salts, system.salts)
    try:
        verifier(algorithm, wish.key)
    except ValueError as error:
        raise Invalid(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    return algorithm


def _check_names(
    noun: str, said: Mapping[str, str], known: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    for name in said.keys() - set(known):
        raise Invalid(f"There is no {noun} {name!r} (known are {', '.join(known) or 'none'}).")
    for name in set(needed) - said.keys():
        raise Invalid(f"The {noun} {name} is missing.")
