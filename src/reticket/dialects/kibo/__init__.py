"""Kibo Commerce, formerly Mozu: auth tickets of applications, developers, admin users and shoppers.

Owns the wire format: tickets, scopes, `responseFields`, dates with milliseconds. Source: the
vendor's OpenAPI documents, its test suites, and the requests of its clients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reticket.core.commands import FactorRule
from reticket.core.errors import Code, ReticketError
from reticket.core.handover import OldSignIn
from reticket.core.policy import Policy
from reticket.core.profiles import Part
from reticket.core.realms import Realms
from reticket.core.tokens.kinds import TokenKind
from reticket.dialects.kibo import (
    access,
    adminuser,
    application,
    developer,
    errors,
    oauth,
    tenants,
)
from reticket.dialects.kibo.document import DOCUMENT
from reticket.dialects.kibo.kinds import (
    ANONYMOUS_SHOPPER,
    KIBO_2026,
    KIBO_ANONYMOUS_2026,
    KIBO_SHOPPER_2026,
    SHOPPER,
    kinds,
)
from reticket.dialects.kibo.letter_case import AnyLetterCase
from reticket.dialects.kibo.old_sign_in import OLD_SIGN_IN
from reticket.dialects.kibo.person import PERSON
from reticket.dialects.kibo.program_facts import PROGRAM
from reticket.dialects.kibo.shoppers import (
    accounts,
    anonymous,
    login_states,
    new_password,
    resets,
    sessions,
    sign_in,
)
from reticket.dialects.kibo.shoppers.limits import ShopLimit
from reticket.dialects.kibo.shoppers.realm import SHOPPERS
from reticket.dialects.kibo.shoppers.shop import nobody, the_shop
from reticket.dialects.kibo.tenant_facts import TENANT
from reticket.wire import Dialect, Document, Offer, Route, WireRequest, WireResponse
from reticket.wire_examples import ACCESS, Example

_ADA = '{"emailAddress": "ada@example.com", "password": "correct horse"}'
_APPLICATION = '{"applicationId": "ns.app.1.0.0.Release", "sharedSecret": "s3cret"}'
_SHOP = {"x-vol-app-claims": ACCESS, "x-vol-tenant": "1000", "x-vol-site": "2000"}


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of this dialect.

    Args:
        issuer: the setting `issuer`, or the address served.
        person_in_tokens: whether access tokens have more claims. These are the granted `behaviors`
            and the ids of the tenant's `sites`, or for a shopper `site` and `account`.
        require_bearer: whether refreshes and users' sign-ins require a valid access token of an
            application, a developer or an admin user. The vendor's documents declare this. With
            `true` the clients `mozu-node-sdk`, `mozurestsdk` and `mozu-api-java` cannot refresh,
            because they send no access token then.
        second_factor: Kibo's clients cannot ask for a second factor. So a person who has one is
            refused. With `ignore` such a person signs in by password alone.
        sign_in_status: the HTTP status of the sign-ins of developers and admin users. The vendor's
            test suites want 201. Clients that are generated from the vendor's document read a
            ticket only with 200.
        shopper_address: the address of a shopper's request. With `server` it is that of the shop's
            server, and failed sign-ins count for the application. With `visitor` it is that of the
            visitor, and failed sign-ins count for this address. `visitor` needs the servers of all
            shops in `trusted_proxies`, and each of them must send `X-Forwarded-For`.
        anonymous_per_address: the most sessions of anonymous shoppers that one application may
            begin from one network in ten minutes. A shop's server is one network. At the limit
            `Retry-After` is up to 600 s. `mozu-api-java` blocks the thread of its caller for that
            time, then asks again.
        anonymous_per_application: the same for one application from all networks together.
        sign_ups_per_application: the most accounts of shoppers that one application may add in an
            hour. At the limit `Retry-After` is up to 3600 s, so `mozu-api-java` may block a thread
            for an hour.
        resets_per_application: the most codes for new passwords that one application may request in
            an hour. At the limit `Retry-After` is up to 3600 s, too.
        debug: whether a refusal contains the internal cause.
    """

    issuer: str = "http://127.0.0.1:8088"
    person_in_tokens: bool = False
    require_bearer: bool = False
    second_factor: Literal["refuse", "ignore"] = "refuse"
    sign_in_status: Literal[201, 200] = 201
    shopper_address: Literal["server", "visitor"] = "server"
    anonymous_per_address: int = 3000
    anonymous_per_application: int = 6000
    sign_ups_per_application: int = 2000
    resets_per_application: int = 1000
    debug: bool = False


