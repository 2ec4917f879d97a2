"""What makes refresh tokens good at the system too from which their people came.

Owns which adoption a token gets its old form from. That system's key only signs what this service
does not look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from reticket.adoption.keys import mac_function
from reticket.adoption.systems import systems
from reticket.core.adoption.model import Adoption, PersonThere
from reticket.core.policy import SECOND
from reticket.core.tokens.old_form import OldForm

SETTLED = 5 * SECOND
"""Milliseconds in which every process learns of an adoption and of its early end. Meanwhile tokens
are made as before, so that a retry at another process gets the same bytes.
"""

FindPersonThere: TypeAlias = Callable[[str, str], PersonThere | None]
"""A person by the name of a system and the id here. May raise Unavailable."""


class OldForms:
    """Finds the old form of a token: the port `OldFormOf`.

    Args:
        adoptions: all of them, the oldest first.
        person_there: finds people.
    """

    def __init__(
        self, adoptions: Callable[[], Sequence[Adoption]], person_there: FindPersonThere
    ) -> None:
        self._adoptions = adoptions
        self._person_there = person_there

    def of(self, kind: str, subject: str, issued_at: int) -> OldForm | None:
        """The form by the newest adoption of that kind that was active when the token was issued,
        and whose system knows the person.
        """
        for adoption in self._active(kind, issued_at):
            person = self._person_there(adoption.system, subject)
            form = _form(adoption, person) if person else None
            if form is not None:
                return form
        return None

    def _active(self, kind: str, at: int) -> Iterator[Adoption]:
        """By the time of issue alone: a retry after a beginning or an end gets the same bytes."""
        for adoption in reversed(self._adoptions()):
            is_active = adoption.since + SETTLED <= at < _last_of(adoption)
            if adoption.kind == kind and has_old_form(adoption) and is_active:
                yield adoption


def has_old_form(adoption: Adoption) -> bool:
    """Whether tokens can be made that are good at its system too."""
    return adoption.algorithm is not None and systems()[adoption.reader].written is not None


def _last_of(adoption: Adoption) -> int:
    """When all processes know that an adoption has ended (milliseconds)."""
    removed_at = adoption.removed_at
    return adoption.until if removed_at is None else min(adoption.until, removed_at + SETTLED)


def _form(adoption: Adoption, person: PersonThere) -> OldForm | None:
    written = systems()[adoption.reader].written
    claims = written(person.foreign_id, person.state, adoption) if written else None
    if claims is None:
        return None
    return OldForm(claims, adoption.until, mac_function(adoption.key))
