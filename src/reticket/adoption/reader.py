"""The adoptions of a service, by token kind: what a presented text may be.

Owns the bound of what a forged token may cost: the length of a text, and how many adoptions one
kind may have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from reticket.adoption.digests import DIGESTS
from reticket.adoption.jwts import JwtReader
from reticket.adoption.systems import systems
from reticket.core.adoption.model import Adoption, ForeignToken
from reticket.core.ports import Clock
from reticket.core.tokens.faces import LONGEST_JWT, PREFIX

MOST_OF_KIND = 8
"""Active adoptions of one token kind, by their `cost`. A forged token is compared with all of them
on the event loop, in two milliseconds.
"""


class OpaqueReader:
    """Computes the id of an opaque token's session; whether there is one, the store knows."""

    def __init__(self, adoption: Adoption) -> None:
        self.adoption = adoption
        digest = DIGESTS[adoption.reader]
        self._identity_of = digest.of
        self._is_signed = None
        if digest.signed is not None and adoption.key:
            self._is_signed = digest.signed.verifier(adoption.key)

    def read(self, text: str, now: int) -> ForeignToken | None:
        """What the text may be. A text with the form of our tokens is none of another system."""
        if text.startswith(PREFIX) or not text.isascii():
            return None
        if self._is_signed is not None and not self._is_signed(text):
            return None
        identity = self._identity_of(text)
        return ForeignToken(self.adoption, self.adoption.session_of(identity))


def reader_of(adoption: Adoption) -> JwtReader | OpaqueReader:
    """What reads the tokens of an adoption. ValueError for a key that its algorithm cannot use."""
    if adoption.algorithm is None:
        return OpaqueReader(adoption)
    return JwtReader(adoption, systems()[adoption.reader])


class AdoptedTokens:
    """The port `ForeignTokens`. Thread-safe: `reload` replaces what the others read.

    Args:
        load: the adoptions, as stored.
        clock: milliseconds.

    Attributes:
        known: all adoptions, ended or not, the oldest first.
    """

    def __init__(self, load: Callable[[], Sequence[Adoption]], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self.known: Sequence[Adoption] = ()
        self._by_kind: Mapping[str, Sequence[JwtReader | OpaqueReader]] = {}
        self.reload()

    def reload(self) -> None:
        """Read what other processes have changed."""
        adoptions = self._load()
        if adoptions == self.known:
            return
        by_kind: dict[str, list[JwtReader | OpaqueReader]] = defaultdict(list)
        for each in adoptions:
            if each.removed_at is None:
                by_kind[each.kind].append(reader_of(each))
        self.known, self._by_kind = adoptions, by_kind

    def read(self, kind: str, text: str) -> Sequence[ForeignToken]:
        """As `ForeignTokens.read`. A JWT that a key has signed is nothing else."""
        readers = self._by_kind.get(kind)
        if not readers or not 0 < len(text) <= LONGEST_JWT:
            return ()
        now, found = self._clock(), list[ForeignToken]()
        for reader in readers:
            token = reader.read(text, now) if reader.adoption.is_active(now) else None
            if token is not None and token.stated is not None:
                return (token,)
            found += [token] if token else []
        return found
