"""A token has one canonical text, and only the key that made it verifies it."""

import hmac
import json
import string
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.model import RefreshToken
from reticket.core.tokens.faces import (
    HS256_HEADER,
    LONGEST,
    LONGEST_JWT,
    PREFIX,
    from_text,
    hs256_text,
    opaque_text,
    read_hs256,
    read_opaque,
    split_jwt,
    to_text,
)
from reticket.crypto.macs import HmacKey

SECRET = b"k" * 32
KEY = HmacKey(b"\x01\x02\x03\x04", SECRET)
OTHER = HmacKey(b"\x01\x02\x03\x05", b"o" * 32)
PAYLOAD = b'{"sub":"ada","gen":7}'
TOKEN = RefreshToken(bytes(range(16)), 7, "1000", 1_790_000_000_123, 1_791_000_000_000)
PLAIN = TOKEN._replace(context=None)
UNDATED = TOKEN._replace(expires_at=None)
"""As versions before the end of 2026 wrote it."""
ALPHABET = string.ascii_letters + string.digits + "-_"

TOKENS = st.builds(
    RefreshToken,
    family=st.binary(min_size=16, max_size=16),
    generation=st.integers(0, 2**64 - 1),
    context=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    issued_at=st.integers(0, 2**48 - 1),
    expires_at=st.none() | st.integers(0, 2**39 - 1).map(lambda seconds: seconds * 1000),
)


def key_of(key_id):
    return KEY if key_id == KEY.id else None


def opened(text):
    return read_opaque(text, key_of)


def jwt_opened(text):
    return read_hs256(text, [OTHER, KEY])


