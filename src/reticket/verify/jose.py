"""Compact signatures (RFC 7515) by keys whose algorithm is known beforehand (RFC 8725 §3.1).

Owns the list of algorithms and the rules for usable public keys. Knows no claims.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
"""Neither symmetric algorithms nor `none`."""

LONGEST = 8192
"""Characters; a longer text is refused before it is parsed."""

UNSUPPORTED = frozenset({"crit", "b64", "jku", "x5u"})
"""Header members that change its meaning or fetch a key: a signature with one of them is
refused.
"""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_FEWEST_RSA_BITS = 2048
_OTHER_NAMES = {"Ed25519": "EdDSA"}
"""RFC 9864 §2.2 renames an algorithm that is still widely used under its old name."""


_USUAL = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA", ("RSA", None): "RS256"}
"""The algorithm of each type of key that names none."""

T = TypeVar("T")


class Garbage(ValueError):
    """A text that is no compact signature, or a key that is not usable."""


class Signed(NamedTuple):
    """The parts of a compact signature, not verified."""

    header: Mapping[str, Any]
    payload: bytes
    message: bytes
    signature: bytes


class _Shape(NamedTuple):
    """What a JWK for an algorithm must contain: members with fixed values, and the lengths of the
    others.
    """

    kind: type[ECKey] | type[OKPKey] | type[RSAKey]
    model: str
    given: Mapping[str, str]
    numbers: Mapping[str, range]


_COORDINATE, _MODULUS, _EXPONENT = range(43, 44), range(342, 684), range(2, 7)
"""Characters. A longer modulus or exponent makes a check take many milliseconds."""

_SHAPES = {
    "ES256": _Shape(
        ECKey, "ES256", {"kty": "EC", "crv": "P-256"}, {"x": _COORDINATE, "y": _COORDINATE}
    ),
    "EdDSA": _Shape(OKPKey, "Ed25519", {"kty": "OKP", "crv": "Ed25519"}, {"x": _COORDINATE}),
    "PS256": _Shape(RSAKey, "PS256", {"kty": "RSA"}, {"n": _MODULUS, "e": _EXPONENT}),
    "RS256": _Shape(RSAKey, "RS256", {"kty": "RSA"}, {"n": _MODULUS, "e": _EXPONENT}),
}


class PublicKey(NamedTuple):
    """A key with the one algorithm that it is used with."""

    algorithm: str
    key: ECKey | OKPKey | RSAKey

    def verify(self, signed: Signed) -> bool:
        """Whether this key made the signature, and its header names no other algorithm."""
        is_own = known_name(signed.header.get("alg")) == self.algorithm
        return is_own and self.has_signed(signed.message, signed.signature)

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the signature, whatever its header says."""
        model = JWSRegistry.algorithms[_SHAPES[self.algorithm].model]
        return model.verify(message, signature, self.key)

    def thumbprint(self) -> str:
        """RFC 7638, by SHA-256."""
        return self.key.thumbprint()


def known_name(algorithm: object) -> str | None:
    """An algorithm of the list by any of its names; None for every other."""
    name = _OTHER_NAMES.get(algorithm, algorithm) if isinstance(algorithm, str) else None
    return name if name in ALGORITHMS else None


def read_compact(text: str) -> Signed:
    """The parts of `header.payload.signature`. Garbage, also for header members that are not
    supported.
    """
    parts = text.encode("utf-8", "replace").split(b".") if len(text) <= LONGEST else []
    if len(parts) != 3:
        raise Garbage("is no compact signature")
    header, payload, signature = (_decoded(part) for part in parts)
    said = read_members(header)
    if said.keys() & UNSUPPORTED:
        raise Garbage("has a header that is not understood")
    return Signed(said, payload, b".".join(parts[:2]), signature)


def public_key(jwk: Mapping[str, Any], algorithm: str | None) -> PublicKey:
    """The key in a JWK, for one algorithm. Garbage when it is private, weak, or for another."""
    shape = _SHAPES.get(algorithm or "")
    if algorithm is None or shape is None or not _fits(jwk, shape, algorithm):
        raise Garbage("has no usable key")
    members = {name: jwk[name] for name in (*shape.given, *shape.numbers)}
    if "n" in members and _bits(members["n"]) < _FEWEST_RSA_BITS:
        raise Garbage("has a weak key")
    try:
        return PublicKey(algorithm, shape.kind.import_key(members))
    except (JoseError, ValueError):
        raise Garbage("has no usable key") from None


def key_in(jwk: Mapping[str, Any]) -> PublicKey:
    """The key in a JWK, for the algorithm that it names, or else the usual one of its type. Garbage
    as `public_key`.
    """
    return public_key(jwk, known_name(jwk.get("alg") or _USUAL.get(_type_of(jwk))))


def decoder_of(kind: type[T]) -> Callable[[bytes], T]:
    """A function that reads JSON of a certain type, and raises Garbage for any other.

    Call it while a module is imported: msgspec 0.22 crashes when several threads are the first to
    use a type.
    """
    read = msgspec.json.Decoder(kind).decode

    def decode(data: bytes) -> T:
        try:
            return read(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Garbage("is not the JSON that it should be") from None

    return decode


read_members = decoder_of(dict[str, Any])
"""Reads a JSON object."""


def _type_of(jwk: Mapping[str, Any]) -> tuple[str, str | None]:
    curve = jwk.get("crv")
    return str(jwk.get("kty")), None if curve is None else str(curve)


def _fits(jwk: Mapping[str, Any], shape: _Shape, algorithm: str) -> bool:
    return (
        not jwk.keys() & _PRIVATE
        and all(jwk.get(name) == value for name, value in shape.given.items())
        and all(_has_length(jwk.get(name), wanted) for name, wanted in shape.numbers.items())
        and jwk.get("use", "sig") == "sig"
        and known_name(jwk.get("alg", algorithm)) == algorithm
    )


def _has_length(number: object, wanted: range) -> bool:
    return isinstance(number, str) and len(number) in wanted


def _bits(number: str) -> int:
    return int.from_bytes(_decoded(number.encode()), "big").bit_length()


def _decoded(part: bytes) -> bytes:
    """The bytes of canonical base64url; other spellings are refused, so a signature has one
    spelling.
    """
    try:
        return urlsafe_b64decode(part)
    except ValueError:
        raise Garbage("is not base64url") from None
