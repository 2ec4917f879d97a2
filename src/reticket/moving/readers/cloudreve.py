"""Cloudreve 4: its SQLite file or the URL of its PostgreSQL database, also while it runs.

Tables: `ent/schema` of Cloudreve. The state that refresh tokens carry: `hashUserState` in
`pkg/auth/jwt.go`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from reticket.moving.readers import Rows
from reticket.moving.readers._database import Database, opened_database
from reticket.moving.readers._members import filled
from reticket.moving.streams import Meter, SourceError

PAGE = 1000
"""Rows of a query. Cloudreve can write between two of them."""
FOREIGN = "is no database of Cloudreve 4: it has not the tables settings, users and groups"

_SETTING = "SELECT value FROM settings WHERE name = :name AND deleted_at IS NULL"
_LAST = "SELECT max(id) AS id FROM users WHERE deleted_at IS NULL"
_USERS = """
SELECT u.id, u.email, u.nick, u.password, u.status, u.two_factor_secret,
       g.name AS group_name, g.permissions
FROM users AS u LEFT JOIN "groups" AS g ON g.id = u.group_users
WHERE u.id > :last AND u.deleted_at IS NULL
ORDER BY u.id LIMIT :page
"""

SIGN = re.compile(rb"SQLite format 3\0")


def read(source: Path | str, meter: Meter) -> Rows:
    """The people in the order of their ids."""
    with opened_database(source, FOREIGN) as database:
        site = setting(database, "siteID")
        (last,) = database.rows(_LAST, {})
        meter.size = last.id
        for user in _users(database):
            meter.reach(user.id)
            yield f"user {user.id}", _row(user, site)


def setting(database: Database, name: str) -> str:
    """The value of a setting. SourceError without one."""
    for (value,) in database.rows(_SETTING, {"name": name}):
        if value:
            return str(value)
    raise SourceError(f"The settings of Cloudreve have no {name}.")


def _users(database: Database) -> Iterator[Row[Any]]:
    last = 0
    while page := database.rows(_USERS, {"last": last, "page": PAGE}):
        yield from page
        last = page[-1].id


def _row(user: Row[Any], site: str) -> Mapping[str, object]:
    email, password = str(user.email), user.password or ""
    row = filled(
        email=email,
        foreign_id=str(user.id),
        foreign_state=state_hash(email, password, site),
        password_hash=password,
        hash_format="cloudreve" if password else None,
        totp_secret=user.two_factor_secret,
        cloudreve=filled(
            nickname=user.nick or email.partition("@")[0],
            group=filled(name=user.group_name, permission=_permission(user)),
        ),
    )
    disabled = user.status not in ("active", "inactive")
    active = {} if disabled else {"active": user.status == "active"}
    return row | {"disabled": disabled} | active


def _permission(user: Row[Any]) -> str:
    """The bit set of the group, as clients see it."""
    return b64encode(bytes(user.permissions or b"")).decode()


def state_hash(email: str, password: str, site: str) -> str:
    """The claim `state_hash` of a person's refresh tokens, made of two columns and `siteID`."""
    return b64encode(hashlib.sha256(f"{email}/{password}/{site}".encode()).digest()).decode()
