"""What a shopper's session keeps beside its row: the site and the account."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import Struct


class Terms(Struct, frozen=True, omit_defaults=True):
    """The site that the sign-in named, and the account; None without one."""

    site: int | None = None
    account: int | None = None

    def text(self) -> str | None:
        """As the session stores them; None when there is nothing to store."""
        return msgspec.json.encode(self).decode() if self != NOTHING else None


NOTHING = Terms()


@lru_cache(maxsize=1024)
def terms_of(text: str | None) -> Terms:
    """What a session stores."""
    return msgspec.json.decode(text, type=Terms) if text else NOTHING
