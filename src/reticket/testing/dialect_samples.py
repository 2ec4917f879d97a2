"""Results of commands that a fixture file may name, made from what a dialect declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from reticket.core.model import AccessToken, Family, Issued, Outcome
from reticket.core.people import User
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
    kind, ada = dialect.kinds[0].name, ada or replace(PLAIN_ADA, parts=_parts(dialect))
    family = _family(kind, dialect.kinds[0].policy.name)
    access = AccessToken(kind, ada.id, family.id, None, ISSUED_AT, {})
    return {
        "ada": ada,
        "nobody": PLAIN_ADA,
        "issued": _issued(family, ada),
        "access": (access, ada),
        "access of nobody": (access, PLAIN_ADA),
        "nothing": family,
    }


def _parts(dialect: Dialect) -> tuple[tuple[str, object], ...]:
    part = dialect.person
    if part is None or EMAIL not in part.demo:
        return ()
    said = checked(part.demo[EMAIL], part.kind)
    return ((dialect.name, msgspec.convert(said, part.kind, str_keys=True)),)


def _family(kind: str, policy: str) -> Family:
    return Family(
        bytes(16), kind, PLAIN_ADA.id, None, None, None, policy, ISSUED_AT * 2,
        ISSUED_AT + 1_209_600_000, 2, 1, 1, 1, ISSUED_AT,
    )  # fmt: skip


def _issued(family: Family, ada: User) -> Issued:
    return Issued(
        Outcome.ADVANCED,
        family,
        ada,
        None,
        ISSUED_AT,
        ISSUED_AT + 3_600_000,
        ISSUED_AT + 1_209_600_000,
        "head.access.mac",
        "rtk_new",
    )
