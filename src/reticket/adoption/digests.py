"""How other systems store opaque tokens: what is stored of a token, and which texts can be that."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reticket.adoption import hydra
from reticket.core.tokens.faces import LONGEST_JWT, PREFIX, to_text


class Signed(NamedTuple):
    """How a system signs its tokens.

    Args:
        stored_keys: the keys as they are stored, from the secrets of the system. ValueError.
        verifier: whether a token is signed with one of the stored keys.
    """

    stored_keys: Callable[[str], str]
    verifier: Callable[[str], Callable[[str], bool]]


@dataclass(frozen=True, slots=True)
class Digest:
    """A function of another system.

    Args:
        of: what that system stores of a token.
        form: what that looks like.
        words: the same for people.
        folds: whether capital letters mean the same.
        signed: for what is stored beside a part of the token that proves more; None for a digest of
            the whole token.
    """

    of: Callable[[str], str]
    form: re.Pattern[str]
    words: str
    folds: bool = False
    signed: Signed | None = None

    def checked(self, stored: str) -> str:
        """What is stored, as `of` returns it. ValueError: no token can have it."""
        folded = stored.lower() if self.folds else stored
        if not self.form.fullmatch(folded):
            raise ValueError(f"the digest is not {self.words}")
        return folded


def _signature(token: str) -> str:
    """The part after the last dot, as ORY Hydra stores a refresh token."""
    return token.rpartition(".")[2]


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


DIGESTS: Mapping[str, Digest] = {
    "plain": Digest(
        lambda token: token,
        re.compile(rf"(?!{PREFIX})[!-~]{{1,{LONGEST_JWT}}}"),
        f"a token of at most {LONGEST_JWT} printable ASCII characters",
    ),
    "sha256-hex": Digest(
        lambda token: _sha256(token).hex(),
        re.compile(r"[0-9a-f]{64}"),
        "64 hexadecimal digits",
        True,
    ),
    "sha256-base64url": Digest(
        lambda token: to_text(_sha256(token)),
        re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"),
        "43 characters of base64url without padding",
    ),
    "sha512-hex": Digest(
        lambda token: hashlib.sha512(token.encode()).hexdigest(),
        re.compile(r"[0-9a-f]{128}"),
        "128 hexadecimal digits",
        True,
    ),
    "signature": Digest(
        _signature,
        re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_JWT}}}"),
        "the part of a token after its last dot",
        signed=Signed(hydra.stored_keys, hydra.verifier),
    ),
}
"""`plain` is for systems that store the token itself."""
