"""The metadata with which a client is registered (RFC 7591 §2). Owns every default."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from reticket.core.model import Asked
from reticket.core.people import Client
from reticket.core.policy import Policy, policy_of
from reticket.core.storage.budget import Owner, of_client
from reticket.oauth.audiences import as_registered
from reticket.oauth.lists import split_list
from reticket.oauth.mapped_claims import as_asked
from reticket.oauth.origins import origins_of
from reticket.oauth.provider import Provider
from reticket.oauth.request_objects import RequestObjectRules, request_object_rules
from reticket.oauth.self_registration import has_registered_itself, is_described_by_document
from reticket.oauth.signing import (
    USERINFO_ALG,
    access_token_algorithm,
    id_token_algorithm,
    is_fapi,
    preset_of,
)
from reticket.oauth.terms import (
    ACCESS_ALGORITHM,
    ID_ALGORITHM,
    ID_CLAIMS,
    ID_SESSION,
    OPENID,
)

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105
CLIENT_CREDENTIALS = "client_credentials"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105
GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE)
PEOPLE_GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE)
"""The grants of a client that nobody vouches for: a person consents to each."""

ADMIN = "admin"
"""The scope of the admin API; only for flagged clients, by client credentials."""

OPTIONAL = "optional"
PKCE = ("required", OPTIONAL)
"""Whether a client must use PKCE: the member `pkce`. Registrations without it must."""

KEYS = ("jwks", "jwks_uri")
"""Members with public keys: a client signs assertions with them, or request objects alone."""

AUTH_METHOD = "token_endpoint_auth_method"
SECRET_METHODS = ("client_secret_basic", "client_secret_post")
"""Registered methods of a client whose secret authenticates it, also when it has keys."""

BACKCHANNEL_LOGOUT = "backchannel_logout_uri"
SESSION_REQUIRED = "backchannel_logout_session_required"
"""Stored and returned; every logout token has `sid`."""

_DEFAULT_GRANTS_BY_PRESET = {
    "SERVICE": (CLIENT_CREDENTIALS, REFRESH_TOKEN),
    "DEVICE": (DEVICE_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE),
}
_YEAR_SUFFIX = re.compile(r"_20\d\d$")
_DEFAULT_GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE)


@dataclass(frozen=True, slots=True)
class Registration:
    """A registered client, with all defaults filled in.

    Args:
        confidential: whether the client authenticates, by a secret or by a key (RFC 6749 §2.1).
        policy: the policy of its sessions.
        redirect_uris: compared to the byte.
        post_logout_redirect_uris: where a browser may go after a log-out; compared to the byte
            (OpenID Connect RP-Initiated Logout §3.1).
        origins: origins whose pages may read the responses to its requests.
        scopes: all scopes that the client may get, in order.
        grants: the grant types that the client may use.
        resources: audiences that the client may request, and the default when it requests none.
        inspects: kinds of tokens, of any dialect, that it may inspect whoever they were issued to
            (RFC 7662 §4).
        shared_keys: kinds of tokens whose symmetric access key it may fetch.
        exchange_resources: audiences for which it may exchange tokens that were sent to it
            (RFC 8693). With some of them it is a gateway.
        has_secret: whether the client authenticates by a secret. Its keys then sign request objects
            alone.
        request_objects: which request objects of it are accepted.
        jwks: its public keys (RFC 7517 §5).
        jwks_uri: where its public keys are, instead of `jwks` (RFC 7591 §2).
        dpop_required: whether its tokens must be bound to a key (RFC 9449 §5.2).
        par_required: whether it must push its authorization requests (RFC 9126 §6).
        pkce_required: whether an authorization request needs a code challenge (RFC 7636).
        issuer_audience: whether its assertions must name the issuer alone, as a string
            (FAPI 2.0 Security Profile §5.3.2.1).
        admin: whether it may get the scope `admin`.
        first_party: whether people are asked for no consent, since the client is the operator's.
        groups_allowed: the groups whose people may use the client; None means everybody.
        id_token_claims: standard claims that its ID tokens have, where a scope gives them.
        vouched: whether an operator has registered it, and not the client itself.
        by_document: whether its metadata document says what it is.
        claims: further claims of its tokens, each with the path of its value: `mapped_claims`.
        policy_uri: where people read how their data are used (RFC 7591 §2).
        tos_uri: where people read its terms of service.
        id_token_alg: the signature algorithm of its ID tokens; None is that of the service.
        access_alg: the same of its access tokens.
        userinfo_alg: the same of userinfo, or None for an answer without a signature.
        backchannel_logout_uri: where it is told that a session has ended (OpenID Connect
            Back-Channel Logout §2.2), or None.
    """

    id: str
    name: str
    confidential: bool
    has_secret: bool
    disabled: bool
    policy: Policy
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    origins: frozenset[str]
    scopes: tuple[str, ...]
    grants: tuple[str, ...]
    resources: tuple[str, ...]
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    request_objects: RequestObjectRules
    dpop_required: bool
    par_required: bool
    pkce_required: bool
    issuer_audience: bool
    admin: bool
    first_party: bool
    vouched: bool
    groups_allowed: tuple[str, ...] | None = None
    id_token_claims: tuple[str, ...] = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    exchange_resources: tuple[str, ...] = ()
    inspects: tuple[str, ...] = ()
    shared_keys: tuple[str, ...] = ()
    policy_uri: str | None = None
    tos_uri: str | None = None
    id_token_alg: str | None = None
    access_alg: str | None = None
    userinfo_alg: str | None = None
    by_document: bool = False
    backchannel_logout_uri: str | None = None

    @property
    def asked(self) -> Asked:
        """What every token of the client has by its registration, as `Asked`."""
        asked = (*self.asked_signature, *as_asked(self.claims))
        if self.has_log_out:
            asked = ((ID_SESSION, "1"), *asked)
        if self.id_token_claims:
            asked = ((ID_CLAIMS, " ".join(self.id_token_claims)), *asked)
        return ((ID_ALGORITHM, self.id_token_alg), *asked) if self.id_token_alg else asked

    @property
    def asked_signature(self) -> Asked:
        """What its access tokens have by its registration, those without a session too."""
        return ((ACCESS_ALGORITHM, self.access_alg),) if self.access_alg else ()

    @property
    def has_log_out(self) -> bool:
        """Whether the client has an address for log-outs. Its ID tokens then name the session
        (`sid`), which all clients of a sign-in share; nobody else needs to know it.
        """
        return bool(self.backchannel_logout_uri or self.post_logout_redirect_uris)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The signature algorithms for which it needs a key."""
        named = (self.id_token_alg, self.access_alg, self.userinfo_alg)
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def own_audiences(self) -> tuple[str, ...]:
        """The names under which a gateway gets tokens: its id, and its resources but for those of
        the services behind it.
        """
        behind = self.exchange_resources
        return (self.id, *(each for each in self.resources if each not in behind))

    @property
    def default_scopes(self) -> tuple[str, ...]:
        """The scopes of a request that names none: all of the client, but for the admin API's."""
        return tuple(scope for scope in self.scopes if scope != ADMIN)

    @property
    def consentable_scopes(self) -> tuple[str, ...]:
        """The scopes that a person can grant; `openid` needs no registration."""
        scopes = self.default_scopes
        return scopes if OPENID in scopes else (OPENID, *scopes)

    def allows(self, grant: str) -> bool:
        """Whether the client is registered for a grant type."""
        return grant in self.grants

    def requested_resources(self, resource: str) -> tuple[str, ...]:
        """The names in a parameter `resource`, in the registered spelling of each."""
        requested = split_list(resource)
        return as_registered(requested, self.resources) if requested else ()

    def ordered_scope(self, scopes: Collection[str]) -> str:
        """The scopes in their registered order; the order in a request has no meaning (RFC 6749
        §3.3).

        Stores keep the text of each order for good, and ten scopes have millions of orders.
        """
        return " ".join(dict.fromkeys(each for each in self.consentable_scopes if each in scopes))


