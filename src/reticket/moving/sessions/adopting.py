"""An operator says of another system that its sessions go on here."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from reticket.adoption.digests import DIGESTS
from reticket.adoption.jwts import EMAIL_CLAIM
from reticket.adoption.keys import canonical
from reticket.adoption.reader import MOST_OF_KIND
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

UNVERIFIED = (
    "Without the system secret, whoever has a copy of the old database can use its sessions here. "
    "Give the secret with --key-file, or accept that with --accept-unverified."
)


@dataclass(frozen=True, slots=True)
class AdoptionRequest:
    """What an operator says of another system.

    Args:
        name: of the adoption; empty for that of the system.
        system / kind / client / issuer / options / salts / until: as in `Adoption`.
        reader: the name of a digest for opaque tokens; empty for JWTs.
        algorithm: of the JWTs; None for the only one that the system has.
        key: that verifies the JWTs; or the secrets of a system that signs opaque tokens, one in
            each line.
        is_unrevoked: whether absent sessions are living although no ended ones are imported.
        is_unverified: whether signed tokens are accepted although no secret verifies them.
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
    is_unverified: bool = False


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


def adoption_of(instance: OpenedService, request: AdoptionRequest) -> Adoption:
    """A new adoption. An absent row of it means no session, unless an operator accepts that it
    means one. Invalid: what the operator says does not fit together.
    """
    now = instance.store.now()
    name = request.name or request.system
    check_text_id(name, "an adoption")
    instance.directory.foreign_ids.check_system(request.system)
    _check_kind(instance, request)
    if not now < request.until <= now + MOST_DAYS * DAY * SECOND:
        raise Invalid(f"The end must be in the future, and at most {MOST_DAYS} days from now.")
    adoption = Adoption(
        name=name,
        system=request.system,
        kind=request.kind,
        client=request.client,
        reader=request.reader,
        algorithm=None,
        issuer=request.issuer,
        options=request.options,
        since=now,
        until=request.until,
        mode=Mode.UNREVOKED if request.is_unrevoked else Mode.LIVING,
        secret=os.urandom(SECRET_BYTES),
        salts=request.salts,
    )
    return _of_digests(adoption, request) if request.reader else _of_jwts(adoption, request)


def _check_kind(instance: OpenedService, request: AdoptionRequest) -> None:
    kinds = {kind.name: kind for kind in instance.kinds().values() if kind.subjects is User}
    if request.kind not in kinds:
        raise Invalid(f"The kind must be one of {', '.join(sorted(kinds))}.")
    if request.client is None:
        return
    if kinds[request.kind].registers_clients and instance.directory.client(request.client) is None:
        raise Invalid(f"There is no client {request.client!r}.")


def _of_digests(adoption: Adoption, request: AdoptionRequest) -> Adoption:
    """The adoption, with the keys that verify its tokens."""
    if adoption.reader not in DIGESTS:
        raise Invalid(f"The digest must be one of {', '.join(DIGESTS)}.")
    signed = DIGESTS[adoption.reader].signed
    if signed is None and (request.key or request.is_unverified):
        raise Invalid("A secret and --accept-unverified go with --digest signature alone.")
    if signed is not None and request.key:
        return replace(adoption, key=_said(signed.stored_keys, request.key))
    if signed is not None and not request.is_unverified:
        raise Invalid(UNVERIFIED)
    return adoption


def check_same_key(adoption: Adoption, secrets: str) -> None:
    """Invalid: an adoption that was made before has other keys than these secrets."""
    digest = None if adoption.algorithm else DIGESTS[adoption.reader]
    if digest is None or digest.signed is None:
        raise Invalid("A secret goes with --digest signature alone.")
    if not adoption.key:
        raise Invalid(f"The adoption {adoption.name} was made without the secret.")
    if not hmac.compare_digest(adoption.key, _said(digest.signed.stored_keys, secrets)):
        raise Invalid(f"The adoption {adoption.name} was made with another secret.")


def _of_jwts(adoption: Adoption, request: AdoptionRequest) -> Adoption:
    """The adoption with the algorithm of its JWTs, and with a key that can be used with it."""
    if request.system not in systems():
        raise Invalid(f"The system must be one of {', '.join(sorted(systems()))}.")
    system = systems()[request.system]
    algorithm = request.algorithm or (system.algorithms[0] if len(system.algorithms) == 1 else "")
    if algorithm not in system.algorithms:
        raise Invalid(f"The algorithm must be one of {', '.join(system.algorithms)}.")
    if system.needs_issuer and not request.issuer:
        raise Invalid(f"The issuer of {request.system} is missing: other issuers may have its key.")
    _check_names("option", request.options, (*system.options, EMAIL_CLAIM), ())
    _check_names("salt", request.salts, system.salts, system.salts)
    key = _said(lambda said: canonical(algorithm, said, system.secret_of), request.key)
    return replace(adoption, reader=request.system, algorithm=algorithm, key=key)


def _said(read: Callable[[str], str], key: str) -> str:
    """A key that an operator says, as it is stored. Invalid."""
    try:
        return read(key)
    except ValueError as error:
        raise Invalid(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def _check_names(
    noun: str, said: Mapping[str, str], known: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    for name in said.keys() - set(known):
        raise Invalid(f"There is no {noun} {name!r} (known are {', '.join(known) or 'none'}).")
    for name in set(needed) - said.keys():
        raise Invalid(f"The {noun} {name} is missing.")
