"""A form in braces: `{SSHA}` and its like of LDAP's `userPassword`, and Spring Security's labels of
bcrypt and argon2.
"""

from __future__ import annotations

import hashlib
import re

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.salted import SECRET_FIRST, salted_text
from reticket.crypto.hashes.phc import unpadded
from reticket.crypto.hashes.systems import GivenHash

NAME = "ldap"
BY_PREFIX = True
MEMBERS: frozenset[str] = frozenset()
_LABEL = re.compile(r"\{([A-Za-z0-9_@-]{1,40})\}")
_SALTED = {"SSHA": "sha1", "SSHA256": "sha256", "SSHA512": "sha512"}
_AS_IT_IS = ("BCRYPT", "CRYPT", "ARGON2", "ARGON2@SPRINGSECURITY_V5_8")


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    label = _LABEL.match(said) if isinstance(said, str) else None
    if not isinstance(said, str) or label is None:
        return None
    scheme, rest = label[1].upper(), said[label.end() :]
    if scheme in _SALTED:
        return _salted(_SALTED[scheme], rest)
    if scheme in _AS_IT_IS:
        return rest
    raise HashRefused("no known form has this name in braces")


def _salted(digester: str, rest: str) -> str:
    data = unpadded(rest, "what follows the name in braces")
    size = hashlib.new(digester, usedforsecurity=False).digest_size
    if len(data) < size:
        raise HashRefused(f"what follows the name in braces must be {size} bytes or more")
    return salted_text(digester, SECRET_FIRST, data[size:], data[:size])
