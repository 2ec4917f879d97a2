"""Client metadata as clients send it (RFC 7591 §2), and as a registration has it.

Pure. What a client may not have is left out, and the answer says what it got. What can never work
is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from reticket.core.texts import has_hidden, without_joiners
from reticket.oauth.client_addresses import is_https, is_request_uri, may_redirect_to
from reticket.oauth.key_sets import has_signing_key
from reticket.oauth.lists import split_list
from reticket.oauth.registration import (
    AUTH_METHOD,
    AUTHORIZATION_CODE,
    BACKCHANNEL_LOGOUT,
    DEVICE_CODE,
    KEYS,
    OPTIONAL,
    PEOPLE_GRANTS,
    SESSION_REQUIRED,
)
from reticket.oauth.request_objects import (
    OF_REQUEST_OBJECTS,
    REQUEST_OBJECT_ALG,
    REQUEST_URIS,
    SIGNED_REQUIRED,
)
from reticket.oauth.self_registration import REGISTERED_BY, SELF, RegistrationRules
from reticket.oauth.signing import (
    ALGORITHMS,
    CLIENT_ALGORITHMS,
    ID_TOKEN_ALG,
    MEMBERS,
    USERINFO_ALG,
    USUAL,
)

CODE = "code"
BASIC, POST, KEY, NONE = "client_secret_basic", "client_secret_post", "private_key_jwt", "none"
AUTH_METHODS = (BASIC, POST, KEY, NONE)
"""How clients authenticate: the names in the metadata (RFC 7591 §2, RFC 8414 §2)."""

MOST_URIS = 20
MOST_CONTACTS = 10
LONGEST_CONTACT = 254
LONGEST_METADATA = 10_240
"""Bytes of the metadata of a client. Each registration is stored, and read into memory. The draft
of metadata documents recommends half of it (§8.7), but metadata may have keys.
"""

LONGEST_NAME = 100

DESCRIPTIONS = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")
"""Addresses that are stored and returned as they are: https URLs."""

SECTOR = "sector_identifier_uri"
"""The address of a list of redirect URIs (OpenID Connect Registration §5)."""

POST_LOGOUT, CONTACTS = "post_logout_redirect_uris", "contacts"
_STORED = (
    *KEYS, POST_LOGOUT, BACKCHANNEL_LOGOUT, SESSION_REQUIRED, CONTACTS, SECTOR, *MEMBERS,
    *OF_REQUEST_OBJECTS,
)  # fmt: skip
"""Members that are returned as they were stored, where the client has them."""

JWKS = "jwks"
_OF_KEY = ("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "d", "k")
"""The members of a key that are read (RFC 7518 §6). Private keys have the last two, and are refused
later.
"""


class MetadataFault(Exception):
    """The metadata cannot be registered.

    Args:
        error_code: `invalid_redirect_uri`, `invalid_client_metadata` or
            `unapproved_software_statement` (RFC 7591 §3.2.2).
        description: one sentence for the developer of the client.
    """

    def __init__(self, error_code: str, description: str) -> None:
        super().__init__(description)
        self.error_code = error_code
        self.description = description


class ClientMetadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 7591 §2 and OpenID Connect Registration §2; other members are ignored."""

    redirect_uris: Sequence[str] | UnsetType = UNSET
    post_logout_redirect_uris: Sequence[str] | UnsetType = UNSET
    backchannel_logout_uri: str | UnsetType = UNSET
    backchannel_logout_session_required: bool | UnsetType = UNSET
    token_endpoint_auth_method: str | UnsetType = UNSET
    grant_types: Sequence[str] | UnsetType = UNSET
    response_types: Sequence[str] | UnsetType = UNSET
    client_name: str | UnsetType = UNSET
    client_uri: str | UnsetType = UNSET
    logo_uri: str | UnsetType = UNSET
    policy_uri: str | UnsetType = UNSET
    tos_uri: str | UnsetType = UNSET
    initiate_login_uri: str | UnsetType = UNSET
    sector_identifier_uri: str | UnsetType = UNSET
    contacts: Sequence[str] | UnsetType = UNSET
    software_statement: Any = UNSET
    scope: str | UnsetType = UNSET
    jwks: Mapping[str, Any] | UnsetType = UNSET
    jwks_uri: str | UnsetType = UNSET
    subject_type: str | UnsetType = UNSET
    id_token_signed_response_alg: str | UnsetType = UNSET
    userinfo_signed_response_alg: str | UnsetType = UNSET
    request_uris: Sequence[str] | UnsetType = UNSET
    request_object_signing_alg: str | UnsetType = UNSET
    require_signed_request_object: bool | UnsetType = UNSET


