"""Bodies and answers of the admin API, made from records. Times are RFC 3339."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from reticket.core.model import Family
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.crypto.ring import EVERY_USE, KeyFacts
from reticket.directory.forms import CLIENT_ID, INT32, LONGEST_GROUP, TOKEN_KIND
from reticket.oauth.client_metadata import AUTH_METHODS
from reticket.oauth.registration import GRANTS, PKCE, is_confidential
from reticket.oauth.signing import ALGORITHMS, CLIENT_ALGORITHMS
from reticket.wire import Secretive

T = TypeVar("T")
Text = Annotated[str, Meta(min_length=1, max_length=255)]
Group = Annotated[str, Meta(min_length=1, max_length=LONGEST_GROUP)]
Secret = Annotated[str, Meta(min_length=1, max_length=4096)]
ClientId = Annotated[str, Meta(pattern=CLIENT_ID)]
TenantId = (
    Annotated[int, Meta(ge=INT32.start, le=INT32.stop - 1)]
    | Annotated[str, Meta(pattern=r"^(0|-?[1-9][0-9]{0,9})$(?!\n)")]
)
"""A number as in the directory, or a text as in answers."""

TokenKindName = Annotated[str, Meta(pattern=TOKEN_KIND)]
Seconds = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Grant = Literal[GRANTS]  # type: ignore[valid-type]
Pkce = Literal[PKCE]  # type: ignore[valid-type]
Use = Literal[EVERY_USE]  # type: ignore[valid-type]
Algorithm = Literal[ALGORITHMS]  # type: ignore[valid-type]
ClientAlgorithm = Literal[CLIENT_ALGORITHMS]  # type: ignore[valid-type]
AuthMethod = Literal[AUTH_METHODS]  # type: ignore[valid-type]


def moment(at: int) -> datetime:
    """Milliseconds as a time."""
    return datetime.fromtimestamp(at / SECOND, UTC)


def moment_or_none(at: int | None) -> datetime | None:
    """The same; None for a time that is not set."""
    return None if at is None else moment(at)


class Listed(Struct, Generic[T]):
    """A page; `next` is the cursor of the next page."""

    items: Sequence[T]
    next: str | None = None


class Start(Struct, forbid_unknown_fields=True):
    """Starts a session for a user whom you have checked.

    `user` is an id or an e-mail; `auth_time` is in seconds and defaults to now.
    """

    client_id: str
    user: str
    scope: str | None = None
    resource: str | Sequence[str] = ()
    amr: Sequence[str] = ()
    auth_time: int | None = None
    tenant: TenantId | None = None
    dpop_jkt: str | None = None


class SessionAnswer(Struct):
    """One sign-in with all its tokens, from its begin to its end. `kind` is the kind of its tokens.
    `tenant` is the tenant, or the developer account, of the newest answer.
    """

    id: str
    kind: str
    subject: str
    client: str | None
    tenant: str | None
    scope: str | None
    policy: str
    generation: int
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime
    ends_at: datetime
    device: str | None
    revoked_at: datetime | None
    revoked_cause: str | None


class Revoke(Struct, forbid_unknown_fields=True):
    """Selects the sessions to end: all given members must match. `subject` is a user's id or
    e-mail, or a program's id. `tenant` is the tenant, or the developer account, of a session's
    newest answer. `all` is given without other members.
    """

    session: str | None = None
    subject: Text | None = None
    client: Text | None = None
    tenant: TenantId | None = None
    kind: Text | None = None
    all: bool = False


class Revoked(Struct):
    """How many sessions were ended."""

    count: int


class PolicyMembers(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A preset, and the members that differ from it; durations in seconds."""

    preset: str
    access: Seconds | UnsetType = UNSET
    refresh: Seconds | UnsetType = UNSET
    absolute: Seconds | UnsetType = UNSET
    window: Seconds | UnsetType = UNSET
    reuse: Literal["revoke", "tolerate"] | UnsetType = UNSET
    rotates: bool | UnsetType = UNSET


