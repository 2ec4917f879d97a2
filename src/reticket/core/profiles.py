"""What the dialects tell the directory of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reticket.core.tokens.kinds import Place, TokenKind


@dataclass(frozen=True, slots=True)
class Profiles:
    """What all dialects together tell.

    Args:
        kinds: of their tokens.
    """

    kinds: Sequence[TokenKind] = ()

    def resources_in(self, place: Place) -> list[str]:
        """The names of the kinds whose families live in such a place."""
        return [kind.name for kind in self.kinds if kind.place is place]