def auth_method_of(metadata: ClientMetadata) -> str:
    """How the client will authenticate. MetadataFault for a method that is not supported."""
    method: str = _said(metadata.token_endpoint_auth_method, BASIC)
    if method not in AUTH_METHODS:
        raise _invalid("token_endpoint_auth_method is not supported")
    return method


def registration_from(metadata: ClientMetadata, rules: RegistrationRules) -> dict[str, Any]:
    """The registration of a client that sends these metadata. MetadataFault."""
    _expect_no_statement(metadata)
    method = auth_method_of(metadata)
    grants = _grants(metadata)
    redirect_uris = _redirect_uris(metadata, grants, is_public=method == NONE)
    if _said(metadata.subject_type, "public") != "public":
        raise _invalid("subject_type must be public")
    registration = {
        REGISTERED_BY: SELF,
        AUTH_METHOD: method,
        "pkce": None if method == NONE else OPTIONAL,
        "name": _name(metadata, redirect_uris),
        "redirect_uris": list(redirect_uris),
        POST_LOGOUT: list(_post_logout_uris(metadata, is_public=method == NONE)),
        "grants": list(grants),
        "scopes": list(_scopes(metadata, rules)),
        "resources": list(rules.resources),
        **_keys(metadata, method),
        **dict(_addresses(metadata, (*DESCRIPTIONS, SECTOR, BACKCHANNEL_LOGOUT))),
        SESSION_REQUIRED: _said(metadata.backchannel_logout_session_required, False),
        CONTACTS: list(_contacts(metadata)),
        ID_TOKEN_ALG: _algorithm(metadata, ID_TOKEN_ALG) or USUAL,
        USERINFO_ALG: _algorithm(metadata, USERINFO_ALG),
        REQUEST_URIS: list(_request_uris(metadata)),
        REQUEST_OBJECT_ALG: _algorithm(metadata, REQUEST_OBJECT_ALG, CLIENT_ALGORITHMS),
        SIGNED_REQUIRED: _said(metadata.require_signed_request_object, False),
    }
    return {name: value for name, value in registration.items() if value}


def metadata_from(registration: Mapping[str, Any]) -> ClientMetadata:
    """The metadata of a client that registered itself."""
    grants = registration["grants"]
    described = {name: registration[name] for name in DESCRIPTIONS if name in registration}
    stored = {name: registration[name] for name in _STORED if name in registration}
    return ClientMetadata(
        redirect_uris=list(registration.get("redirect_uris", ())),
        token_endpoint_auth_method=registration[AUTH_METHOD],
        grant_types=list(grants),
        response_types=[CODE] if AUTHORIZATION_CODE in grants else [],
        client_name=registration["name"],
        scope=" ".join(registration.get("scopes", ())),
        **described,
        **stored,
    )


def _algorithm(
    metadata: ClientMetadata, name: str, known: Sequence[str] = ALGORITHMS
) -> str | None:
    """One of the known algorithms, or None when the client names none."""
    algorithm: str | None = _said(getattr(metadata, name), None)
    if algorithm not in (None, *known):
        raise _invalid(f"{name} must be one of {', '.join(known)}")
    return algorithm


def _request_uris(metadata: ClientMetadata) -> Sequence[str]:
    """Where its request objects are (OpenID Connect Registration §2)."""
    uris: Sequence[str] = _said(metadata.request_uris, ())
    if len(uris) > MOST_URIS or not all(map(is_request_uri, uris)):
        raise _invalid(f"{REQUEST_URIS} must have at most {MOST_URIS} https URLs")
    return uris


def _said(value: Any, default: Any) -> Any:
    return default if value is UNSET else value


def _invalid(fault: str) -> MetadataFault:
    return MetadataFault("invalid_client_metadata", f"{fault}.")


def _grants(metadata: ClientMetadata) -> tuple[str, ...]:
    requested = _said(metadata.grant_types, (AUTHORIZATION_CODE,))
    grants = tuple(grant for grant in PEOPLE_GRANTS if grant in requested)
    if not {AUTHORIZATION_CODE, DEVICE_CODE} & set(grants):
        raise _invalid(f"grant_types must have {AUTHORIZATION_CODE} or {DEVICE_CODE}")
    types = _said(metadata.response_types, (CODE,))
    if AUTHORIZATION_CODE in grants and CODE not in types:
        raise _invalid("response_types must have code")
    return grants


def _scopes(metadata: ClientMetadata, rules: RegistrationRules) -> tuple[str, ...]:
    """The requested scopes that the client may have; all that it may have if it requests none."""
    requested = split_list(_said(metadata.scope, ""))
    return tuple(one for one in rules.scopes if one in requested) if requested else rules.scopes


