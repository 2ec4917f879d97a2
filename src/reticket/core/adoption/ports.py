"""The ports of adoption: reading tokens of other systems, and what the directory knows of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeAlias

from reticket.core.adoption.model import Adoption, ForeignToken, Granted, NotedEnd, Stated
from reticket.core.model import Family, Selection


class ForeignTokens(Protocol):
    """Reads refresh tokens of other systems. Costs no I/O, and a bounded time for any text."""

    def read(self, kind: str, text: str) -> Sequence[ForeignToken]:
        """What the text may be: one token when a signature proves it, or one for each adoption of
        opaque tokens.
        """


class AdoptedPeople(Protocol):
    """What the directory knows of people whose sessions are adopted. May raise Unavailable."""

    def person(self, adoption: Adoption, stated: Stated) -> str:
        """The person's id here. INVALID_TOKEN for somebody who is unknown, or whose state has
        changed.
        """


class Unadopted(Protocol):
    """Ends sessions that have no row yet."""

    def kinds(self) -> Collection[str]:
        """The token kinds that may have such sessions."""

    def end(self, selection: Selection, cause: str, at: int) -> None:
        """Note that all selected sessions have ended that are adopted later. Unavailable."""

    def ended(self, family: Family, issued_at: int) -> NotedEnd | None:
        """An end that was asked for before this session was adopted, and includes it.

        Args:
            family: its row.
            issued_at: when its token was made; 0 where that is not known.
        """


class NothingUnadopted:
    """The port `Unadopted` of a service without adoptions."""

    def kinds(self) -> Collection[str]:
        """None."""
        return ()

    def end(self, selection: Selection, cause: str, at: int) -> None:
        """Do nothing."""

    def ended(self, family: Family, issued_at: int) -> NotedEnd | None:
        """None."""
        return None


Grant: TypeAlias = Callable[[Adoption, Stated], Granted | None]
"""What a session may do here; None when its client is not known, blocked, or may not refresh."""
