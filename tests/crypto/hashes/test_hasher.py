"""The hasher of the service: every form, its time, and what becomes old."""

from __future__ import annotations

import hashlib
import unicodedata

import bcrypt
import pytest
from argon2 import PasswordHasher, Type
from werkzeug.security import generate_password_hash

from reticket.core.errors import HashRefused
from reticket.core.password_hasher import HashState
from reticket.core.people import NO_PASSWORD
from reticket.crypto.hashes import bounds
from reticket.crypto.hashes.hasher import AnyHasher
from reticket.crypto.hashes.phc import Phc
from reticket.crypto.passwords import Argon2Hasher

SECRET = "correct horse"
CAFE = "cafe\u0301"


class Counting(Argon2Hasher):
    """Counts its checks."""

    def __init__(self) -> None:
        super().__init__(1, 8, 1)
        self.checked: list[str] = []

    def verify(self, secret_hash: str, secret: str) -> bool:
        self.checked.append(secret_hash)
        return super().verify(secret_hash, secret)


@pytest.fixture
def current() -> Counting:
    return Counting()


@pytest.fixture
def hasher(current: Counting) -> AnyHasher:
    return AnyHasher(current, lambda name: None)


def bcrypt_of(secret: str) -> str:
    return bcrypt.hashpw(secret.encode()[:72], bcrypt.gensalt(4)).decode()


FOREIGN = {
    "bcrypt": bcrypt_of(SECRET),
    "argon2i": PasswordHasher(1, 16, 1, type=Type.I).hash(SECRET),
    "argon2d": PasswordHasher(1, 16, 1, type=Type.D).hash(SECRET),
    "argon2id": PasswordHasher(2, 16, 1).hash(SECRET),
    "werkzeug-scrypt": generate_password_hash(SECRET, "scrypt:1024:8:1"),
    "werkzeug-pbkdf2": generate_password_hash(SECRET, "pbkdf2:sha256:7"),
    "werkzeug-sha1": generate_password_hash(SECRET, "pbkdf2:sha1:7"),
}


@pytest.mark.parametrize("form", FOREIGN)
def test_a_foreign_hash_fits_its_own_secret_alone_and_is_old(hasher: AnyHasher, form: str) -> None:
    stored = hasher.stored_form(FOREIGN[form], None)
    assert hasher.verify(stored, SECRET)
    assert not hasher.verify(stored, SECRET + "x")
    assert not hasher.verify(stored, "\ud800")
    assert hasher.is_old(stored)
    assert not hasher.is_old(hasher.hash(SECRET))


@pytest.mark.parametrize("form", FOREIGN)
def test_a_failed_check_of_a_foreign_hash_costs_a_current_one_more(
    hasher: AnyHasher, current: Counting, form: str
) -> None:
    stored = hasher.stored_form(FOREIGN[form], None)
    assert hasher.verify(stored, SECRET)
    assert current.checked == []
    assert not hasher.verify(stored, "wrong")
    assert current.checked == [hasher.absent()]


@pytest.mark.parametrize("stored", [NO_PASSWORD, "", "$", "$2b$", "$6$a$b", "$scrypt$n=4$AA$AAAA"])
def test_what_no_secret_matches_costs_the_same_as_an_absent_account(
    hasher: AnyHasher, current: Counting, stored: str
) -> None:
    assert not hasher.verify(stored, "!")
    assert current.checked == [hasher.absent()]


def test_the_mark_of_no_password_is_never_renewed(hasher: AnyHasher) -> None:
    assert not hasher.is_old(NO_PASSWORD)


