"""Reads OAuth clients into drafts.

Only this module checks a registration, from a seed file, the command line or the admin API.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reticket.core.people import Client
from reticket.core.policy import PRESETS, Policy, by_any_name, policy_of
from reticket.directory.drafts import ClientDraft
from reticket.directory.errors import Invalid
from reticket.directory.seed.claims import declared_claims, standard_claim
from reticket.directory.seed.client_policy import policy
from reticket.directory.seed.client_values import (
    algorithm,
    authentication_method,
    contact,
    grant_type,
    groups_allowed,
    https_uri,
    itself,
    key_set,
    origin,
    pkce,
    redirect_uri,
    request_object_algorithm,
    request_uri,
    scope,
    token_kind,
    uri,
)
from reticket.directory.seed.fields import Entry, Fields, listed
from reticket.directory.seed.yaml_value import YamlValue, yaml_value
from reticket.oauth.client_metadata import CONTACTS, DESCRIPTIONS, KEY, NONE, SECTOR
from reticket.oauth.origins import ALLOWED_ORIGINS
from reticket.oauth.redirect_targets import has_known_host
from reticket.oauth.registration import (
    AUTH_METHOD,
    AUTHORIZATION_CODE,
    BACKCHANNEL_LOGOUT,
    CLIENT_CREDENTIALS,
    OPTIONAL,
    SECRET_METHODS,
    SESSION_REQUIRED,
    TOKEN_EXCHANGE,
    grants_of,
    has_keys,
)
from reticket.oauth.request_objects import (
    OF_REQUEST_OBJECTS,
    REQUEST_OBJECT_ALG,
    REQUEST_URIS,
    SIGNED_REQUIRED,
)
from reticket.oauth.self_registration import REGISTERED_BY
from reticket.oauth.shared_keys import SHARED_KEYS
from reticket.oauth.signing import FAPI_REFUSED, MEMBERS, is_fapi
from reticket.oauth.usual_algorithm import has_people, with_usual_algorithm

_PUBLIC_AS_IT_IS = {
    True: "is false, but the client has neither client_secret nor jwks",
    False: "is true, but the client has client_secret or jwks",
}
_NO_CLIENT_CREDENTIALS = (
    f"must not have the grant {CLIENT_CREDENTIALS} without a secret or jwks; the policy SERVICE "
    "has it where grants are not named"
)
_OF_OPERATORS = ("admin", "first_party", "exchange_resources", "inspects", SHARED_KEYS)
"""Members that need an operator who vouches for the client."""

SHIPPED: Mapping[str, Policy] = by_any_name(PRESETS)
"""Policies by name, with and without their year, that belong to no dialect."""


@dataclass(frozen=True, slots=True)
class ClientReader:
    """Reads OAuth clients.

    Args:
        presets: policies in force by name.
        kinds: the names of the kinds of tokens; none accepts every name.
    """

    presets: Mapping[str, Policy]
    kinds: Collection[str] = ()

    def read(self, value: YamlValue) -> Entry[ClientDraft]:
        """A client; its dialect has defaults for absent members. It is public without a secret and
        without `jwks`; the member `public`, if given, must agree.
        """
        entry = _client(value, self.presets)
        for fault in unknown_kinds(entry.record.registration, self.kinds) if self.kinds else ():
            raise value.fault(f"is refused: {fault}")
        return entry


def _client(value: YamlValue, presets: Mapping[str, Policy]) -> Entry[ClientDraft]:
    fields = Fields(value, ("client_id", "client_secret", "public", "disabled", *REGISTRATION))
    client_id = fields.required("client_id", YamlValue.filled)
    secret = fields.optional("client_secret", YamlValue.filled, None)
    registration = _registration(value, fields, secret is None, presets)
    draft = ClientDraft(
        client_id=client_id,
        disabled=fields.optional("disabled", YamlValue.flag, False),
        registration=_new(registration, public=secret is None),
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
    fields = Fields(value, tuple(REGISTRATION))
    registration = _registration(value, fields, public, presets)
    for fault in grant_faults(registration, public=public):
        raise value.fault(fault)
    for fault in policy_faults(registration, presets):
        raise Invalid(f"policy cannot be: {fault}.")
    return registration


def new_registration(
    said: Mapping[str, object], *, public: bool, presets: Mapping[str, Policy] = SHIPPED
) -> dict[str, Any]:
    """The same for a client that an operator adds, with the defaults of a new one. Invalid."""
    registration = checked_registration(said, public=public, presets=presets)
    return _new(registration, public=public)


def policy_faults(registration: Mapping[str, Any], presets: Mapping[str, Policy]) -> Sequence[str]:
    """Faults of a client's policy with the presets in force; such a client cannot be enabled."""
    return policy_of(registration.get("policy"), presets).faults()


