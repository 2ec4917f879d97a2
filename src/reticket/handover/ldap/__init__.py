"""Asks an LDAP server: a search for the person, then a bind as that person (RFC 4513 §5.1.3)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reticket.core.errors import Cause
from reticket.core.fetching.model import Unfetched
from reticket.core.fetching.stream import Stream, Talk
from reticket.core.handover import (
    Answer,
    Confirmed,
    Denied,
    NoAnswer,
    ascii_lower,
    text_or_none,
)
from reticket.handover.ldap.filters import Filled
from reticket.handover.ldap.session import (
    INVALID_CREDENTIALS,
    SIZE_LIMIT,
    SUCCESS,
    Entry,
    Session,
)

EMAIL, FIRST_NAME, LAST_NAME = "mail", "givenName", "sn"
"""The attributes that are read (RFC 2798, RFC 4519)."""

_BLOCKED = frozenset({19, 48, 50, 53})
"""Result codes by which servers refuse a bind of somebody who is locked, blocked or without a
password: constraintViolation, inappropriateAuthentication, insufficientAccessRights and
unwillingToPerform (RFC 4511 Appendix A).
"""

_ATTRIBUTES = (EMAIL, FIRST_NAME, LAST_NAME)


@dataclass(frozen=True, slots=True)
class People:
    """Where the people of a server are, and as whom they are searched.

    Args:
        base: the entry below which they are.
        condition: finds one person by a name.
        bind_dn / password: to search with; None searches without a bind.
    """

    base: str
    condition: Filled
    bind_dn: str | None = None
    password: str | None = field(default=None, repr=False)


class LdapSignIn:
    """Asks one server.

    Args:
        talk: opens a connection.
    """

    def __init__(self, people: People, talk: Talk) -> None:
        self._people = people
        self._talk = talk

    def __call__(self, name: str, password: str) -> Answer:
        """Whose password it is. An empty one is not sent."""
        if not password:
            return Denied(Cause.WRONG_SECRET)
        result = self._talk(lambda stream: self._asked(stream, name, password))
        return NoAnswer.of(result) if isinstance(result, Unfetched) else result

    def _asked(self, stream: Stream, name: str, password: str) -> Answer:
        session = Session(stream)
        try:
            answer = self._answer(session, name, password)
        except (ValueError, TypeError):
            return NoAnswer("bad_answer")
        session.unbind()
        return answer

    def _answer(self, session: Session, name: str, password: str) -> Answer:
        said = self._people
        if said.bind_dn is not None and said.password is not None:
            code = session.bind(said.bind_dn.encode(), said.password.encode())
            if code != SUCCESS:
                return NoAnswer(f"bind_code_{code}", is_down=True)
        found, code = session.search(said.base, said.condition(name), _ATTRIBUTES, 1)
        if code not in (SUCCESS, SIZE_LIMIT):
            return NoAnswer(f"search_code_{code}")
        if code == SIZE_LIMIT:
            return Denied(Cause.WRONG_SUBJECT)
        return self._judged(session, found, name, password)

    def _judged(self, session: Session, found: Sequence[Entry], name: str, password: str) -> Answer:
        """A name that the server does not have takes a bind as well, so that its time tells
        nothing.
        """
        nobody = f"cn={secrets.token_hex(16)},{self._people.base}".encode()
        code = session.bind(found[0].name if found else nobody, password.encode())
        if code == INVALID_CREDENTIALS or not found:
            return Denied(Cause.WRONG_SECRET)
        if code in _BLOCKED:
            return Denied(Cause.DISABLED)
        if code != SUCCESS:
            return NoAnswer(f"bind_code_{code}")
        return self._confirmed(found[0].values, name)

    def _confirmed(self, values: Mapping[str, Sequence[str]], name: str) -> Answer:
        emails = values.get(EMAIL.lower(), ())
        own = [each for each in emails if ascii_lower(each) == ascii_lower(name)]
        if not emails:
            return Denied(Cause.WRONG_SUBJECT)
        first, last = (_first(values, each) for each in (FIRST_NAME, LAST_NAME))
        return Confirmed((own or emails)[0], first, last)


def _first(values: Mapping[str, Sequence[str]], attribute: str) -> str | None:
    texts = values.get(attribute.lower(), ())
    return text_or_none(texts[0]) if texts else None
