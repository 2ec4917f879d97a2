"""A form that a browser sends twice, as by a double click, gets the answer of the first one.

The answer is kept under a digest of the whole form, so that only a sender of all of it gets it.
Knows no page.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from reticket.core.commands import Asking, Peek, PutIfAbsent
from reticket.core.errors import Unavailable
from reticket.core.storage.budget import COVERED, of_account

NEXT_PAGE_LIFETIME = 60
"""Seconds in which a repeated form leads to the same page."""

IN_PROGRESS_LIFETIME = 10
"""Seconds for which the first form may still be in progress."""


@dataclass(frozen=True, slots=True)
class RepeatedForms:
    """A one-time password, the ticket of its page, and the factor session that it finishes."""

    ticket: str = field(repr=False)
    session: str = field(repr=False)
    code: str = field(repr=False)

    def started_mark(self) -> PutIfAbsent:
        """The entry to keep before the code is spent: one for each right code."""
        return PutIfAbsent(self._key("begun"), "", IN_PROGRESS_LIFETIME, COVERED)

    def remember_next(self, ticket: str, subject: str) -> Asking[None]:
        """Store the ticket of the next page, which is not accepted without the cookie.

        A failure here does not stop a person who has clicked once.
        """
        with suppress(Unavailable):
            yield from PutIfAbsent(
                self._key("led"), ticket, NEXT_PAGE_LIFETIME, of_account(subject)
            )

    def next_ticket(self) -> Asking[str | None]:
        """The ticket of the next page, if the first form led to one."""
        ticket: str | None = yield from Peek(self._key("led"))
        return ticket

    def is_in_progress(self) -> Asking[bool]:
        """Whether the first form is in progress; ask last."""
        return (yield from Peek(self._key("begun"))) is not None

    def _key(self, kind: str) -> str:
        """The key of an entry. Blanks and hyphens in a code do not matter."""
        code = "".join(self.code.split()).replace("-", "")
        form_text = "\0".join((self.ticket, self.session, code))
        return f"oauth:sent:{kind}:{sha256(form_text.encode()).hexdigest()}"