class ClientChanges(Struct, forbid_unknown_fields=True):
    """Members to replace in a client's registration; null removes a member."""

    name: Text | UnsetType | None = UNSET
    policy: str | PolicyMembers | UnsetType | None = UNSET
    redirect_uris: Sequence[str] | UnsetType | None = UNSET
    post_logout_redirect_uris: Sequence[str] | UnsetType | None = UNSET
    backchannel_logout_uri: str | UnsetType | None = UNSET
    backchannel_logout_session_required: bool | UnsetType | None = UNSET
    allowed_origins: Sequence[str] | UnsetType | None = UNSET
    scopes: Sequence[str] | UnsetType | None = UNSET
    grants: Sequence[Grant] | UnsetType | None = UNSET
    resources: Sequence[str] | UnsetType | None = UNSET
    exchange_resources: Sequence[str] | UnsetType | None = UNSET
    inspects: Sequence[TokenKindName] | UnsetType | None = UNSET
    jwks: Mapping[str, Any] | UnsetType | None = UNSET
    jwks_uri: str | UnsetType | None = UNSET
    token_endpoint_auth_method: AuthMethod | UnsetType | None = UNSET
    request_uris: Sequence[str] | UnsetType | None = UNSET
    request_object_signing_alg: ClientAlgorithm | UnsetType | None = UNSET
    require_signed_request_object: bool | UnsetType | None = UNSET
    client_uri: str | UnsetType | None = UNSET
    logo_uri: str | UnsetType | None = UNSET
    policy_uri: str | UnsetType | None = UNSET
    tos_uri: str | UnsetType | None = UNSET
    initiate_login_uri: str | UnsetType | None = UNSET
    contacts: Sequence[str] | UnsetType | None = UNSET
    dpop_required: bool | UnsetType | None = UNSET
    par_required: bool | UnsetType | None = UNSET
    pkce: Pkce | UnsetType | None = UNSET
    admin: bool | UnsetType | None = UNSET
    first_party: bool | UnsetType | None = UNSET
    groups_allowed: Annotated[Sequence[Group], Meta(min_length=1)] | UnsetType | None = UNSET
    id_token_claims: Sequence[str] | UnsetType | None = UNSET
    claims: Mapping[str, str] | UnsetType | None = UNSET
    id_token_signed_response_alg: Algorithm | UnsetType | None = UNSET
    userinfo_signed_response_alg: Algorithm | UnsetType | None = UNSET


class NewClient(ClientChanges, kw_only=True):
    """A client to register. A client that is not public gets a secret, unless it has `jwks` or
    `jwks_uri`. With them it gets one when `token_endpoint_auth_method` needs it.
    """

    client_id: ClientId
    public: bool = False


class ClientAnswer(Secretive, frozen=True, omit_defaults=True):
    """A client and its registration. `client_secret` is shown once only."""

    client_id: str
    public: bool
    disabled: bool
    created_at: datetime
    registration: Mapping[str, Any]
    client_secret: str | None = None


class SecretAnswer(Secretive, frozen=True):
    """A new secret, shown once only."""

    client_id: str
    client_secret: str


class KeyAnswer(Struct):
    """A key of the ring, without its private part."""

    id: str
    use: str
    algorithm: str
    state: str
    created_at: datetime
    activates_at: datetime | None
    retiring_at: datetime | None


class Rotate(Struct, forbid_unknown_fields=True):
    """Which uses get their next key; by default all that have keys."""

    uses: Annotated[Sequence[Use], Meta(min_length=1)] | UnsetType = UNSET


class Share(Struct, forbid_unknown_fields=True):
    """The kind of tokens whose access key (HS256) a client may fetch. Whoever holds it can forge
    access tokens of that kind.
    """

    kind: TokenKindName
    client_id: str


class Retire(Struct, forbid_unknown_fields=True):
    """The key whose tokens are refused from now on. The signing key can only be compromised."""

    id: str
    compromised: bool = False


class FactorAnswer(Struct):
    """The state of a second factor. `pending`: a new key waits for its first code. `failures`:
    wrong codes in a row; a hundred lock the factor. `recovery_codes`: how many are left. `missing`:
    the person had one in another system, and no password is accepted until it is set or deleted.
    """

    active: bool
    pending: bool
    locked: bool
    failures: int
    recovery_codes: int
    missing: bool


class EnrolmentAnswer(Secretive, frozen=True):
    """A key for an authenticator app, shown once only: in base32, and as a URI for a QR code."""

    secret: str
    otpauth_uri: str


class FirstCode(Secretive, frozen=True, forbid_unknown_fields=True):
    """The code that the person's app shows for a new key."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]


class RecoveryCodesAnswer(Secretive, frozen=True):
    """Recovery codes, shown once only; each is valid for one sign-in."""

    recovery_codes: Sequence[str]


def session_answer(family: Family) -> SessionAnswer:
    """The answer for a session's row."""
    return SessionAnswer(
        id=family.id.hex(),
        kind=family.resource,
        subject=family.subject,
        client=family.client,
        tenant=family.context,
        scope=family.scope,
        policy=family.policy,
        generation=family.generation,
        created_at=moment(family.created_at),
        rotated_at=moment(family.rotated_at),
        expires_at=moment(family.expires_at),
        ends_at=moment(family.ends_at),
        device=family.device,
        revoked_at=moment_or_none(family.revoked_at),
        revoked_cause=family.revoked_cause,
    )


def client_answer(client: Client, secret: str | None = None) -> ClientAnswer:
    """The answer for a client's record."""
    return ClientAnswer(
        client_id=client.id,
        public=not is_confidential(client),
        disabled=client.disabled,
        created_at=moment(client.created_at),
        registration=client.registration,
        client_secret=secret,
    )


def key_answer(facts: KeyFacts) -> KeyAnswer:
    """The answer for a key."""
    return KeyAnswer(
        facts.id,
        facts.use,
        facts.algorithm,
        facts.state,
        moment(facts.created_at),
        moment_or_none(facts.activates_at),
        moment_or_none(facts.retiring_at),
    )
