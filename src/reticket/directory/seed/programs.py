"""Reads applications and OAuth clients into records and drafts.

Only this module checks a registration, from a seed file, the command line or the admin API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reticket.core.people import Client
from reticket.core.policy import PRESETS, Policy, Reuse, by_any_name, chosen
from reticket.core.profiles import Part
from reticket.directory.drafts import ApplicationDraft, ClientDraft
from reticket.directory.errors import Invalid
from reticket.directory.seed.claims import declared_claims, standard_claim
from reticket.directory.seed.fields import Entry, Fields, int32, listed
from reticket.directory.seed.parts import keys_of, read_parts
from reticket.directory.seed.yaml_value import YamlValue, yaml_value
from reticket.oauth.client_metadata import DESCRIPTIONS
from reticket.oauth.origins import ALLOWED_ORIGINS, is_origin
from reticket.oauth.registration import AUTHORIZATION_CODE, OPTIONAL, PKCE, has_keys
from reticket.oauth.self_registration import REGISTERED_BY, SELF
from reticket.verify.jose import ALGORITHMS, Garbage, public_key

_APPLICATION = ("application_id", "shared_secret", "tenants", "disabled")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_WORD = re.compile(r"[0-9A-Za-z:._-]+")
_RUN = frozenset({"javascript", "data", "vbscript", "blob", "about", "view-source", "file"})
_WEB = frozenset({"http", "https"})
_VISIBLE = re.compile(r"[!-~]+")
"""The characters of a URI (RFC 3986 §2): no spaces, no line breaks."""

_PUBLIC_AS_IT_IS = {
    True: "is false, but the client has neither client_secret nor jwks",
    False: "is true, but the client has client_secret or jwks",
}
SHIPPED: Mapping[str, Policy] = by_any_name(PRESETS)
"""Policies by name, with and without their year, that belong to no dialect."""

_SECONDS = range(2**31)
_PRIVATE = frozenset({"d", "k"})
"""Members of private and of shared keys (RFC 7518 §6)."""


@dataclass(frozen=True, slots=True)
class ApplicationReader:
    """Reads applications.

    Args:
        parts: the dialects' parts of an application.
    """

    parts: Sequence[Part[Any]]

    def read(self, value: YamlValue) -> Entry[ApplicationDraft]:
        """An application. `tenants`, if given, must be a list: null would mean all tenants."""
        fields = Fields(value, (*_APPLICATION, *keys_of(self.parts)))
        tenants = fields.given("tenants", _tenants, None)
        draft = ApplicationDraft(
            id=fields.required("application_id", YamlValue.filled),
            tenants=None if tenants is None else frozenset(tenants),
            disabled=fields.optional("disabled", YamlValue.flag, False),
            parts=read_parts(value, self.parts),
        )
        secret = fields.required("shared_secret", YamlValue.filled)
        return Entry(value, draft.id, draft, secret, tenants or {})


def _tenants(value: YamlValue) -> dict[int, YamlValue]:
    return {int32(item): item for item in value.items()}


@dataclass(frozen=True, slots=True)
class ClientReader:
    """Reads OAuth clients.

    Args:
        presets: policies in force by name.
    """

    presets: Mapping[str, Policy]

    def read(self, value: YamlValue) -> Entry[ClientDraft]:
        """A client; its dialect has defaults for absent members. It is public without a secret and
        without `jwks`; the member `public`, if given, must agree.
        """
        return _client(value, self.presets)


def _client(value: YamlValue, presets: Mapping[str, Policy]) -> Entry[ClientDraft]:
    fields = Fields(value, ("client_id", "client_secret", "public", "disabled", *_REGISTRATION))
    client_id = fields.required("client_id", YamlValue.filled)
    secret = fields.optional("client_secret", YamlValue.filled, None)
    registration = _registration(value, fields, secret is None, presets)
    draft = ClientDraft(
        client_id=client_id,
        disabled=fields.optional("disabled", YamlValue.flag, False),
        registration=_with_new_defaults(registration, public=secret is None),
    )
    is_public = secret is None and not has_keys(draft.registration)
    fields.optional("public", _agreeing(is_public), None)
    return Entry(value, client_id, draft, secret)


def _agreeing(is_public: bool) -> Callable[[YamlValue], bool]:
    def read(value: YamlValue) -> bool:
        if value.flag() != is_public:
            raise value.fault(_PUBLIC_AS_IT_IS[is_public])
        return is_public

    return read


def checked_registration(
    said: Mapping[str, object], *, public: bool, presets: Mapping[str, Policy] = SHIPPED
) -> dict[str, Any]:
    """The checked registration of a client. Invalid names the member at fault.

    Args:
        said: the members in a seed file, without the id, the secret and `disabled`.
        public: whether it has no secret.
        presets: policies in force by name.
    """
    value = yaml_value(dict(said))
    fields = Fields(value, tuple(_REGISTRATION))
    registration = _registration(value, fields, public, presets)
    for fault in policy_faults(registration, presets):
        raise Invalid(f"policy cannot be: {fault}.")
    return registration


def new_registration(
    said: Mapping[str, object], *, public: bool, presets: Mapping[str, Policy] = SHIPPED
) -> dict[str, Any]:
    """The same for a client that an operator adds, with the defaults of a new one. Invalid."""
    return _with_new_defaults(
        checked_registration(said, public=public, presets=presets), public=public
    )


def policy_faults(registration: Mapping[str, Any], presets: Mapping[str, Policy]) -> Sequence[str]:
    """Faults of a client's policy with the presets in force; such a client cannot be enabled."""
    return chosen(registration.get("policy"), presets).faults()


