"""A form that a browser sends twice, as by a double click: what the first one led to.

Nobody profits who has not all that was sent: what is remembered stands under a digest of it. Knows
no page.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from reticket.core.commands import Asking, Peek, PutIfAbsent
from reticket.core.errors import Unavailable
from reticket.core.storage.budget import of_account

REMEMBERED = 60
"""Seconds in which whoever sends it again is led to the same page."""

ON_ITS_WAY = 10
"""Seconds for which the first one may be on its way still."""


@dataclass(frozen=True, slots=True)
class RepeatedForms:
    """A one-time password with the ticket of its page, and the session that it should finish."""

    ticket: str = field(repr=False)
    session: str = field(repr=False)
    code: str = field(repr=False)

    def begins(self, subject: str) -> PutIfAbsent:
        """To be kept before the code is spent."""
        return PutIfAbsent(self._key("begun"), "", ON_ITS_WAY, of_account(subject))

    def led_to(self, ticket: str, subject: str) -> Asking[None]:
        """It led to the page of another ticket, which is worth nothing without the cookie. Whoever
        has clicked once is not held up for it.
        """
        with suppress(Unavailable):
            yield from PutIfAbsent(self._key("led"), ticket, REMEMBERED, of_account(subject))

    def led(self) -> Asking[str | None]:
        """The ticket of the page to which it led, if it did."""
        ticket: str | None = yield from Peek(self._key("led"))
        return ticket

    def is_on_its_way(self) -> Asking[bool]:
        """Whether the first one is being answered; ask last."""
        return (yield from Peek(self._key("begun"))) is not None

    def _key(self, what: str) -> str:
        """Blanks and hyphens in a code do not matter here either."""
        code = "".join(self.code.split()).replace("-", "")
        said = "\0".join((self.ticket, self.session, code))
        return f"oauth:sent:{what}:{sha256(said.encode()).hexdigest()}"