def grant_faults(registration: Mapping[str, Any], *, public: bool) -> Sequence[str]:
    """Faults of grants that could never work: a public client gets no token for itself (RFC 6749
    §4.4), and a code needs a redirect URI. The code grant of a preset needs none: an operator may
    start the sessions. Clients that exist may have such grants.
    """
    faults = []
    if public and not has_keys(registration) and CLIENT_CREDENTIALS in grants_of(registration):
        faults.append(_NO_CLIENT_CREDENTIALS)
    if AUTHORIZATION_CODE in registration.get("grants", ()) and not registration.get(
        "redirect_uris"
    ):
        faults.append(f"must not have the grant {AUTHORIZATION_CODE} without redirect_uris")
    return faults


def unknown_kinds(registration: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Sentences about the kinds of tokens that a client may inspect, and this service lacks."""
    missing = [kind for kind in registration.get("inspects") or () if kind not in known]
    return [f"inspects names {kind}; there are {', '.join(sorted(known))}" for kind in missing]


def check_kinds(registration: Mapping[str, Any], known: Collection[str]) -> None:
    """Invalid for a kind of token that this service does not have."""
    for fault in unknown_kinds(registration, known):
        raise Invalid(f"{fault}.")


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
    registration = checked_registration(said, public=client.public, presets=presets)
    return registration if has_people(client.registration) else with_usual_algorithm(registration)


def _registration(
    value: YamlValue, fields: Fields, public: bool, presets: Mapping[str, Policy]
) -> dict[str, Any]:
    readers = {**REGISTRATION, "policy": lambda said: policy(said, presets)}
    said = {key: fields.optional(key, read, None) for key, read in readers.items()}
    registration = {key: value for key, value in said.items() if value is not None}
    if said["jwks"] and said["jwks_uri"]:
        raise value.fault("must not have both jwks and jwks_uri")
    _check_method(value, registration, public)
    _check_request_objects(value, registration)
    if public and not has_keys(registration):
        _check_public(value, said)
    if said[REGISTERED_BY]:
        _check_not_vouched(value, said)
    if said["redirect_uris"] and AUTHORIZATION_CODE not in grants_of(registration):
        raise value.fault("must not have redirect_uris without the grant authorization_code")
    if is_fapi(registration):
        _check_fapi(value, said)
    if said["exchange_resources"]:
        _check_gateway(value, registration)
    return registration


def _check_method(value: YamlValue, registration: Mapping[str, Any], public: bool) -> None:
    """Refuse a method for which the client has not what it needs."""
    method = registration.get(AUTH_METHOD)
    if method in SECRET_METHODS and public:
        raise value.fault(f"must not have {AUTH_METHOD}: {method} without a secret")
    if method == KEY and not has_keys(registration):
        raise value.fault(f"must not have {AUTH_METHOD}: {KEY} without jwks or jwks_uri")
    if method == NONE and not (public and not has_keys(registration)):
        raise value.fault(f"must not have {AUTH_METHOD}: {NONE} with a secret or keys")


def _check_request_objects(value: YamlValue, registration: Mapping[str, Any]) -> None:
    """Refuse what would never be accepted: nobody could check the signatures."""
    for member in OF_REQUEST_OBJECTS:
        if registration.get(member) and not has_keys(registration):
            raise value.fault(f"must not have {member} without jwks or jwks_uri")


def _check_not_vouched(value: YamlValue, said: Mapping[str, Any]) -> None:
    """Refuse what would have no effect for a client that registered itself."""
    if said["groups_allowed"]:
        raise value.fault("must not have groups_allowed: it registered itself and can take it back")
    for member in _OF_OPERATORS:
        if said[member]:
            raise value.fault(f"must not have {member}: nobody vouches for the client")


def _check_fapi(value: YamlValue, said: Mapping[str, Any]) -> None:
    for member in (*MEMBERS, REQUEST_OBJECT_ALG):
        if said[member] == FAPI_REFUSED:
            raise value.fault(f"must not have {member}: {FAPI_REFUSED} with a FAPI preset")


def _check_gateway(value: YamlValue, registration: Mapping[str, Any]) -> None:
    """Refuse a gateway whose exchanges could never succeed."""
    if TOKEN_EXCHANGE not in grants_of(registration):
        raise value.fault(f"must not have exchange_resources without the grant {TOKEN_EXCHANGE}")
    if not registration.get("scopes"):
        raise value.fault("must not have exchange_resources without scopes that it may pass on")


def _check_public(value: YamlValue, said: Mapping[str, Any]) -> None:
    """Refuse what a client can only have when it can authenticate."""
    if said["admin"]:
        raise value.fault("must not be admin without a secret or jwks")
    if said["pkce"] == OPTIONAL:
        raise value.fault("must not have pkce: optional without a secret or jwks")
    if said["exchange_resources"]:
        raise value.fault("must not have exchange_resources without a secret or jwks")
    for member in ("inspects", SHARED_KEYS):
        if said[member]:
            raise value.fault(f"must not have {member} without a secret or jwks")
    if said["first_party"]:
        _check_first_party(value, said["redirect_uris"] or ())


def _new(registration: Mapping[str, Any], *, public: bool) -> dict[str, Any]:
    """The registration with the members that a new client gets, and no older one. A confidential
    one need not use PKCE, unless it has a FAPI preset.
    """
    must_use_pkce = (public and not has_keys(registration)) or is_fapi(registration)
    usual = with_usual_algorithm(registration)
    return usual if must_use_pkce else {"pkce": OPTIONAL, **usual}


def _check_first_party(value: YamlValue, redirect_uris: Sequence[str]) -> None:
    """Any program of a device can pretend to be such a client there (RFC 8252 §8.6)."""
    if not all(map(has_known_host, redirect_uris)):
        raise value.fault(
            "must not be first_party: without a secret or jwks all its redirect_uris must be "
            "https, and none may be of loopback"
        )


REGISTRATION: Mapping[str, Callable[[YamlValue], Any]] = {
    "name": YamlValue.filled,
    "policy": YamlValue.json,
    ALLOWED_ORIGINS: listed(origin),
    "redirect_uris": listed(redirect_uri),
    "post_logout_redirect_uris": listed(redirect_uri),
    BACKCHANNEL_LOGOUT: https_uri,
    SESSION_REQUIRED: YamlValue.flag,
    "scopes": listed(scope),
    "grants": listed(grant_type),
    "resources": listed(uri),
    "exchange_resources": listed(uri),
    "inspects": listed(token_kind),
    SHARED_KEYS: listed(token_kind),
    "jwks": key_set,
    "jwks_uri": https_uri,
    REGISTERED_BY: itself,
    AUTH_METHOD: authentication_method,
    REQUEST_URIS: listed(request_uri),
    REQUEST_OBJECT_ALG: request_object_algorithm,
    SIGNED_REQUIRED: YamlValue.flag,
    **dict.fromkeys((*DESCRIPTIONS, SECTOR), https_uri),
    CONTACTS: listed(contact),
    "dpop_required": YamlValue.flag,
    "par_required": YamlValue.flag,
    "pkce": pkce,
    "admin": YamlValue.flag,
    "first_party": YamlValue.flag,
    "groups_allowed": groups_allowed,
    "id_token_claims": listed(standard_claim),
    "claims": declared_claims,
    **dict.fromkeys(MEMBERS, algorithm),
}
"""Reads each member of a registration."""
