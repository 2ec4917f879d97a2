"""Whatever hash is stored can be computed: no sign-in fails by it."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from argon2.exceptions import HashingError
from hypothesis import given, settings
from hypothesis import strategies as st

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms import read_hash
from reticket.crypto.hashes.hasher import AnyHasher
from reticket.crypto.hashes.known import KnownHash
from reticket.crypto.hashes.systems import GivenHash
from reticket.crypto.passwords import Argon2Hasher

CONFIGS = {
    "devise": b'{"pepper": "pepper"}',
    "firebase": json.dumps(
        {
            "base64_signer_key": b64encode(bytes(64)).decode(),
            "base64_salt_separator": "Bw==",
            "rounds": 8,
            "mem_cost": 1,
        }
    ).encode(),
}
HASHER = AnyHasher(Argon2Hasher(1, 8, 1), CONFIGS.get)
LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bcrypt_ends = st.text(LETTERS, min_size=53, max_size=53)
bcrypt_texts = st.builds("${}$04${}".format, st.sampled_from(["2a", "2b", "2y"]), bcrypt_ends)
hex_texts = st.binary(min_size=8, max_size=64).map(bytes.hex)
base64_texts = st.binary(min_size=8, max_size=64).map(lambda data: b64encode(data).decode())
unpadded_texts = base64_texts.map(lambda text: text.rstrip("="))
costs = st.sampled_from([1, 2, 3, 8, 16, 64, 1000, 16000, 65536, 1048576])
small = st.integers(1, 64)
argon2_texts = st.builds(
    "$argon2{}$v={}$m={},t={},p={}${}${}".format,
    st.sampled_from(["i", "d", "id"]), st.sampled_from([16, 19]), st.integers(1, 600),
    st.integers(1, 2), small, unpadded_texts, unpadded_texts,
)  # fmt: skip
scrypt_rows = st.fixed_dictionaries(
    {"N": costs, "r": costs, "p": costs, "salt": hex_texts, "hash": hex_texts}
).map(lambda row: {"algorithm": "scrypt", **row})
pbkdf2_texts = st.builds(
    "pbkdf2:{}:{}${}${}".format, st.sampled_from(["sha1", "sha256", "sha512"]), small, hex_texts,
    hex_texts,
)  # fmt: skip
FORMS: dict[str, st.SearchStrategy[tuple[GivenHash, str | None]]] = {
    "bcrypt": st.tuples(bcrypt_texts, st.none()),
    "bcrypt-sha256": st.tuples(bcrypt_texts.map("bcrypt_sha256${}".format), st.none()),
    "devise": st.tuples(bcrypt_texts, st.just("devise")),
    "argon2": st.tuples(argon2_texts, st.none()),
    "scrypt": st.tuples(scrypt_rows, st.none()),
    "pbkdf2": st.tuples(pbkdf2_texts, st.none()),
    "ldap": st.tuples(
        st.builds("{{{}}}{}".format, st.sampled_from(["SSHA", "SHA", "SSHA512"]), base64_texts),
        st.none(),
    ),
    "phpass": st.tuples(st.text(LETTERS, min_size=30, max_size=30).map("$P$5{}".format), st.none()),
    "aspnet": st.tuples(
        base64_texts.map(lambda text: b64encode(b"\x01" + text.encode()).decode()),
        st.just("aspnet"),
    ),
    "cloudreve": st.tuples(st.builds("{}:{}".format, hex_texts, hex_texts), st.just("cloudreve")),
    "firebase": st.tuples(
        st.fixed_dictionaries({"passwordHash": base64_texts, "salt": base64_texts}),
        st.just("firebase"),
    ),
}
SECRETS = ["a", "\0", "a\0b", "\ud800", "x" * 100]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_secret_makes_an_accepted_hash_fail(form: str, data: st.DataObject) -> None:
    said, hash_format = data.draw(FORMS[form])
    try:
        stored = HASHER.stored_form(said, hash_format)
    except HashRefused:
        return
    known = read_hash(stored, CONFIGS.get)
    known.compute(data.draw(st.sampled_from(["a", "x" * 100])).encode())
    assert not HASHER.verify(stored, data.draw(st.sampled_from(SECRETS)))


@pytest.mark.parametrize(
    ("said", "hash_format"),
    [
        ("$2b$04$" + "9" * 53, None),
        ("bcrypt_sha256$$2b$04$" + "9" * 53, None),
        ("$2b$04$" + "9" * 53, "devise"),
    ],
)
def test_a_salt_that_bcrypt_does_not_read_is_refused(
    said: GivenHash, hash_format: str | None
) -> None:
    with pytest.raises(HashRefused, match="22 characters of a salt"):
        HASHER.stored_form(said, hash_format)


def test_scrypt_with_a_large_block_is_computed_within_its_bound() -> None:
    row = {"algorithm": "scrypt", "N": 2, "r": 16000, "p": 1, "salt": "ab", "hash": "ab" * 32}
    known = read_hash(HASHER.stored_form(row, None), CONFIGS.get)
    assert len(known.compute(b"a")) == 32


@pytest.mark.parametrize("error", [ValueError, MemoryError, HashingError])
def test_a_digest_that_cannot_be_computed_is_no_match(error: type[Exception]) -> None:
    def fail(secret: bytes) -> bytes:
        raise error

    assert not KnownHash(fail, b"digest").matches(b"a")