@pytest.mark.parametrize(
    "stored",
    [
        "$argon2id$v=19$m=4194304,t=100,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$2b$31$" + "e" * 53,
        "$pbkdf2-sha256$i=4000000000$AAAA$AAECAwQFBgcICQoL",
        "$scrypt$n=1073741824,r=8,p=1$AAAA$AAECAwQFBgcICQoL",
        "$phpass$c=30$AAAA$AAECAwQFBgcICQoLDA0ODw",
    ],
)
def test_a_stored_text_out_of_bounds_is_not_computed(
    hasher: AnyHasher, current: Counting, stored: str
) -> None:
    """Each would take minutes or gigabytes."""
    assert not hasher.verify(stored, SECRET)
    assert current.checked == [hasher.absent()]


@pytest.mark.parametrize("typed", [CAFE, unicodedata.normalize("NFC", CAFE)])
def test_a_foreign_hash_is_tried_composed_and_as_typed(hasher: AnyHasher, typed: str) -> None:
    assert hasher.verify(bcrypt_of(typed), typed)
    assert hasher.verify(bcrypt_of(unicodedata.normalize("NFC", CAFE)), CAFE)
    assert not hasher.verify(bcrypt_of(typed), "cafe")


@pytest.mark.parametrize(
    ("made", "secret", "is_whole"),
    [
        (bcrypt_of("x" * 72), "x" * 72, True),
        (bcrypt_of("x" * 72), "x" * 73, False),
        (bcrypt_of("x" * 72), "\u00e9" * 37, False),
        (f"$bcrypt-sha256{bcrypt_of('x')}", "x" * 100, True),
        (f"$devise$shop{bcrypt_of('x')}", "x" * 73, False),
        (FOREIGN["argon2i"], "x" * 100, True),
    ],
    ids=["bcrypt-72", "bcrypt-73", "bcrypt-74", "bcrypt-sha256", "devise", "argon2i"],
)
def test_only_bcrypt_leaves_out_the_end_of_a_long_secret(
    current: Counting, made: str, secret: str, is_whole: bool
) -> None:
    hasher = AnyHasher(current, {"shop": b'{"pepper": "p"}'}.get)
    assert hasher.counts_whole(made, secret) is is_whole
    assert hasher.counts_whole(hasher.hash(secret), secret)


def test_bcrypt_is_cut_at_72_bytes_and_every_byte_before_counts(hasher: AnyHasher) -> None:
    made = bcrypt_of("x" * 72)
    assert hasher.verify(made, "x" * 72 + "anything")
    assert not hasher.verify(made, "x" * 71 + "y")
    assert not hasher.verify(made, "x" * 71)


def test_a_nul_does_not_end_a_secret(hasher: AnyHasher) -> None:
    for made in (bcrypt_of("ab\0cd"), hasher.stored_form(generate_password_hash("ab\0cd"), None)):
        assert hasher.verify(made, "ab\0cd")
        assert not hasher.verify(made, "ab")
        assert not hasher.verify(made, "ab\0ce")


def test_a_current_hash_is_bounded_by_the_settings_alone() -> None:
    passes = bounds.MOST_ARGON2_WORK // 1024 // 8 + 1
    hasher = AnyHasher(Argon2Hasher(passes, 8, 1), lambda name: None)
    assert not hasher.is_old(hasher.absent())
    with pytest.raises(HashRefused):
        hasher.stored_form(hasher.absent(), None)


@pytest.mark.parametrize(
    "made",
    [
        "$wrapped$phpass$c=11$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
        "$wrapped$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$wrapped$2b$04$" + "e" * 53 + "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$wrapped$wrapped$wrapped$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$wrapped" * 500 + "$argon2id$",
    ],
)
def test_a_wrapped_hash_that_cannot_be_matches_nothing(
    hasher: AnyHasher, current: Counting, made: str
) -> None:
    assert not hasher.verify(made, SECRET)
    assert current.checked == [hasher.absent()]
    assert hasher.wrapped(made) is None
    assert hasher.kind_of(made).state is HashState.UNKNOWN


