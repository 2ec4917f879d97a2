"""Results of commands that a fixture file may name, made from what a dialect declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from reticket.core.model import AccessToken, Family, Holder, Issued, Outcome
from reticket.core.people import User
from reticket.core.policy import DAY, SECOND
from reticket.core.tokens.kinds import TokenKind
from reticket.directory.typed import checked
from reticket.wire import Dialect

ISSUED_AT = 1_745_650_708_456
EMAIL = "ada@example.com"

PLAIN_ADA = User(
    id="0123456789abcdef0123456789abcdef",
    short_id="lpua",
    email=EMAIL,
    first_name="Ada",
    last_name="Lovelace",
    disabled=False,
    active=True,
    credential_version=1,
    created_at=1_595_505_600_000,
    tenants=(),
    accounts=(),
)
"""Ada without a part of any dialect."""


def samples_of(dialect: Dialect, ada: User | None = None) -> Mapping[str, Any]:
    """Results by name: `ada` has the dialect's part of the demo unless she is given, `nobody` has
    none. `issued` is a pair of Ada's, `access` is her verified access token and herself. `nothing`
    is a session that was ended.
    """
    kind, ada = dialect.kinds[0], ada or replace(PLAIN_ADA, parts=_parts(dialect))
    family, nobody = sample_family(kind), replace(ada, parts=())
    return {
        "ada": ada,
        "nobody": nobody,
        "issued": sample_pair(family, ada),
        "access": (sample_access(kind, ada), ada),
        "access of nobody": (sample_access(kind, nobody), nobody),
        "nothing": family,
    }


def sample_family(kind: TokenKind) -> Family:
    """The row of a session of Ada's after its first refresh."""
    return Family(
        id=bytes.fromhex("019670ae9f687abc8def001122334455"),
        resource=kind.name,
        subject=PLAIN_ADA.id,
        client=None,
        context=None,
        scope=None,
        policy=kind.policy.name,
        ends_at=ISSUED_AT + 365 * DAY * SECOND,
        expires_at=ISSUED_AT + 14 * DAY * SECOND,
        generation=2,
        parent=1,
        floor=1,
        open_from=1,
        rotated_at=ISSUED_AT,
    )


def sample_pair(family: Family, holder: Holder, context: str | None = None) -> Issued:
    """A pair of that session; its access token is valid for an hour."""
    return Issued(
        Outcome.ADVANCED,
        family,
        holder,
        context,
        ISSUED_AT,
        ISSUED_AT + 3600 * SECOND,
        family.expires_at,
        "head.access.mac",
        "rtk_new",
    )


def sample_access(kind: TokenKind, holder: Holder) -> AccessToken:
    """A verified access token."""
    return AccessToken(kind.name, holder.id, sample_family(kind).id, None, ISSUED_AT, {})


def _parts(dialect: Dialect) -> tuple[tuple[str, object], ...]:
    part = dialect.person
    if part is None or EMAIL not in part.demo:
        return ()
    said = checked(part.demo[EMAIL], part.kind)
    return ((dialect.name, msgspec.convert(said, part.kind, str_keys=True)),)
