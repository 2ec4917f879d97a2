"""The stored text of a hash that another system has made, or the reason why it is refused."""

from __future__ import annotations

import pytest

from reticket.core.errors import HashRefused
from reticket.core.people import NO_PASSWORD
from reticket.crypto.hashes.stored_form import stored_form
from reticket.crypto.hashes.systems import GivenHash, systems

BCRYPT = "$2b$04$" + "e" * 53
HEX = "ab" * 32


def costly(n: int, r: int, p: int) -> GivenHash:
    return {"algorithm": "scrypt", "N": n, "r": r, "p": p, "salt": "00", "hash": HEX}


def stored(said: GivenHash, hash_format: str | None = None) -> str:
    return stored_form(said, hash_format, lambda name: None)


@pytest.mark.parametrize(
    ("said", "hash_format", "text"),
    [
        (BCRYPT, None, BCRYPT),
        (f"bcrypt${BCRYPT}", None, BCRYPT),
        (f"{{bcrypt}}{BCRYPT}", None, BCRYPT),
        (f"{{CRYPT}}{BCRYPT}", "ldap", BCRYPT),
        ("pbkdf2_sha256$7$salt$AAECAwQFBgc=", None, "$pbkdf2-sha256$i=7$c2FsdA$AAECAwQFBgc"),
        ("pbkdf2:sha256:7$salt$0001020304050607", None, "$pbkdf2-sha256$i=7$c2FsdA$AAECAwQFBgc"),
        ("scrypt:16:8:1$salt$0001020304050607", None, "$scrypt$n=16,r=8,p=1$c2FsdA$AAECAwQFBgc"),
        ("scrypt$16$salt$8$1$AAECAwQFBgc=", None, "$scrypt$n=16,r=8,p=1$c2FsdA$AAECAwQFBgc"),
        ("!", None, NO_PASSWORD),
        ("!IqYgaNmDqLsKq", None, NO_PASSWORD),
    ],
)
def test_a_hash_is_stored_in_one_text_whoever_wrote_it(
    said: GivenHash, hash_format: str | None, text: str
) -> None:
    assert stored(said, hash_format) == text


@pytest.mark.parametrize(
    ("said", "hash_format", "reason"),
    [
        ("", None, "1 to 4096 characters"),
        ("x" * 4097, None, "1 to 4096 characters"),
        ("\ud800", "cloudreve", "ASCII"),
        ("secret", None, "hash_format may name the form"),
        ("$6$salt$hash", None, "no known form"),
        (f"salt:{HEX}", None, "hash_format may name the form"),
        (f"salt:{HEX}", "unheard-of", "hash_format must be one of aspnet, cloudreve"),
        (BCRYPT, "keycloak", "has not the form of keycloak"),
        (BCRYPT, "devise", "no hash configuration with the name devise"),
        (BCRYPT, "devise:Shop 1", "1 to 32 small letters"),
        ({"hash": "AAAA", "salt": "AA"}, "firebase", "the bytes of the digest"),
        ("{MD4}AAAA", None, "in braces"),
        ("$2x$04$" + "e" * 53, None, "no known form"),
        ("$P$Bshort", None, "34 characters"),
        ("AAAA", "aspnet", "version 2 or 3"),
        ("a:b:c:d", "cloudreve", "SALT:HEX"),
        ("pbkdf2:sha256$salt$00", None, "its iterations"),
        ("pbkdf2_sha256$many$salt$AAECAwQFBgc=", None, "must be a whole number"),
        (costly(True, 8, 1), None, "column N"),
        ({"algorithm": "scrypt", "cost": 1}, None, "the columns of a hash may be"),
        ({"credentialData": "[", "secretData": "{}"}, None, "credentialData is not"),
        ({"a": 1}, None, "hash_format may name the form"),
    ],
)
def test_a_hash_that_no_rule_knows_is_refused_with_the_reason(
    said: GivenHash, hash_format: str | None, reason: str
) -> None:
    with pytest.raises(HashRefused, match=reason) as refused:
        stored(said, hash_format)
    texts = [said] if isinstance(said, str) else [str(value) for value in said.values()]
    assert not any(len(text) > 5 and text in str(refused.value) for text in texts)


@pytest.mark.parametrize(
    "said",
    [
        "$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$argon2id$v=19$m=262144,t=5,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$argon2id$v=19$m=65536,t=9999999999,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$argon2id$v=19$m=65536,t=1,p=65$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$argon2id$v=19$m=65536,t=1,p=0$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$argon2id$v=17$m=64,t=1,p=1$c2FsdHNhbHQ$AAECAwQFBgcICQoL",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" + "A" * 2000,
        "$2b$16$" + "e" * 53,
        "$2b$99$" + "e" * 53,
        "$2b$03$" + "e" * 53,
        "pbkdf2_sha256$4000001$salt$" + "A" * 43,
        "pbkdf2_sha256$2000001$salt$" + "A" * 44,
        "pbkdf2_sha256$0$salt$" + "A" * 43,
        "$P$I" + "a" * 8 + "1" * 21 + ".",
        "$P$." + "a" * 8 + "1" * 21 + ".",
        "scrypt:1048576:8:1$salt$" + HEX,
        costly(2**18, 16, 1),
        costly(2**14, 8, 17),
        costly(2**20, 1, 1),
        costly(3, 8, 1),
        costly(0, 8, 1),
        costly(16, 0, 1),
        costly(16, 2**40, 1),
        costly(16, 1, 2**30),
        {
            "credentialData": '{"algorithm":"pbkdf2-sha512","hashIterations":99999999}',
            "secretData": '{"value":"AAECAwQFBgcICQoL","salt":"AAAA"}',
        },
    ],
    ids=str,
)  # fmt: skip
def test_a_hash_that_costs_gigabytes_or_minutes_is_refused(said: GivenHash) -> None:
    with pytest.raises(HashRefused, match=r"must be|has another length"):
        stored(said)


def test_every_system_is_found_by_its_file() -> None:
    assert sorted(systems()) == [
        "aspnet", "cloudreve", "columns", "devise", "django", "firebase", "keycloak", "ldap",
        "phpass", "werkzeug",
    ]  # fmt: skip


def test_a_form_in_braces_that_is_cut_off_says_how_long_it_must_be() -> None:
    with pytest.raises(HashRefused, match="in braces must be 20 bytes or more"):
        stored_form("{SSHA}YWJj", None, lambda name: None)
