"""The data about a person that Cloudreve needs: a nickname, and a group with its permissions."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from reticket.core.handover import Confirmed
from reticket.core.ports import Entropy
from reticket.core.profiles import Part, Shared

ID_LENGTH = 6
PERMISSIONS = {"Admin": "/RoB", "User": "hAg="}
"""The permissions of the two groups of a new drive: bit sets in standard base64."""

_LETTERS = string.digits + string.ascii_letters
_ID = re.compile(r"[0-9A-Za-z]{0,16}")


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """A group. It is created if no group of that name exists."""

    name: Annotated[str, Meta(min_length=1)]
    id: Annotated[str, Meta(description="the id of a new group: 1 to 16 letters and digits")] = ""
    permission: Annotated[
        str,
        Meta(
            description="the permissions of a new group: base64 of a bit set. By default a group "
            "`Admin` has those of Cloudreve's group `Admin`, and any other group those of `User`"
        ),
    ] = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError("id must be one to sixteen letters and digits")
        try:
            base64.b64decode(self.permission, validate=True)
        except ValueError:
            raise ValueError("permission must be base64") from None

    @property
    def shown_permission(self) -> str:
        """The group's permission, or that of the drive's own group."""
        return self.permission or PERMISSIONS.get(self.name, PERMISSIONS["User"])

    @property
    def is_admin(self) -> bool:
        """Whether the first bit of the permissions is set (`GroupPermissionIsAdmin`, version 4)."""
        bits = base64.b64decode(self.shown_permission)
        return bool(bits) and bool(bits[0] & 1)


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """A profile in the drive. A person without one is unknown to this dialect."""

    nickname: Annotated[str, Meta(min_length=1)]
    group: Group


def new_id(entropy: Entropy) -> str:
    """A random id of six letters and digits."""
    number = int.from_bytes(entropy(8))
    return "".join(
        _LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(ID_LENGTH)
    )


def named(confirmed: Confirmed) -> Mapping[str, object]:
    """A nickname, of the names that an old back end tells."""
    local_part = confirmed.email.partition("@")[0]
    return {"nickname": confirmed.nickname or confirmed.first_name or local_part}


PERSON = Part(
    dialect="cloudreve",
    kind=Person,
    key="cloudreve",
    shared=Shared("group", new_id, at="group", members=("id", "permission")),
    gives_rights=lambda person: person.group.is_admin,
    lends=("totp_secret",),
    named=named,
    demo={
        "ada@example.com": {"nickname": "Ada", "group": {"name": "Admin"}},
        "alan@example.com": {"nickname": "Alan", "group": {"name": "User"}},
        "banned@example.com": {"nickname": "Mallory", "group": {"name": "User"}},
        "new@example.com": {"nickname": "New", "group": {"name": "User"}},
    },
)
