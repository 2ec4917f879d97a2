"""Signatures: deterministic, in JOSE's forms, and never an exception for a wrong one."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.tokens.faces import from_text, to_text
from reticket.crypto import signing
from reticket.crypto.signing import ALGORITHMS, EdDsa, Es256, KeyPair

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LENGTHS = {"ES256": 64, "EdDSA": 64, "RS256": 384}

every = pytest.mark.parametrize("algorithm", ALGORITHMS)
generated = cache(signing.generate)


def pair(algorithm: str) -> KeyPair:
    return signing.load("0a0b0c0d", algorithm, generated(algorithm)[0])


good = cache(pair)


@every
def test_a_signature_verifies_and_is_the_same_twice(algorithm: str) -> None:
    first, again = pair(algorithm), pair(algorithm)
    signature = first.sign(b"message")
    assert signature == again.sign(b"message")
    assert len(signature) == LENGTHS[algorithm]
    assert again.verify(signature, b"message")
    assert (first.kid, first.algorithm) == ("0a0b0c0d", algorithm)


@every
def test_another_message_key_or_byte_does_not_verify(algorithm: str) -> None:
    good = pair(algorithm)
    signature = good.sign(b"message")
    assert not good.verify(signature, b"messagf")
    for at in range(0, len(signature), 7):
        broken = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not good.verify(broken, b"message")


@every
@given(signature=st.one_of(st.binary(max_size=80), st.binary(min_size=64, max_size=64)))
def test_an_unreadable_signature_is_false_and_raises_nothing(
    algorithm: str, signature: bytes
) -> None:
    assert good(algorithm).verify(signature, b"message") is False


@pytest.mark.parametrize("r", [0, 1, ORDER - 1, ORDER, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, ORDER - 1, ORDER, 2**256 - 1])
def test_a_signature_with_numbers_out_of_range_is_refused(r: int, s: int) -> None:
    assert not good("ES256").verify(r.to_bytes(32, "big") + s.to_bytes(32, "big"), b"message")


def test_a_der_signature_is_refused() -> None:
    signature = good("ES256").sign(b"message")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    assert not good("ES256").verify(encode_dss_signature(r, s), b"message")


def test_es256_gives_the_bytes_of_rfc_6979() -> None:
    """Appendix A.2.5, P-256 with SHA-256, message "sample"."""
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    known = Es256("k", ec.derive_private_key(secret, ec.SECP256R1()))
    assert known.sign(b"sample").hex() == (
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    )


@given(
    r=st.one_of(st.integers(1, ORDER - 1), st.integers(1, 2**130)),
    s=st.one_of(st.integers(1, ORDER - 1), st.integers(1, 2**130)),
)
def test_the_raw_signature_equals_the_librarys_decoding(r: int, s: int) -> None:
    der = encode_dss_signature(r, s)
    assert decode_dss_signature(der) == (r, s)
    assert signing.raw_of_der(der) == r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_eddsa_gives_the_bytes_of_rfc_8037() -> None:
    """Appendix A.4: the JWS signing input and its signature."""
    secret = from_text("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    assert secret is not None
    known = EdDsa("k", ed25519.Ed25519PrivateKey.from_private_bytes(secret))
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    assert to_text(known.sign(signed)) == (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )


def test_es256_accepts_the_signature_of_rfc_7515() -> None:
    """Appendix A.3: made by somebody else, with a random nonce."""
    numbers = [
        int.from_bytes(from_text(text) or b"", "big")
        for text in (
            "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        )
    ]
    private = ec.derive_private_key(numbers[0], ec.SECP256R1())
    assert private.public_key().public_numbers().x == numbers[1]
    assert private.public_key().public_numbers().y == numbers[2]
    signed = (
        b"eyJhbGciOiJFUzI1NiJ9"
        b".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        b"cnVlfQ"
    )
    signature = from_text(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    assert signature is not None
    assert Es256("k", private).verify(signature, signed)


@every
def test_the_public_part_belongs_to_the_private_one(algorithm: str) -> None:
    private, public = generated(algorithm)
    assert load_der_private_key(private, None).public_key() == load_der_public_key(public)


def test_rsa_is_3072_bits_long() -> None:
    assert load_der_public_key(generated("RS256")[1]).key_size == 3072


def test_the_curves_are_p_256_and_ed25519() -> None:
    es256, eddsa = (load_der_public_key(generated(name)[1]) for name in ("ES256", "EdDSA"))
    assert isinstance(es256, ec.EllipticCurvePublicKey)
    assert es256.curve.name == "secp256r1"
    assert isinstance(eddsa, ed25519.Ed25519PublicKey)


def test_algorithms_are_named_as_their_classes_say() -> None:
    assert {name: made.algorithm for name, made in ALGORITHMS.items()} == {
        name: name for name in ("ES256", "EdDSA", "RS256")
    }
