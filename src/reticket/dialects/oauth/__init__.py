"""OAuth 2.0 and OpenID Connect: tokens for clients that speak the standards.

Owns the wire format of RFC 6749 and of the specifications on top. Each decision names its section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta

from reticket.core.errors import Code, ReticketError
from reticket.core.people import Client
from reticket.core.policy import BROWSER_2026, SERVICE_2026, Policy
from reticket.core.profiles import Part
from reticket.core.tokens.kinds import TokenKind
from reticket.dialects.oauth import errors
from reticket.dialects.oauth.backchannel_logout import BackchannelLogout
from reticket.dialects.oauth.document import DOCUMENT
from reticket.dialects.oauth.endpoints import (
    account,
    authorize,
    code_issuing,
    device,
    introspect,
    logout,
    metadata,
    par,
    register,
    revoke,
    shared_keys,
    token,
    userinfo,
)
from reticket.dialects.oauth.inputs import FORM
from reticket.dialects.oauth.pages import html
from reticket.oauth.login import login_kind
from reticket.oauth.provider import (
    BASE,
    CLIENT,
    LOGIN_ABSOLUTE,
    LOGIN_IDLE,
    USER,
    Provider,
)
from reticket.oauth.self_registration import OFF, DocumentRules, Mode, RegistrationRules
from reticket.oauth.signing import USUAL
from reticket.oauth.standard_claims import PERSON
from reticket.oauth.terms import Claims, access_algorithm
from reticket.wire import Dialect, Document, Errand, Offer, Route, WireRequest, WireResponse
from reticket.wire_examples import Example

HostName = Annotated[str, Meta(pattern=r"^[0-9a-z]([0-9a-z.-]{0,251}[0-9a-z])?$")]
"""A host in lower case."""

PRESETS: Mapping[str, Policy] = {"BROWSER": BROWSER_2026, "SERVICE": SERVICE_2026}


@dataclass(frozen=True, slots=True)
class Options:
    """What the composition root knows.

    Args:
        issuer: the setting `issuer`, or the address served.
        presets: policies by name, with and without their year.
        asked_per_address: pushed requests, and as many device codes, of one public client and one
            address in ten minutes; more are 429.
        asked_per_client: the same for one client that an operator has registered and that
            authenticates.
        login_idle: seconds without an authorization request after which a browser is no longer
            signed in.
        login_absolute: seconds after which a browser is no longer signed in, from the sign-in.
        issuer_audience: whether client assertions must name the issuer alone, as a string; those of
            clients with a FAPI preset always must.
        registration: whether clients may register themselves: `off`, with an initial access token
            (`token`), or everybody (`open`).
        registration_scopes: all scopes that such a client may be granted.
        registration_resources: all audiences that its tokens may have beside the issuer.
        registration_days: days after which such a client is removed when it was not used.
        registrations_per_address: registrations of one network in an hour; more are 429.
        registrations_most: such clients in all; beyond it the answer is 503.
        signing_algorithm: the setting of that name.
        documents: whether an https URL is the id of a client whose metadata are there. Its scopes,
            audiences and days are those of clients that register themselves.
        document_hosts: the only hosts of such URLs; without any, every host.
        documents_per_address: registrations, and changes of them, that documents cause for one
            network in an hour; more are 429.
        documents_most: clients of documents in all. Beyond it the oldest one that never got tokens
            is removed; when there is none, 503.
    """

    issuer: str = "http://127.0.0.1:8088"
    presets: Mapping[str, Policy] = field(default_factory=lambda: PRESETS, repr=False)
    asked_per_address: Annotated[int, Meta(ge=1)] = 600
    asked_per_client: Annotated[int, Meta(ge=1)] = 60_000
    login_idle: Annotated[int, Meta(ge=60)] = LOGIN_IDLE
    login_absolute: Annotated[int, Meta(ge=60)] = LOGIN_ABSOLUTE
    issuer_audience: bool = False
    registration: Mode = "off"
    registration_scopes: tuple[str, ...] = OFF.scopes
    registration_resources: tuple[str, ...] = ()
    registration_days: Annotated[int, Meta(ge=1)] = 30
    registrations_per_address: Annotated[int, Meta(ge=1)] = 20
    registrations_most: Annotated[int, Meta(ge=1)] = 10_000
    signing_algorithm: str = "ES256"
    documents: bool = False
    document_hosts: tuple[HostName, ...] = ()
    documents_per_address: Annotated[int, Meta(ge=1)] = 20
    documents_most: Annotated[int, Meta(ge=1)] = 10_000


class OAuth(Dialect):
    """The dialect: its routes, token kinds and error responses."""

    name = "oauth"
    base_path = BASE
    pages: Sequence[str] = (code_issuing.PATH, f"{device.PATH}/", account.PATH, logout.PATH)
    """The paths of pages for people, some of which ask for passwords (RFC 9700 §2.6)."""

    refusals: Mapping[Code, errors.Failure] = errors.REFUSALS
    document: Document = DOCUMENT
    person: Part[Any] | None = PERSON
    guide: str = "Begin with the [quick start](../quickstart/oauth.md)."
    offers: Sequence[Offer] = (
        Offer(
            "OAuth 2.0, OpenID Connect: code with PKCE, devices, client credentials, token "
            "exchange, PAR, DPoP",
            ("/oauth/…", "/.well-known/…"),
            USER,
        ),
    )
    examples: Sequence[Example] = (
        Example(
            "OAuth client",
            ("POST", f"{BASE}{token.PATH}"),
            "grant_type=client_credentials&client_id=backend&client_secret=backend-secret",
            ("POST", f"{BASE}{introspect.PATH}"),
            "client_id=backend&client_secret=backend-secret&token=ACCESS_TOKEN",
            FORM,
            "introspection",
        ),
    )

    def __init__(self, options: Options) -> None:
        provider = Provider(
            options.issuer,
            options.presets,
            options.asked_per_address,
            options.asked_per_client,
            options.login_idle,
            options.login_absolute,
            options.issuer_audience,
            RegistrationRules(
                options.registration,
                options.registration_scopes,
                options.registration_resources,
                options.registrations_per_address,
                options.registrations_most,
            ),
            options.signing_algorithm,
            DocumentRules(
                options.documents,
                options.document_hosts,
                options.documents_per_address,
                options.documents_most,
                options.registration_days,
            ),
        )
        may_be_new = options.documents or options.registration != "off"
        self.algorithms = (USUAL,) if may_be_new else ()
        self.unused_days = options.registration_days
        self.errands: Sequence[Errand] = (BackchannelLogout(provider).errand(),)
        login = login_kind(options.login_absolute)
        self.kinds: Sequence[TokenKind] = (*_token_kinds(Claims(provider)), login)
        self.routes: Sequence[Route] = (
            *authorize.routes(provider),
            *par.routes(provider),
            *device.routes(provider),
            *account.routes(provider),
            *token.routes(provider),
            *revoke.routes(provider),
            *introspect.routes(provider),
            *shared_keys.routes(provider),
            *userinfo.routes(provider),
            *logout.routes(provider),
            *metadata.routes(provider),
            *register.routes(provider),
        )

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """The error response (RFC 6749 §5.2), or an error page where a browser shows pages."""
        return (
            html.error_page(error)
            if html.is_page(request)
            else errors.error_response(request, error)
        )


def _token_kinds(claims: Claims) -> tuple[TokenKind, ...]:
    user_kind = TokenKind(
        USER,
        BROWSER_2026,
        access_claims=claims.access_token,
        asked_algorithm=access_algorithm,
        accepts=claims.accepts_user_claims,
        id_claims=claims.id_token,
        id_algorithm=claims.id_algorithm,
    )
    client_kind = TokenKind(
        CLIENT,
        SERVICE_2026,
        subjects=Client,
        access_claims=claims.access_token,
        asked_algorithm=access_algorithm,
        accepts=claims.accepts_client_claims,
    )
    return user_kind, client_kind


def build(options: Options | None = None) -> OAuth:
    """The dialect with the given options."""
    return OAuth(options or Options())
