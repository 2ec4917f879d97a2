"""Adoption for tests: of nothing, or of what a test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reticket.adoption.keys import canonical
from reticket.adoption.reader import AdoptedTokens
from reticket.core.adoption.adopting import Adopting
from reticket.core.adoption.model import Adoption, Granted, Mode, NotedEnd, Stated
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Family, Selection
from reticket.core.policy import BROWSER_2026, DAY, SECOND, Policy
from reticket.testing.clock import START

SECRET = "a secret of the other system, long enough"
OPTIONS: dict[str, str] = {}


def jwt_adoption(**members) -> Adoption:
    """Of simplejwt's tokens, from the beginning of the tests' clock, for thirty days."""
    said = {
        "name": "old",
        "system": "django",
        "kind": "test.opaque",
        "client": None,
        "reader": "simplejwt",
        "algorithm": "HS256",
        "issuer": None,
        "options": OPTIONS,
        "since": START,
        "until": START + 30 * DAY * SECOND,
        "mode": Mode.REVOKED,
        "secret": b"s" * 32,
        "key": canonical("HS256", SECRET),
    }
    return Adoption(**(said | members))


def opaque_adoption(**members) -> Adoption:
    """Of opaque tokens, of which the other system stores SHA-256."""
    said = {"name": "opaque", "reader": "sha256-hex", "algorithm": None, "key": ""}
    return jwt_adoption(**({**said, "mode": Mode.LIVING} | members))


@dataclass
class Known:
    """The ports `AdoptedPeople`, by the ids in the other system, and `Unadopted`: noted ends."""

    people: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    ends: list[tuple[Selection, str]] = field(default_factory=list)

    def person(self, adoption: Adoption, stated: Stated) -> str:
        if stated.subject not in self.people:
            raise Refusal(Code.INVALID_TOKEN, Cause.SUBJECT_GONE)
        if stated.state != self.states.get(stated.subject):
            raise Refusal(Code.INVALID_TOKEN, Cause.CREDENTIAL_CHANGED)
        return self.people[stated.subject]

    def ended(self, family: Family, issued_at: int) -> NotedEnd | None:
        causes = (c for each, c in self.ends if each.subject in (None, family.subject))
        return next(map(NotedEnd, causes), None)


def adopting(adoptions: Sequence[Adoption], known: Known, policy: Policy, store, pool, clock):
    """Adopts by these records; every session may do what its token says."""
    tokens = AdoptedTokens(lambda: tuple(adoptions), clock)
    grant = lambda _, stated: Granted(policy, stated.scope, None)  # noqa: E731
    return Adopting(tokens, known, known, grant, store, pool, clock)


def nothing_adopted(store, pool, clock) -> Adopting:
    """A service without adoptions."""
    return adopting((), Known(), BROWSER_2026, store, pool, clock)
