"""Firebase: `firebase auth:export people.json`.

Form: `accountExporter` of firebase-tools. Its CSV is refused: line breaks and commas of names and
pictures stand there as they are. Anybody could add the row of another person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from reticket.moving.readers import Rows
from reticket.moving.readers._members import NO_OBJECT, claims, filled, member, some, text
from reticket.moving.streams import Meter, SourceError, Unreadable, elements

MAY_LIE = (
    "CSV of auth:export does not tell where a name ends, so a person could add another one's row: "
    "export as JSON."
)

SIGN = re.compile(rb'\s*\{\s*"users"\s*:\s*\[')


def read(source: Path | str, meter: Meter) -> Rows:
    """The people of an export."""
    path = Path(source)
    if path.suffix.lower() == ".csv":
        raise SourceError(f"{path.name} cannot be trusted: {MAY_LIE}")
    return some(_rows(path, meter), f"{path.name} has no users.")


def _rows(path: Path, meter: Meter) -> Rows:
    meter.expect([path])
    for place, user in elements(path, "users", meter):
        yield place, _row(user) if isinstance(user, Mapping) else NO_OBJECT


def _row(user: Mapping[str, object]) -> Mapping[str, object] | Unreadable:
    row = filled(
        email=text(user, "email"),
        foreign_id=text(user, "localId"),
        factor_missing=bool(member(user, "mfaInfo")),
        claims=claims(
            member(user, "emailVerified") is True,
            name=text(user, "displayName"),
            phone_number=text(user, "phoneNumber"),
        ),
    )
    row["disabled"] = member(user, "disabled") is True
    if text(user, "passwordHash"):
        columns = {name: user.get(name) for name in ("passwordHash", "salt")}
        row |= {"password_hash": columns, "hash_format": "firebase"}
    return row
