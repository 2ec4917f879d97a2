"""Keycloak's credential of a password: `credentialData` and `secretData`, as a realm export has
them (PasswordCredentialModel).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.pbkdf2 import LEAST, pbkdf2_text
from reticket.crypto.hashes.bounds import whole
from reticket.crypto.hashes.phc import unpadded
from reticket.crypto.hashes.systems import GivenHash

NAME = "keycloak"
BY_PREFIX = True
MEMBERS = frozenset(("credentialData", "secretData"))
ARGON2 = "argon2"
_VERSIONS = {"1.0": 16, "1.3": 19}
_TYPES = ("id", "i", "d")

M = TypeVar("M", bound=Struct)


class _Secret(Struct):
    value: str
    salt: str


class _Data(Struct):
    algorithm: str
    hashIterations: Annotated[int, Meta(ge=1)]  # noqa: N815
    additionalParameters: dict[str, list[str]] | None = None  # noqa: N815


def read(said: GivenHash, config: str) -> str | None:
    """The canonical text."""
    if isinstance(said, str) or "credentialData" not in said:
        return None
    data = _member(said, "credentialData", _Data)
    secret = _member(said, "secretData", _Secret)
    salt, digest = unpadded(secret.salt, "the salt"), unpadded(secret.value, "the digest")
    if data.algorithm == ARGON2:
        return _argon2(data, salt, digest)
    digester = data.algorithm.removeprefix("pbkdf2-") if data.algorithm != "pbkdf2" else "sha1"
    if digester not in LEAST:
        raise HashRefused("the algorithm of Keycloak is not known")
    return pbkdf2_text(digester, data.hashIterations, salt, digest)


def _argon2(data: _Data, salt: bytes, digest: bytes) -> str:
    kind, version = _parameter(data, "type", "id"), _parameter(data, "version", "1.3")
    if kind not in _TYPES or version not in _VERSIONS:
        raise HashRefused("the type or the version of Keycloak's argon2 is not known")
    memory, lanes = (whole(_parameter(data, name), name) for name in ("memory", "parallelism"))
    ends = "$".join(base64.b64encode(each).decode().rstrip("=") for each in (salt, digest))
    costs = f"m={memory},t={data.hashIterations},p={lanes}"
    return f"$argon2{kind}$v={_VERSIONS[version]}${costs}${ends}"


def _parameter(data: _Data, name: str, default: str = "") -> str:
    """The first value of an additional parameter."""
    values = (data.additionalParameters or {}).get(name) or [default]
    return values[0]


def _member(said: Mapping[str, object], name: str, kind: type[M]) -> M:
    """A member that is an object, or the JSON text of one."""
    value = said.get(name)
    try:
        if isinstance(value, str):
            return msgspec.json.decode(value, type=kind)
        return msgspec.convert(value, kind)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise HashRefused(f"{name} is not that of a password") from None