def edited_registration(
    client: Client, changes: Mapping[str, object], presets: Mapping[str, Policy] = SHIPPED
) -> dict[str, Any]:
    """A client's registration after changes; None removes a member. Invalid."""
    merged = {**client.registration, **changes}
    said = {key: value for key, value in merged.items() if value is not None}
    if client.public and has_keys(client.registration) and not has_keys(said):
        raise Invalid(
            f"The client {client.id!r} has no secret: without its keys it would be public."
        )
    return checked_registration(said, public=client.public, presets=presets)


def _registration(
    value: YamlValue, fields: Fields, public: bool, presets: Mapping[str, Policy]
) -> dict[str, Any]:
    readers = {**_REGISTRATION, "policy": lambda said: _policy(said, presets)}
    said = {key: fields.optional(key, read, None) for key, read in readers.items()}
    registration = {key: value for key, value in said.items() if value is not None}
    if said["jwks"] and said["jwks_uri"]:
        raise value.fault("must not have both jwks and jwks_uri")
    if public and not has_keys(registration):
        _check_public(value, said)
    if said["redirect_uris"] and AUTHORIZATION_CODE not in (said["grants"] or [AUTHORIZATION_CODE]):
        raise value.fault("must not have redirect_uris without the grant authorization_code")
    return registration


def _check_public(value: YamlValue, said: Mapping[str, Any]) -> None:
    """Refuse what a client can only have when it can authenticate."""
    if said["admin"]:
        raise value.fault("must not be admin without a secret or jwks")
    if said["pkce"] == OPTIONAL:
        raise value.fault("must not have pkce: optional without a secret or jwks")
    if said["first_party"]:
        _check_first_party(value, said["redirect_uris"] or ())


def _with_new_defaults(registration: Mapping[str, Any], *, public: bool) -> dict[str, Any]:
    """The members that a client gets when it is registered, and not by a later change: a
    confidential one need not use PKCE. Older registrations must.
    """
    is_public = public and not has_keys(registration)
    return dict(registration) if is_public else {"pkce": OPTIONAL, **registration}


def _check_first_party(value: YamlValue, redirect_uris: Sequence[str]) -> None:
    """Any program of a device can pretend to be such a client there (RFC 8252 §8.6)."""
    if any(not uri.startswith("https://") for uri in redirect_uris):
        raise value.fault(
            "must not be first_party: without a secret or jwks all its redirect_uris must be https"
        )


def _policy(value: YamlValue, presets: Mapping[str, Policy]) -> Mapping[str, object]:
    """A preset's name, or a mapping that names one and overrides members of it."""
    if value.type == "str":
        return {"preset": _preset(value, presets)}
    fields = Fields(value, ("preset", *_OVERRIDES))
    fields.required("preset", YamlValue.text)
    changes = {key: fields.optional(key, read, None) for key, read in _OVERRIDES.items()}
    said = {key: value for key, value in changes.items() if value is not None}
    return {"preset": fields.required("preset", lambda said: _preset(said, presets)), **said}