SALT_AND_DIGEST = "$c29tZXNhbHRzYWx0c2FsdA$" + "A" * 43
WEAK_UNTIL = HashState.WEAK_UNTIL_SIGN_IN
SCRYPT = "$scrypt$n={},r={},p={}" + SALT_AND_DIGEST


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("$2b$09$" + "e" * 53, WEAK_UNTIL),
        ("$2b$10$" + "e" * 53, HashState.OLD),
        ("$bcrypt-sha256$2b$09$" + "e" * 53, WEAK_UNTIL),
        ("$argon2id$v=19$m=19456,t=2,p=1" + SALT_AND_DIGEST, HashState.OLD),
        ("$argon2id$v=19$m=19455,t=2,p=1" + SALT_AND_DIGEST, WEAK_UNTIL),
        ("$argon2id$v=19$m=19456,t=1,p=1" + SALT_AND_DIGEST, WEAK_UNTIL),
        ("$argon2id$v=19$m=47104,t=1,p=1" + SALT_AND_DIGEST, HashState.OLD),
        ("$argon2i$v=19$m=7168,t=5,p=1" + SALT_AND_DIGEST, HashState.OLD),
        ("$argon2d$v=19$m=7167,t=50,p=1" + SALT_AND_DIGEST, WEAK_UNTIL),
        (SCRYPT.format(131072, 8, 1), HashState.OLD),
        (SCRYPT.format(65536, 8, 1), HashState.WEAK),
        (SCRYPT.format(65536, 8, 2), HashState.OLD),
        (SCRYPT.format(16384, 8, 5), HashState.OLD),
        (SCRYPT.format(16384, 8, 4), HashState.WEAK),
        (SCRYPT.format(131072, 4, 1), HashState.WEAK),
    ],
)
def test_a_hash_below_the_least_costs_of_owasp_is_weak(
    hasher: AnyHasher, text: str, state: HashState
) -> None:
    assert hasher.kind_of(text).state is state
    assert (hasher.wrapped(text) is not None) == (state is HashState.WEAK)


@pytest.mark.parametrize("inner", ["$2b$04$" + "e" * 53, "$bcrypt-sha256$2b$04$" + "e" * 53])
def test_a_weak_hash_that_cannot_be_wrapped_is_refused_inside_of_another(
    hasher: AnyHasher, inner: str
) -> None:
    outer = "$argon2id$v=19$m=8,t=1,p=1" + SALT_AND_DIGEST
    assert hasher.kind_of(f"$wrapped{inner}{outer}").state is HashState.UNKNOWN


def test_an_import_replaces_hashes_of_other_systems_and_none_of_ours(hasher: AnyHasher) -> None:
    old, new = bcrypt_of("one"), bcrypt_of("two")
    assert hasher.may_replace(old, new)
    assert hasher.may_replace(NO_PASSWORD, new)
    assert not hasher.may_replace(old, old)
    assert not hasher.may_replace(hasher.hash("one"), new)


def test_an_import_leaves_a_wrapped_hash_unless_the_password_is_new(hasher: AnyHasher) -> None:
    old, new = "$phpass$c=11$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", bcrypt_of("two")
    newer = "$phpass$c=11$b3RoZXJzYWx0$AAAAAAAAAAAAAAAAAAAAAA"
    wrapped = hasher.wrapped(old)
    assert wrapped is not None
    assert not hasher.may_replace(wrapped, old)
    assert hasher.may_replace(wrapped, newer)
    assert hasher.may_replace(wrapped, new)


@pytest.mark.parametrize(("size", "fits"), [(4096, True), (4097, False)])
def test_phpass_digests_no_longer_secret_than_wordpress_does(
    hasher: AnyHasher, size: int, fits: bool
) -> None:
    """Each of its rounds digests the whole secret, and holds the interpreter meanwhile."""
    secret, salt = "x" * size, b"salt of 8"
    digest = hashlib.md5(salt + secret.encode()).digest()
    for _ in range(2):
        digest = hashlib.md5(digest + secret.encode()).digest()
    stored = Phc("phpass", {"c": "1"}, salt, digest).text()
    assert hasher.verify(stored, secret) is fits
