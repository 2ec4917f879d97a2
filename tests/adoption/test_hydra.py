"""Tokens of ORY Hydra: the first part proves that somebody has more than a copy of its database."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from tests.core.adopting import opaque_adoption

from reticket.adoption.digests import DIGESTS
from reticket.adoption.hydra import keys_in, mac_of, stored_keys
from reticket.adoption.reader import reader_of

SYSTEM_SECRET = "this-is-the-primary-secret"
OLD_SECRET = "this-is-an-old-secret"
PUBLISHED = {
    b"": "-n7EqD-bXkY3yYMH-ctEAGV8XLkU7Y6Bo6pbyT1agGA",
    b" ": "zXJvonHTNSOOGj_QKl4RpIX_zXgD2YfXUfwuDKaTTIg",
    b"Test": "TMeEaHS-cDC2nijiesCNtsOyBqHHtzWqAcWvceQT50g",
    b"AnotherTest1234": "zHYDOZGjzhVjx5r8RlBhpnJemX5JxEEBUjVT01n3IFM",
}
"""By fosite's own test, TestGenerateFromString in token/hmac/hmacsha_test.go."""


def in_base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(secret=SYSTEM_SECRET, random=bytes(range(32)), prefix="ory_rt_"):
    """As `HMACStrategy.Generate` makes it, with the secret that `HashStringSecret` returns."""
    key = hashlib.sha256(secret.encode()).digest()
    signature = hmac.new(key, random, hashlib.new("sha512_256").name).digest()
    return f"{prefix}{in_base64url(random)}.{in_base64url(signature)}"


def reading(secrets=SYSTEM_SECRET, **members):
    key = stored_keys(secrets) if secrets else ""
    return reader_of(opaque_adoption(reader="signature", key=key, **members))


def test_the_mac_is_that_of_the_published_vectors():
    key = b"1234567890123456789012345678901234567890"[:32]
    assert {text: mac_of(key, text) for text in PUBLISHED} == {
        text: base64.urlsafe_b64decode(mac + "=") for text, mac in PUBLISHED.items()
    }


def test_a_token_of_hydra_is_read_as_its_stored_signature():
    text = token()
    reader = reading()
    signature = DIGESTS["signature"].checked(text.rpartition(".")[2])
    assert reader.read(text, 0).family == reader.adoption.session_of(signature)


def test_a_token_of_a_version_without_prefixes_is_read():
    assert reading().read(token(prefix=""), 0) is not None


def test_a_secret_that_was_rotated_verifies_as_well():
    reader = reading(f"{SYSTEM_SECRET}\n{OLD_SECRET}\n")
    assert reader.read(token(OLD_SECRET), 0) is not None
    assert reading().read(token(OLD_SECRET), 0) is None


RANDOM, SIGNATURE = token().removeprefix("ory_rt_").split(".")


@pytest.mark.parametrize(
    "text",
    [
        f"ory_rt_x.{SIGNATURE}",
        f"ory_rt_{in_base64url(bytes(32))}.{SIGNATURE}",
        f"ory_rt_.{SIGNATURE}",
        f".{SIGNATURE}",
        SIGNATURE,
        f"ory_at_{RANDOM}.{SIGNATURE}",
        f"ory_rt_{RANDOM}.{RANDOM}.{SIGNATURE}",
        f"ory_rt_{RANDOM}=.{SIGNATURE}",
        f"ory_rt_{RANDOM}.{SIGNATURE}=",
        f"ory_rt_{RANDOM}.",
        f"ory_rt_{RANDOM}.{in_base64url(bytes(32))}",
    ],
)
def test_a_copy_of_the_signatures_makes_no_token(text):
    assert reading().read(text, 0) is None


def test_without_the_secret_the_first_part_is_not_looked_at():
    assert reading(secrets="").read(f"ory_rt_x.{SIGNATURE}", 0) is not None


def test_the_secret_itself_is_not_stored():
    stored = stored_keys(f"{SYSTEM_SECRET}\r\n\n{OLD_SECRET}")
    assert SYSTEM_SECRET not in stored
    digests = [hashlib.sha256(each.encode()).digest() for each in (SYSTEM_SECRET, OLD_SECRET)]
    assert keys_in(stored) == digests


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ("", "there is no secret"),
        ("\n \n", "there is no secret"),
        ("fifteen bytes..", "a secret of Hydra has at least 16 bytes"),
        (f"{SYSTEM_SECRET}\nshort", "a secret of Hydra has at least 16 bytes"),
        ("\n".join([SYSTEM_SECRET + str(n) for n in range(9)]), "more than 8 secrets"),
    ],
)
def test_what_is_no_secret_of_hydra_is_refused_with_a_sentence(secrets, words):
    with pytest.raises(ValueError, match=words) as refused:
        stored_keys(secrets)
    assert "short" not in str(refused.value)