def _preset(value: YamlValue, presets: Mapping[str, Policy]) -> str:
    if value.text() not in presets:
        raise value.fault(f"must be a preset's name, in capitals: {', '.join(sorted(presets))}")
    return value.text()


def _seconds(value: YamlValue) -> int:
    return value.integer(_SECONDS)


def _reuse(value: YamlValue) -> str:
    text = value.text()
    if text not in tuple(Reuse):
        raise value.fault(f"must be {' or '.join(Reuse)}")
    return text


def _itself(value: YamlValue) -> str:
    if value.text() != SELF:
        raise value.fault(f"must be {SELF}")
    return SELF


def _pkce(value: YamlValue) -> str:
    text = value.text()
    if text not in PKCE:
        raise value.fault(f"must be {' or '.join(PKCE)}")
    return text


def _uri(value: YamlValue) -> str:
    """An absolute URI without a fragment (RFC 6749 §3.1.2), which no browser executes."""
    text = value.text()
    if not _VISIBLE.fullmatch(text) or not _leads_somewhere(text) or "#" in text:
        raise value.fault("must be an absolute URI without a fragment")
    return text


def _origin(value: YamlValue) -> str:
    if not is_origin(value.text()):
        raise value.fault("must be an origin, such as https://app.example.com")
    return value.text()


def https_uri(value: YamlValue) -> str:
    """An https URL without user information and without a fragment."""
    text = _uri(value)
    if not text.startswith("https://") or "@" in urlsplit(text).netloc:
        raise value.fault("must be an https URL without user information and fragment")
    return text


def _redirect_uri(value: YamlValue) -> str:
    """Redirect URIs are compared to the byte, so a wildcard would never match."""
    uri = _uri(value)
    if "*" in uri:
        raise value.fault("must not have a wildcard: it is compared to the byte")
    return uri


def _leads_somewhere(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if parts.scheme in _WEB:
        return bool(parts.hostname)
    return bool(parts.scheme) and parts.scheme not in _RUN


def _scope(value: YamlValue) -> str:
    """RFC 6749 §3.3."""
    if not _SCOPE.fullmatch(value.text()):
        raise value.fault("must be one scope")
    return value.text()


def _grant(value: YamlValue) -> str:
    if not _WORD.fullmatch(value.text()):
        raise value.fault("must be a grant type")
    return value.text()


def _key_set(value: YamlValue) -> object:
    """A set of public keys (RFC 7517 §5). Unknown keys are ignored, but one key must be usable."""
    keys = Fields(value, ("keys",)).required("keys", YamlValue.items)
    for key in keys:
        for member in _PRIVATE & key.members().keys():
            raise key.fault(f"has the member {member} of a key that is not public")
    said = value.json()
    if not any(_signs(key.json()) for key in keys):
        raise value.fault(f"must have a key for one of {', '.join(ALGORITHMS)}")
    return said


def _signs(jwk: Any) -> bool:
    return any(_is_for(jwk, name) for name in ALGORITHMS if jwk.get("alg", name) == name)


def _is_for(jwk: Mapping[str, Any], algorithm: str) -> bool:
    try:
        public_key(jwk, algorithm)
    except Garbage:
        return False
    return True


_OVERRIDES = {
    "access": _seconds,
    "refresh": _seconds,
    "absolute": _seconds,
    "window": _seconds,
    "reuse": _reuse,
    "rotates": YamlValue.flag,
}
_REGISTRATION: dict[str, Callable[[YamlValue], Any]] = {
    "name": YamlValue.filled,
    "policy": YamlValue.json,
    ALLOWED_ORIGINS: listed(_origin),
    "redirect_uris": listed(_redirect_uri),
    "post_logout_redirect_uris": listed(_redirect_uri),
    "scopes": listed(_scope),
    "grants": listed(_grant),
    "resources": listed(_uri),
    "jwks": _key_set,
    "jwks_uri": https_uri,
    REGISTERED_BY: _itself,
    "token_endpoint_auth_method": _grant,
    **dict.fromkeys(DESCRIPTIONS, https_uri),
    "dpop_required": YamlValue.flag,
    "par_required": YamlValue.flag,
    "pkce": _pkce,
    "admin": YamlValue.flag,
    "first_party": YamlValue.flag,
    "id_token_claims": listed(standard_claim),
    "claims": declared_claims,
}
