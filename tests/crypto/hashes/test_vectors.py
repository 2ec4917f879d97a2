"""Hashes of other systems: published ones, and ones made with the systems' own libraries.

Each fixture names its source. The values of libraries were made once with the versions named.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import werkzeug.security

from reticket.crypto.hashes.hasher import AnyHasher
from reticket.crypto.passwords import Argon2Hasher

FIXTURES = Path(__file__).parent / "fixtures"
CONFIGS = {
    "firebase": {
        "base64_signer_key": "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKb"
        "m0QsEmYUSDzZvpjeJ9WmXA==",
        "base64_salt_separator": "Bw==",
        "rounds": 8,
        "mem_cost": 14,
    },
    "devise": {"pepper": "salt and pepper"},
}
"""The first is that of the README of firebase/scrypt."""


def cases(name: str) -> list[Any]:
    found = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return [pytest.param(case, id=f"{case['source']}: {case['form']}") for case in found]


@pytest.fixture(scope="module")
def hasher() -> AnyHasher:
    configs = {name: json.dumps(said).encode() for name, said in CONFIGS.items()}
    return AnyHasher(Argon2Hasher(1, 8, 1), configs.get)


@pytest.mark.parametrize("case", [*cases("published"), *cases("libraries")])
def test_a_hash_of_another_system_fits_its_secret_alone(
    hasher: AnyHasher, case: dict[str, Any]
) -> None:
    stored = hasher.stored_form(case["password_hash"], case["hash_format"])
    assert hasher.verify(stored, case["secret"])
    assert not hasher.verify(stored, case["secret"].upper() + "x")
    assert hasher.stored_form(stored, None) == stored


@pytest.mark.parametrize("method", ["scrypt", "scrypt:16384:8:2", "pbkdf2:sha512:1000"])
def test_a_hash_of_the_werkzeug_at_hand_fits(hasher: AnyHasher, method: str) -> None:
    made = werkzeug.security.generate_password_hash("correct horse", method)
    assert hasher.verify(hasher.stored_form(made, None), "correct horse")


def digested(name: str, text: str) -> str:
    return hashlib.new(name, text.encode()).hexdigest()


@pytest.mark.parametrize(
    "made",
    [
        "NaCl:" + digested("sha256", "secretNaCl"),
        "NaCl:" + digested("sha1", "secretNaCl"),
        "md5:" + digested("md5", "NaClsecret") + ":NaCl",
    ],
)
def test_a_hash_of_cloudreve_fits(hasher: AnyHasher, made: str) -> None:
    """By its source: `CheckPassword` of version 4."""
    stored = hasher.stored_form(made, "cloudreve")
    assert hasher.verify(stored, "secret")
    assert not hasher.verify(stored, "secret2")


@pytest.mark.parametrize("secret", ["correct horse", "x" * 70])
def test_a_hash_of_devise_needs_the_pepper(hasher: AnyHasher, secret: str) -> None:
    """`Devise::Encryptor`: bcrypt over the secret and the pepper, and its cut."""
    peppered = (secret + CONFIGS["devise"]["pepper"]).encode()[:72]
    made = bcrypt.hashpw(peppered, bcrypt.gensalt(4)).decode()
    assert hasher.verify(hasher.stored_form(made, "devise"), secret)
    assert not hasher.verify(hasher.stored_form(made, None), secret)