def bits_flipped(text, prefix=""):
    """Every text whose bytes differ from this one's in one bit, encoded canonically."""
    data = from_text(text)
    for place in range(len(data) * 8):
        bent = bytearray(data)
        bent[place // 8] ^= 1 << place % 8
        yield prefix + to_text(bytes(bent))


def characters_changed(text):
    """Every text that differs from this one in one character, the alphabet's and others."""
    for place, there in enumerate(text):
        for other in ALPHABET + "=+/. \n\0é\ud800":
            if other != there:
                yield text[:place] + other + text[place + 1 :]


def shortened(text):
    yield from (text[:end] for end in range(len(text)))
    yield from (text[start:] for start in range(1, len(text)))
    yield from (text[:place] + text[place + 1 :] for place in range(len(text)))


def dressed(text):
    """Other spellings that a lenient decoder reads as the same bytes."""
    for more in ("=", "==", "===", " ", "\n", "\t", "\0", "*", "A", "é", ".", ".A"):
        yield text + more
    yield from (" " + text, text[:10] + "\n" + text[10:], text[:10] + "=" + text[10:])


BENT = (characters_changed, shortened, dressed)


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_from_their_text(data):
    text = to_text(data)
    assert text == urlsafe_b64encode(data).rstrip(b"=").decode()
    assert from_text(text) == data


@given(st.text(st.sampled_from(ALPHABET + "=+/ \n"), max_size=8) | st.text(max_size=8))
def test_only_the_canonical_spelling_is_read(text):
    data = from_text(text)
    assert data is None or to_text(data) == text


@pytest.mark.parametrize(
    "text", ["A", "AB", "AAAAB", "A=", "AA==", "AAA=", "AA A", "A+", "A/", "é"]
)
def test_other_spellings_are_invalid(text):
    assert from_text(text) is None


@given(TOKENS)
def test_an_opaque_token_is_read_back(token):
    text = opaque_text(token, KEY)
    assert set(text.removeprefix(PREFIX)) <= set(ALPHABET)
    assert opened(text) == token


@pytest.mark.parametrize(
    ("token", "end"),
    [(TOKEN, b"\x02" + (2**39 + 1_791_000_000).to_bytes(5, "big")), (UNDATED, b"")],
    ids=["with its end", "of an older version"],
)
def test_the_layout_of_an_opaque_token_does_not_change(token, end):
    data = from_text(opaque_text(token, KEY).removeprefix("rtk_"))
    said = TOKEN.issued_at.to_bytes(6, "big") + (7).to_bytes(8, "big") + end + b"=1000"
    body, tag = data[:-16], data[-16:]
    assert body == KEY.id + TOKEN.family + said
    assert tag == hmac.digest(SECRET, body, "sha256")[:16]


def test_an_opaque_token_of_an_older_version_is_read():
    text = "rtk_AQIDBAABAgMEBQYHCAkKCwwNDg8BoMRQbHsAAAAAAAAABz0xMDAw5rBlMCiQVfhDz9xdva6fqQ"
    assert opened(text) == UNDATED


def test_an_older_version_fails_on_a_token_with_an_end():
    """An older process fails, so it uses no token and ends no session."""
    body = from_text(opaque_text(PLAIN, KEY).removeprefix("rtk_"))[:-16]
    with pytest.raises(UnicodeDecodeError):
        body[35:].decode()


@pytest.mark.parametrize("bent", BENT, ids=lambda bent: bent.__name__)
@pytest.mark.parametrize("token", [TOKEN, PLAIN], ids=["context", "none"])
def test_no_other_text_is_that_opaque_token(bent, token):
    text = opaque_text(token, KEY)
    assert [other for other in bent(text) if opened(other) is not None] == []


@pytest.mark.parametrize("token", [TOKEN, PLAIN], ids=["context", "none"])
def test_an_opaque_token_with_a_flipped_bit_is_invalid(token):
    text = opaque_text(token, KEY)
    bent = list(bits_flipped(text.removeprefix(PREFIX), PREFIX))
    assert len(bent) >= 400
    assert [other for other in bent if opened(other) is not None] == []


@pytest.mark.parametrize("size", [4, 20, 33])
def test_a_too_short_body_is_invalid_even_with_a_valid_mac(size):
    body = (KEY.id + bytes(30))[:size]
    tag = hmac.digest(SECRET, body, "sha256")[:16]
    assert opened(PREFIX + to_text(body + tag)) is None


def test_no_context_and_an_empty_one_make_different_tokens():
    assert opaque_text(PLAIN, KEY) != opaque_text(PLAIN._replace(context=""), KEY)


def test_an_opaque_token_of_an_unusable_key_is_invalid():
    assert opened(opaque_text(TOKEN, OTHER)) is None


def test_the_key_is_selected_by_the_id_in_the_token():
    named_falsely = HmacKey(KEY.id, b"o" * 32)
    assert opened(opaque_text(TOKEN, named_falsely)) is None


@given(st.binary(max_size=60).map(to_text) | st.text(max_size=60))
def test_a_token_from_elsewhere_is_invalid(text):
    assert opened(PREFIX + text) is None
    assert opened(text) is None
    assert jwt_opened(text) is None


def test_a_text_that_is_too_long_is_not_parsed():
    def unwanted(key_id):
        raise AssertionError("asked for a key")

    text = opaque_text(PLAIN._replace(context="x" * LONGEST), KEY)
    assert read_opaque(text, unwanted) is None
    assert split_jwt("." * 2 + "x" * LONGEST_JWT) is None


def test_a_jwt_is_read_back():
    text = hs256_text(PAYLOAD, KEY)
    assert jwt_opened(text) == PAYLOAD
    assert json.loads(from_text(text.split(".")[0])) == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize("bent", BENT, ids=lambda bent: bent.__name__)
@pytest.mark.parametrize("payload", [b"{}", b"{} ", b"{}  "], ids=len)
def test_no_other_text_is_that_jwt(bent, payload):
    text = hs256_text(payload, KEY)
    assert [other for other in bent(text) if jwt_opened(other) is not None] == []


@pytest.mark.parametrize("part", range(3))
def test_a_jwt_with_a_flipped_bit_is_invalid(part):
    parts = hs256_text(PAYLOAD, KEY).split(".")
    for bent in bits_flipped(parts[part]):
        assert jwt_opened(".".join([*parts[:part], bent, *parts[part + 1 :]])) is None


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","typ":"JWT"}',
        b'{"typ":"JWT","alg":"HS256"}',
        b'{"alg": "HS256","typ":"JWT"}',
        b'{"alg":"HS256","typ":"JWT","kid":"x"}',
        b'{"alg":"HS512","typ":"JWT"}',
    ],
)
def test_another_header_is_invalid_even_with_a_valid_mac(header, monkeypatch):
    monkeypatch.setattr("reticket.core.tokens.faces.HS256_HEADER", to_text(header))
    text = hs256_text(PAYLOAD, KEY)
    monkeypatch.undo()
    assert text.split(".")[0] != HS256_HEADER
    assert jwt_opened(text) is None


def test_a_jwt_without_its_mac_is_invalid():
    header, payload, _ = hs256_text(PAYLOAD, KEY).split(".")
    for rest in ("", ".", "..", "." + payload):
        assert jwt_opened(f"{header}.{payload}{rest}") is None


def test_all_keys_are_tried_and_no_other():
    text = hs256_text(PAYLOAD, KEY)
    assert read_hs256(text, [OTHER, KEY]) == read_hs256(text, [KEY]) == PAYLOAD
    assert read_hs256(text, [OTHER]) is None
    assert read_hs256(text, []) is None


def test_opaque_and_jwt_tokens_are_not_interchangeable():
    assert jwt_opened(opaque_text(TOKEN, KEY)) is None
    assert opened(hs256_text(PAYLOAD, KEY)) is None
