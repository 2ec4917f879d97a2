"""What can be the digest of an opaque token of another system."""

from __future__ import annotations

import hashlib

import pytest
from tests.core.adopting import opaque_adoption

from reticket.adoption.digests import DIGESTS
from reticket.adoption.reader import reader_of

TOKEN = "ory_rt_yKz3MZBcWnpXhR8c.PpVb3zZ1Q1"
SHA256 = hashlib.sha256(TOKEN.encode()).hexdigest()


@pytest.mark.parametrize("name", DIGESTS)
def test_what_a_system_stores_of_a_token_has_the_form(name):
    stored = DIGESTS[name].of(TOKEN)
    assert DIGESTS[name].checked(stored) == stored


@pytest.mark.parametrize("text", ["t\u00f6ken", "\ud800"], ids=["other letters", "half a letter"])
@pytest.mark.parametrize("name", DIGESTS)
def test_a_text_with_other_letters_is_no_token(name, text):
    assert reader_of(opaque_adoption(reader=name)).read(text, 0) is None


def test_capital_hexadecimal_digits_are_folded():
    assert DIGESTS["sha256-hex"].checked(SHA256.upper()) == SHA256


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("sha256-hex", SHA256[1:]),
        ("sha256-hex", SHA256 + "\n"),
        ("sha256-hex", "g" + SHA256[1:]),
        ("sha256-hex", DIGESTS["sha256-base64url"].of(TOKEN)),
        ("sha512-hex", SHA256),
        ("sha256-base64url", SHA256),
        ("sha256-base64url", DIGESTS["sha256-base64url"].of(TOKEN) + "="),
        ("sha256-base64url", "b" * 43),
        ("signature", TOKEN),
        ("signature", ""),
        ("plain", "rtk_one-of-ours"),
        ("plain", "with a space"),
        ("plain", "é"),
        ("plain", "x" * 8193),
    ],
)
def test_what_no_token_can_have_is_refused_with_a_sentence(name, stored):
    with pytest.raises(ValueError, match="the digest is not") as refused:
        DIGESTS[name].checked(stored)
    assert not stored or stored not in str(refused.value)