class Kibo(Dialect):
    """The dialect: its routes, and its answers to errors."""

    name = "kibo"
    base_path = "/api"
    person: Part[Any] | None = PERSON
    tenant: Part[Any] | None = TENANT
    program: Part[Any] | None = PROGRAM
    realms: Sequence[Realms] = (SHOPPERS,)
    presets: Sequence[Policy] = (KIBO_2026, KIBO_SHOPPER_2026, KIBO_ANONYMOUS_2026)
    refusals: Mapping[Code, errors.Failure] = errors.REFUSALS
    document: Document = DOCUMENT
    guide: str = (
        "Begin with the [quick start](../quickstart/kibo.md). Kibo calls an access token and its "
        "refresh token together a *ticket*."
    )
    old_sign_in: OldSignIn | None = OLD_SIGN_IN
    offers: Sequence[Offer] = (
        Offer("Kibo application tickets", (f"/api{application.PATH}…",), "kibo.application"),
        Offer(
            "Kibo developer tickets, switch of account",
            (f"/api{developer.PATH}",),
            "kibo.developer",
        ),
        Offer(
            "Kibo admin-user tickets, switch of tenant",
            (f"/api{adminuser.PATH}…",),
            "kibo.adminuser",
        ),
        Offer(
            "Kibo shopper tickets",
            (f"/api{anonymous.PATH}…",),
            SHOPPER,
        ),
    )
    examples: Sequence[Example] = (
        Example(
            "Kibo application",
            ("POST", f"/api{application.PATH}"),
            _APPLICATION,
            ("PUT", f"/api{application.PATH}/refresh-ticket"),
        ),
        Example(
            "Kibo developer",
            ("POST", f"/api{developer.PATH}?developerAccountId=77"),
            _ADA,
            ("PUT", f"/api{developer.PATH}"),
        ),
        Example(
            "Kibo admin user",
            ("POST", f"/api{adminuser.PATH}/tenants?tenantId=1000"),
            _ADA,
            ("PUT", f"/api{adminuser.PATH}/tenants"),
            refused='{"emailAddress": "alan@example.com", "password": "enigma-1912"}',
        ),
        Example(
            "Kibo shop",
            ("POST", f"/api{application.PATH}"),
            _APPLICATION,
            ("POST", f"/api{anonymous.PATH}"),
            then_body='{"username": "joan@example.com", "password": "hut eight"}',
            then="a shopper signs in",
            then_headers=_SHOP,
        ),
        Example(
            "Kibo shop",
            ("POST", f"/api{application.PATH}"),
            _APPLICATION,
            ("GET", f"/api{anonymous.PATH}/anonymousshopper"),
            then_body="",
            then="a shopper who has not signed in",
            then_headers=_SHOP,
        ),
    )

    def __init__(self, options: Options) -> None:
        self._debug = options.debug
        self.kinds: Sequence[TokenKind] = kinds(
            options.issuer, with_person=options.person_in_tokens
        )
        guard = access.require_token if options.require_bearer else access.require_nothing
        factor = FactorRule(options.second_factor)
        self.routes: Sequence[Route] = (
            *application.routes(guard),
            *oauth.ROUTES,
            *developer.routes(guard, factor, options.sign_in_status),
            *adminuser.routes(guard, factor, options.sign_in_status),
            *tenants.ROUTES,
            *_of_shoppers(options, factor),
        )
        self.otherwise = AnyLetterCase(self.base_path, self.routes).answer

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """An error, which has five members."""
        return errors.refuse(request, error, debug=self._debug)


def _of_shoppers(options: Options, factor: FactorRule) -> tuple[Route, ...]:
    anonymous_limit = ShopLimit(
        "anonymous",
        ANONYMOUS_SHOPPER,
        options.anonymous_per_address,
        options.anonymous_per_application,
    )
    through = nobody if options.shopper_address == "visitor" else the_shop
    sign_ins = sign_in.SignIns(factor, through)
    return (
        anonymous.route(anonymous_limit),
        sign_in.route(sign_ins),
        *sessions.ROUTES,
        *accounts.routes(sign_ins, options.sign_ups_per_application),
        new_password.route(factor, through),
        *resets.routes(options.resets_per_application, through),
        *login_states.ROUTES,
    )


def build(options: Options | None = None) -> Kibo:
    """The dialect with these options."""
    return Kibo(options or Options())
