"""Reads single values of a client's registration: URIs, scopes, grants and keys."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from reticket.directory.errors import Invalid
from reticket.directory.forms import LONGEST_GROUP, MOST_GROUPS, TOKEN_KIND, checked_groups
from reticket.directory.seed.fields import Fields, listed
from reticket.directory.seed.yaml_value import YamlValue
from reticket.oauth.client_addresses import is_request_uri
from reticket.oauth.client_metadata import AUTH_METHODS, LONGEST_CONTACT, is_contact
from reticket.oauth.key_sets import has_signing_key
from reticket.oauth.origins import is_origin
from reticket.oauth.registration import GRANTS, PKCE
from reticket.oauth.self_registration import DOCUMENT, SELF
from reticket.oauth.signing import ALGORITHMS as SIGNING_ALGORITHMS
from reticket.oauth.signing import CLIENT_ALGORITHMS

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_RUN = frozenset({"javascript", "data", "vbscript", "blob", "about", "view-source", "file"})
_WEB = frozenset({"http", "https"})
_VISIBLE = re.compile(r"[!-~]+")
"""The characters of a URI (RFC 3986 §2): no spaces, no line breaks."""

_PRIVATE = frozenset({"d", "k"})
"""Members of private and of shared keys (RFC 7518 §6)."""


def itself(value: YamlValue) -> str:
    """Who registered the client, where that was the client."""
    text = value.text()
    if text not in (SELF, DOCUMENT):
        raise value.fault(f"must be {SELF} or {DOCUMENT}")
    return text


def pkce(value: YamlValue) -> str:
    """Whether its authorization requests need PKCE."""
    text = value.text()
    if text not in PKCE:
        raise value.fault(f"must be {' or '.join(PKCE)}")
    return text


def algorithm(value: YamlValue) -> str:
    """What signs its ID tokens, or userinfo."""
    text = value.text()
    if text not in SIGNING_ALGORITHMS:
        raise value.fault(f"must be one of {', '.join(SIGNING_ALGORITHMS)}")
    return text


def request_object_algorithm(value: YamlValue) -> str:
    """What signs its request objects."""
    text = value.text()
    if text not in CLIENT_ALGORITHMS:
        raise value.fault(f"must be one of {', '.join(CLIENT_ALGORITHMS)}")
    return text


def request_uri(value: YamlValue) -> str:
    """Where a request object is: an https URL, whose fragment may be a hash of it."""
    if not is_request_uri(value.text()):
        raise value.fault("must be an https URL without user information")
    return value.text()


def uri(value: YamlValue) -> str:
    """An absolute URI without a fragment (RFC 6749 §3.1.2), which no browser executes."""
    text = value.text()
    if not _VISIBLE.fullmatch(text) or not _leads_somewhere(text) or "#" in text:
        raise value.fault("must be an absolute URI without a fragment")
    return text


def origin(value: YamlValue) -> str:
    """The origin of a page (RFC 6454 §6.2)."""
    if not is_origin(value.text()):
        raise value.fault("must be an origin, such as https://app.example.com")
    return value.text()


def https_uri(value: YamlValue) -> str:
    """An https URL without user information and without a fragment."""
    text = uri(value)
    if not text.startswith("https://") or "@" in urlsplit(text).netloc:
        raise value.fault("must be an https URL without user information and fragment")
    return text


def contact(value: YamlValue) -> str:
    """A way to reach those who run the client (RFC 7591 §2)."""
    if not is_contact(value.text()):
        raise value.fault(f"must have 1 to {LONGEST_CONTACT} visible characters")
    return value.text()


def redirect_uri(value: YamlValue) -> str:
    """Redirect URIs are compared to the byte, so a wildcard would never match."""
    text = uri(value)
    if "*" in text:
        raise value.fault("must not have a wildcard: it is compared to the byte")
    return text


def groups_allowed(value: YamlValue) -> tuple[str, ...]:
    """The groups whose people may use the client, in order, each once."""
    names = listed(YamlValue.filled)(value)
    if not names:
        raise value.fault("must name a group: without this key everybody may use the client")
    try:
        return tuple(checked_groups(names))
    except Invalid:
        words = f"must have names of 1 to {LONGEST_GROUP} visible bytes, and at most {MOST_GROUPS}"
        raise value.fault(words) from None


def _leads_somewhere(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.scheme in _WEB:
        return _has_server(parts)
    return bool(parts.scheme) and parts.scheme not in _RUN


def _has_server(parts: SplitResult) -> bool:
    """Whether there is a host, and no port that cannot be."""
    try:
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def scope(value: YamlValue) -> str:
    """RFC 6749 §3.3."""
    if not _SCOPE.fullmatch(value.text()):
        raise value.fault("must be one scope")
    return value.text()


def grant_type(value: YamlValue) -> str:
    """A grant type of this service."""
    if value.text() not in GRANTS:
        raise value.fault(f"must be a grant type: {', '.join(GRANTS)}")
    return value.text()


def token_kind(value: YamlValue) -> str:
    """The name of a kind of token."""
    if not re.match(TOKEN_KIND, value.text()):
        raise value.fault("must be a kind of token, such as oauth.user")
    return value.text()


def authentication_method(value: YamlValue) -> str:
    """A way to authenticate a client (RFC 7591 §2)."""
    if value.text() not in AUTH_METHODS:
        raise value.fault(f"must be one of {', '.join(AUTH_METHODS)}")
    return value.text()


def key_set(value: YamlValue) -> object:
    """A set of public keys (RFC 7517 §5). Unknown keys are ignored, but one key must be usable."""
    keys = Fields(value, ("keys",)).required("keys", YamlValue.items)
    for key in keys:
        for member in _PRIVATE & key.members().keys():
            raise key.fault(f"has the member {member} of a key that is not public")
    said: Any = value.json()
    if not has_signing_key(said):
        raise value.fault(f"must have a key for one of {', '.join(CLIENT_ALGORITHMS)}")
    return said