def _name(metadata: ClientMetadata, redirect_uris: Sequence[str]) -> str:
    name = str(_said(metadata.client_name, "")).strip()
    visible = without_joiners(name)
    if len(name) > LONGEST_NAME or has_hidden(visible) or bool(name) > bool(visible):
        raise _invalid(f"client_name must have at most {LONGEST_NAME} visible characters")
    hosts = (urlsplit(uri).hostname for uri in redirect_uris)
    return name or next((host for host in hosts if host), None) or "An app without a name"


def _keys(metadata: ClientMetadata, method: str) -> dict[str, Any]:
    """Its keys. Those of a client with a secret sign request objects alone, if they can sign."""
    said = {name: getattr(metadata, name) for name in KEYS}
    keys = {name: value for name, value in said.items() if value is not UNSET}
    if method == KEY and len(keys) != 1:
        raise _invalid("private_key_jwt needs either jwks or jwks_uri")
    if method != KEY:
        usable = {} if method == NONE else keys
        keys = {name: value for name, value in usable.items() if _can_sign(value)}
    for name in OF_REQUEST_OBJECTS:
        if _said(getattr(metadata, name), None) and not keys:
            raise _invalid(f"{name} needs a client that authenticates, and keys that sign")
    return {name: _understood(value) if name == JWKS else value for name, value in keys.items()}


def _understood(key_set: Mapping[str, Any]) -> Mapping[str, Any]:
    """The set with what is read of its keys. A stranger's other members would fill the memory."""
    keys = key_set.get("keys")
    if not isinstance(keys, list):
        return {}
    return {"keys": [_texts_of(key) for key in keys if isinstance(key, dict)]}


def _texts_of(key: Mapping[str, Any]) -> dict[str, str]:
    return {name: key[name] for name in _OF_KEY if isinstance(key.get(name), str)}


def _can_sign(keys: str | Mapping[str, Any]) -> bool:
    """Whether a key set, or what is at its address, may have a key that signs."""
    return is_https(keys) if isinstance(keys, str) else has_signing_key(keys)


def _expect_no_statement(metadata: ClientMetadata) -> None:
    """Refuse a statement (RFC 7591 §2.3): its values would go before those of the request."""
    if metadata.software_statement is not UNSET:
        sentence = "This service trusts no issuer of software statements."
        raise MetadataFault("unapproved_software_statement", sentence)


def _contacts(metadata: ClientMetadata) -> Sequence[str]:
    contacts: Sequence[str] = _said(metadata.contacts, ())
    if len(contacts) > MOST_CONTACTS or not all(map(is_contact, contacts)):
        raise _invalid(
            f"{CONTACTS} must have at most {MOST_CONTACTS} texts of 1 to {LONGEST_CONTACT} "
            "visible characters"
        )
    return contacts


def is_contact(text: str) -> bool:
    """Whether the text may be a way to reach those who run a client, usually an e-mail address."""
    return 1 <= len(text) <= LONGEST_CONTACT and not has_hidden(text)


def _addresses(metadata: ClientMetadata, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        address = getattr(metadata, name)
        if address is not UNSET:
            if not is_https(address):
                raise _invalid(f"{name} must be an https URL without a fragment")
            yield name, address


def _redirect_uris(
    metadata: ClientMetadata, grants: Sequence[str], *, is_public: bool
) -> tuple[str, ...]:
    uris = tuple(_said(metadata.redirect_uris, ()))
    if AUTHORIZATION_CODE not in grants:
        return _without_code(uris)
    if not 1 <= len(uris) <= MOST_URIS:
        sentence = f"redirect_uris must have 1 to {MOST_URIS} addresses."
        raise MetadataFault("invalid_redirect_uri", sentence)
    for number, uri in enumerate(uris):
        if not may_redirect_to(uri, is_public=is_public):
            sentence = (
                f"redirect_uris[{number}] must be an https URL, an http URL of loopback, or have "
                "the private scheme of an app without a secret; without a fragment or wildcard."
            )
            raise MetadataFault("invalid_redirect_uri", sentence)
    return uris


def _without_code(redirect_uris: tuple[str, ...]) -> tuple[str, ...]:
    """No redirect URIs: nothing is ever sent to those of a client without codes."""
    if redirect_uris:
        sentence = f"redirect_uris need the grant {AUTHORIZATION_CODE}."
        raise MetadataFault("invalid_redirect_uri", sentence)
    return redirect_uris


def _post_logout_uris(metadata: ClientMetadata, *, is_public: bool) -> tuple[str, ...]:
    """Where a browser may go after a log-out (RP-Initiated Logout §3.1)."""
    uris = tuple(_said(metadata.post_logout_redirect_uris, ()))
    if len(uris) > MOST_URIS or not all(may_redirect_to(one, is_public=is_public) for one in uris):
        raise _invalid(
            f"{POST_LOGOUT} must have at most {MOST_URIS} addresses, each as in redirect_uris"
        )
    return uris
