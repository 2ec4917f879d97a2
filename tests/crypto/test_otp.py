"""One-time passwords by time."""

from __future__ import annotations

from base64 import b32encode

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.ports import OneTimePasswords
from reticket.crypto.otp import TimeBasedCodes, decode_secret

SECRET = b"12345678901234567890"
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
"""RFC 6238, appendix B, SHA-1: eight digits, of which six-digit codes are the last six."""

CODES: OneTimePasswords = TimeBasedCodes()


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert CODES.match(SECRET, code[-6:], seconds * 1000) == seconds // 30


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
@pytest.mark.parametrize(
    ("drift", "known"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_one_step_before_and_after_is_accepted_and_named(
    seconds: int, code: str, drift: int, known: bool
) -> None:
    step = (
        CODES.match(SECRET, code[-6:], (seconds + drift) * 1000) if seconds + drift >= 0 else None
    )
    assert step == (seconds // 30 if known else None)


@pytest.mark.parametrize(("at", "step"), [(0, None), (29_999, None), (30_000, 2), (119_999, 2)])
def test_the_first_minute_of_the_unix_epoch_has_codes(at: int, step: int | None) -> None:
    assert CODES.match(SECRET, _code(2), at) == step


@pytest.mark.parametrize(
    "code",
    [
        "",
        "28708",
        "0287082",
        "94287082",
        " 87082",
        "287O82",
        "\uff12\uff18\uff17\uff10\uff18\uff12",
        "\u0662\u0668\u0667\u0660\u0668\u0662",
        "28708\0",
    ],
)
def test_anything_but_the_six_digits_is_wrong(code: str) -> None:
    assert CODES.match(SECRET, code, 59_000) is None


@given(code=st.text(st.characters(), max_size=12))
def test_no_text_raises_an_error(code: str) -> None:
    assert CODES.match(SECRET, code, 59_000) in (None, 0, 1, 2)


def test_another_secret_has_other_codes() -> None:
    assert CODES.match(SECRET[::-1], "287082", 59_000) is None


@given(secret=st.binary(min_size=1, max_size=40), data=st.data())
def test_a_secret_is_read_in_any_usual_spelling(secret: bytes, data: st.DataObject) -> None:
    text = b32encode(secret).decode()
    spelled = data.draw(
        st.sampled_from(
            [
                text,
                text.lower(),
                text.rstrip("="),
                " ".join(text[at : at + 4] for at in range(0, len(text), 4)),
                "-".join(text.lower().rstrip("=")),
                f"\t{text}\n",
            ]
        )
    )
    assert decode_secret(spelled) == secret


@pytest.mark.parametrize("text", ["", "  ", "====", "A", "ABC", "0189", "JBSW!", "ä", "\0", "💥"])
def test_a_malformed_secret_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(not base32|empty)$") as refused:
        decode_secret(text)
    assert refused.value.__cause__ is None


def _code(step: int) -> str:
    return HOTP(SECRET, 6, SHA1()).generate(step).decode()
