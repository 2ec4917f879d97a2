"""The required forms of values in the directory, from a seed file or the command line."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass

import idna

from reticket.core.texts import has_control, has_hidden
from reticket.directory.errors import Invalid

LONGEST_EMAIL = 254
"""Characters (RFC 5321 §4.5.3.1.3, without the brackets)."""
LONGEST_NAME = 255
"""Characters of a first or a last name of somebody who signs up."""
INT32 = range(-(2**31), 2**31)
CLIENT_ID = r"^(?!\.{1,2}$)[ -~]{1,255}$"
"""RFC 6749 Appendix A.1, but for the two names that no path can have (RFC 3986 §5.2.4)."""
CLIENT_ID_WORDS = "1 to 255 printable ASCII characters, and neither . nor .."
TOKEN_KIND = r"^[a-z0-9_]+\.[a-z0-9_]+$(?!\n)"  # noqa: S105
"""The name of a kind of token: its dialect, and a word of that dialect."""

_CLIENT_ID = re.compile(CLIENT_ID)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def is_email(text: str) -> bool:
    """Whether the text looks like an e-mail address; only sending a mail could tell more."""
    looks_so = len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None
    return looks_so and not has_hidden(text)


def is_sign_in_name(text: str) -> bool:
    """Whether the text may be a name to sign in with: an e-mail address, or a user name."""
    is_short = 0 < len(text) <= LONGEST_EMAIL and text == text.strip()
    has_surrogates = any("\ud800" <= letter <= "\udfff" for letter in text)
    return is_short and not has_hidden(text) and not has_surrogates


def folded(email: str) -> str:
    """The e-mail address or user name in the form that look-ups compare. The local part, and a name
    without one, is case-folded NFC. The domain is its A-label (RFC 5890 §2.3.2.1), or folded in the
    same way where it has none.
    """
    if email.isascii() or len(email) > LONGEST_EMAIL:
        return email.casefold()
    local, at, domain = email.rpartition("@")
    return f"{_composed(local)}@{_a_label(domain)}" if at else _composed(email)


def is_same_email(one: str, other: str) -> bool:
    """Whether two addresses differ in nothing but the case of ASCII letters. For addresses that
    another system vouches for: it may hold two that `folded` makes one.
    """
    return _ascii_folded(one) == _ascii_folded(other)


def _ascii_folded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").lower()


def person_key(realm: str, email: str) -> str:
    """What tells a person of a directory file from all others: the folded e-mail, behind the realm
    of a dialect. No e-mail has a space.
    """
    return f"{realm} {email}".lstrip()


def _a_label(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return _composed(domain)


def _composed(text: str) -> str:
    """Folding may decompose, so the text is composed last."""
    folded_text = unicodedata.normalize("NFC", text).casefold()
    return unicodedata.normalize("NFC", folded_text)


def check_email(email: str) -> None:
    """Invalid unless it looks like an e-mail address."""
    if not is_email(email):
        raise Invalid(f"{email!r} does not look like an e-mail address.")


def check_user_name(name: str) -> None:
    """Invalid unless it may be a user name."""
    if not is_sign_in_name(name):
        raise Invalid(f"A user name must have 1 to {LONGEST_EMAIL} visible characters.")


def is_client_id(text: str) -> bool:
    """Whether the text may be a client id. Each can be a segment of a path, percent-encoded."""
    return _CLIENT_ID.fullmatch(text) is not None


def check_client_id(text: str) -> None:
    """Invalid unless the text may be a client id."""
    if not is_client_id(text):
        raise Invalid(f"The id of a client must be {CLIENT_ID_WORDS}, {text!r} is not.")


def check_id(number: int, noun: str) -> None:
    """Invalid unless it is an int32."""
    if number not in INT32:
        raise Invalid(f"The id of {noun} must be a 32-bit whole number, {number} is not.")


MOST_GROUPS, LONGEST_GROUP = 64, 64
"""Groups of a person, and as many roles; bytes of a name: all of them fit into a token."""


def checked_groups(groups: Sequence[str]) -> list[str]:
    """The names of groups in order, each once. Invalid."""
    return _checked_names(groups, "group")


def checked_roles(roles: Sequence[str]) -> list[str]:
    """The names of roles in order, each once. Invalid."""
    return _checked_names(roles, "role")


def _checked_names(names: Sequence[str], noun: str) -> list[str]:
    for name in names:
        if not name or name != name.strip() or len(name.encode()) > LONGEST_GROUP:
            raise Invalid(f"The name of a {noun} must have 1 to {LONGEST_GROUP} bytes.")
        check_text_id(name, f"a {noun}")
    if len(set(names)) > MOST_GROUPS:
        raise Invalid(f"A person has at most {MOST_GROUPS} {noun}s.")
    return sorted(set(names))


def factor_key(text: str) -> bytes:
    """The key of a second factor in base32; letter case, spaces and padding do not matter.
    Invalid, with words that follow the name of the member.
    """
    bare = re.sub(r"[\s=-]", "", text).upper()
    try:
        secret = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except ValueError:
        raise Invalid("must be base32") from None
    if not secret:
        raise Invalid("must not be empty")
    return secret


def check_texts(record: object, noun: str) -> None:
    """Invalid when a text in a record, at any depth, has a control character, which terminals would
    obey. Invalid when the record is nested too deeply.
    """
    try:
        for path, text in _texts(record, ""):
            if has_control(text):
                raise Invalid(f"{noun} has a control character{f' in {path}' if path else ''}.")
    except RecursionError:
        raise Invalid(f"{noun} is nested too deeply.") from None


def check_text_id(text: str, noun: str) -> None:
    """Invalid for an id with invisible characters, which looks like another id."""
    if has_hidden(text):
        raise Invalid(f"The id of {noun} has a character that cannot be seen, {text!r}.")


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a record with its place, including keys of mappings."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key, path)
            yield from _texts(each, f"{path}.{key}".lstrip("."))
    elif isinstance(value, Sequence | Set) and not isinstance(value, bytes):
        for each in value:
            yield from _texts(each, path)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name), f"{path}.{each.name}".lstrip("."))