def owner_of(registration: Registration) -> Owner | None:
    """The owner that is charged for a client's entries: the client, when it has authenticated.

    The id of a public client is no secret, so None charges the address of the caller. So it does
    for a client that nobody vouches for: one person may have any number of them.
    """
    is_known = registration.confidential and registration.vouched
    return of_client(registration.id) if is_known else None


def with_admin_scope(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata to register: the flag `admin` adds that scope and its grant type.

    Every other client loses the scope.
    """
    scopes = [scope for scope in metadata.get("scopes", ()) if scope != ADMIN]
    if metadata.get("admin"):
        grants = dict.fromkeys((*metadata.get("grants", ()), CLIENT_CREDENTIALS))
        return {**metadata, "scopes": [*scopes, ADMIN], "grants": list(grants)}
    return (
        {**metadata, "scopes": scopes}
        if scopes
        else {k: metadata[k] for k in metadata if k != "scopes"}
    )


def has_keys(metadata: Mapping[str, object]) -> bool:
    """Whether the client of that metadata has public keys."""
    return any(name in metadata for name in KEYS)


def authenticates_by_keys(metadata: Mapping[str, object]) -> bool:
    """Whether the client of that metadata authenticates by its keys, so that it needs no secret.
    Keys count more than a secret, unless the registered method says otherwise.
    """
    return has_keys(metadata) and metadata.get(AUTH_METHOD) not in SECRET_METHODS


def is_confidential(client: Client) -> bool:
    """Whether the client authenticates, by a secret or by keys (RFC 6749 §2.1)."""
    return not client.public or has_keys(client.registration)


@lru_cache(10_000)
def registration_of(client: Client, provider: Provider) -> Registration:
    """The registration of a record, cached; a changed record is another object."""
    return read_registration(client, provider)


def read_registration(client: Client, provider: Provider) -> Registration:
    """The registration of a record, not cached: for records that are not stored yet."""
    metadata = client.registration
    policy = policy_of(metadata.get("policy"), provider.presets)
    confidential = is_confidential(client)
    fapi, vouched = is_fapi(metadata), not has_registered_itself(metadata)
    by_document = is_described_by_document(client)
    unbound_is_unsafe = not confidential and not policy.rotates
    return Registration(
        id=client.id,
        name=str(metadata.get("name") or client.id),
        confidential=confidential,
        has_secret=confidential and not authenticates_by_keys(metadata),
        disabled=client.disabled,
        policy=policy,
        redirect_uris=tuple(metadata.get("redirect_uris", ())),
        post_logout_redirect_uris=tuple(metadata.get("post_logout_redirect_uris", ())),
        origins=origins_of(metadata),
        scopes=tuple(metadata.get("scopes", ())),
        grants=grants_of(metadata),
        resources=tuple(metadata.get("resources", ())),
        jwks=metadata.get("jwks"),
        jwks_uri=metadata.get("jwks_uri"),
        request_objects=request_object_rules(metadata, is_fapi=fapi),
        dpop_required=bool(metadata.get("dpop_required", fapi)) or unbound_is_unsafe,
        par_required=bool(metadata.get("par_required", fapi)),
        pkce_required=(not confidential or fapi or by_document or metadata.get("pkce") != OPTIONAL),
        issuer_audience=fapi or provider.issuer_audience,
        admin=vouched and bool(metadata.get("admin", False)),
        first_party=vouched and bool(metadata.get("first_party", False)),
        vouched=vouched,
        groups_allowed=_groups_of(metadata),
        id_token_claims=tuple(metadata.get("id_token_claims", ())),
        policy_uri=metadata.get("policy_uri"),
        tos_uri=metadata.get("tos_uri"),
        backchannel_logout_uri=metadata.get(BACKCHANNEL_LOGOUT),
        claims=metadata.get("claims", {}),
        id_token_alg=id_token_algorithm(metadata, is_fapi=fapi, service=provider.signing_algorithm),
        access_alg=access_token_algorithm(is_fapi=fapi, service=provider.signing_algorithm),
        userinfo_alg=metadata.get(USERINFO_ALG),
        by_document=by_document,
        exchange_resources=tuple(metadata.get("exchange_resources", ())) if vouched else (),
        inspects=tuple(metadata.get("inspects", ())) if vouched else (),
        shared_keys=tuple(metadata.get("shared_keys", ())) if vouched else (),
    )


def _groups_of(metadata: Mapping[str, Any]) -> tuple[str, ...] | None:
    groups = metadata.get("groups_allowed")
    return None if groups is None else tuple(groups)


def grants_of(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The grant types of a registration, by default those of its preset."""
    preset = _YEAR_SUFFIX.sub("", preset_of(metadata))
    usual = _DEFAULT_GRANTS_BY_PRESET.get(preset, _DEFAULT_GRANTS)
    grants = tuple(metadata.get("grants", usual))
    if has_registered_itself(metadata):
        return tuple(grant for grant in grants if grant in PEOPLE_GRANTS)
    return grants


def allowed_audiences(
    granted: tuple[str, ...], registration: Registration, provider: Provider
) -> tuple[str, ...]:
    """The audiences that a request may name: those of the grant, or by default those of the
    client and the issuer.
    """
    return granted or (*registration.resources, provider.issuer)
