"""Cloudreve v4: sessions of the web frontend, the desktop and the mobile clients of a cloud drive.

Owns the wire format, its envelope and its lenient reading of bodies. Source: the vendor's OpenAPI
document and, where it says nothing, the behaviour of server 4.18.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta

from reticket.core.errors import Code, ReticketError
from reticket.core.handover import OldSignIn
from reticket.core.policy import Policy
from reticket.core.profiles import Part
from reticket.core.tokens.kinds import ES256, TokenKind, checked_by_others, with_told
from reticket.dialects.cloudreve import (
    app_consent,
    app_tokens,
    authn,
    captcha,
    drive,
    errors,
    prepare,
    session,
    site,
    user,
)
from reticket.dialects.cloudreve.apps import OFFICIAL, App, apps_by_id, serves
from reticket.dialects.cloudreve.captcha import MOST_PICTURES, Captchas
from reticket.dialects.cloudreve.document import DOCUMENT
from reticket.dialects.cloudreve.network_limit import NetworkLimit
from reticket.dialects.cloudreve.old_sign_in import OLD_SIGN_IN
from reticket.dialects.cloudreve.prepare import Prepare
from reticket.dialects.cloudreve.profile import PERSON
from reticket.dialects.cloudreve.tokens import (
    APP_KIND,
    CLOUDREVE_2026,
    CLOUDREVE_APP_2026,
    KIND,
    is_allowed_app,
)
from reticket.wire import Dialect, Document, Offer, Route, WireRequest, WireResponse
from reticket.wire_examples import Example

OLDEST_VERSION = (4, 12, 0)
_SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of this dialect.

    Args:
        issuer: the setting `issuer`, or the address served.
        access_algorithm: the algorithm that signs access tokens. Other servers can check ES256
            tokens by the published keys. For HS256 tokens they need introspection or a shared key.
            No known client reads the algorithm.
        person_in_tokens: whether access tokens have the claims `group` and `permission` of the
            person.
        title: the site's name.
        instance_id: the identifier that tells this site from other sites.
        logo: the address of the site's logo on a light page. If it is empty, the web frontend waits
            for the logo for ever. The default is a file of the web frontend, as at the real server.
        logo_light: the same on a dark page.
        version: the server version that clients see: SemVer, 4.12.0 or later.
        debug: whether a failure contains the internal cause.
        access_outlives_password: whether access tokens stay valid after a change of the password or
            the e-mail, until they expire. The real server behaves so.
        prepare_reveals: whether `/session/prepare` reveals which accounts exist, as the real server
            does. With `false` the web frontend asks for a password also when there is no account.
            All known clients can still sign in.
        prepare_limit: the most requests that one network may send to `/session/prepare` in five
            minutes. `/user/info` without a bearer token has the same limit, counted apart.
        authn: whether the site says that it offers passkeys. AList's driver requires `true`. The
            web frontend then offers sign-in by passkey, but nobody can finish that sign-in here.
        limit_statuses: whether the HTTP status is 429 at a limit and 413 for a too large body,
            instead of 200. The web frontend shows the text of a failure only with 200.
        capacity: the bytes of storage that the service reports for each user.
        tos_url: URL of the terms of service, shown on the sign-in page.
        privacy_policy_url: URL of the privacy policy, shown on the sign-in page.
        captcha_after: people of a network must solve a captcha after so many failed sign-ins from
            it in five minutes; 0 for never. Only the web frontend shows captchas, and it shows one
            from the first sign-in on. Drivers, command lines and libraries in that network are then
            refused with the code 40026.
        official_apps: whether people may give access to Cloudreve's own desktop and iOS apps. With
            `false` these two cannot sign in.
        old_refresh_tokens: whether refresh tokens are good at the old Cloudreve too, until the
            adoption of its sessions ends. A roll-back then signs nobody out. What ends a session
            here does not end it there: read the page about moving from Cloudreve first.
        apps: further apps to which people may give access. Each needs `id`, `secret`, `name`,
            `redirect_uris` and `scopes`. It may have `icon`, `homepage_url` and `description`.
    """

    issuer: str = "http://127.0.0.1:8088"
    access_algorithm: Literal["HS256", "ES256"] = "HS256"
    person_in_tokens: bool = False
    title: str = "reticket"
    instance_id: str = "reticket"
    logo: str = "/static/img/logo.svg"
    logo_light: str = "/static/img/logo_light.svg"
    version: str = "4.18.0"
    debug: bool = False
    access_outlives_password: bool = False
    prepare_reveals: bool = True
    prepare_limit: int = 200
    authn: bool = True
    limit_statuses: bool = False
    capacity: int = 1_099_511_627_776
    tos_url: str = ""
    privacy_policy_url: str = ""
    captcha_after: Annotated[int, Meta(ge=0)] = 0
    official_apps: bool = True
    old_refresh_tokens: bool = False
    apps: tuple[App, ...] = ()

    def __post_init__(self) -> None:
        said = _SEMVER.fullmatch(self.version)
        if not said or tuple(int(number) for number in said.groups()) < OLDEST_VERSION:
            raise ValueError("version must be a SemVer of 4.12.0 or later, as clients check it")
        if self.prepare_limit < 1:
            raise ValueError("prepare_limit must be at least 1")
        if self.capacity < 0:
            raise ValueError("capacity must not be negative")
        apps_by_id(self.every_app)

    @property
    def every_app(self) -> tuple[App, ...]:
        """The apps that people may let in."""
        return (*(OFFICIAL if self.official_apps else ()), *self.apps)


class Cloudreve(Dialect):
    """The dialect: its routes, and its answers to errors."""

    name = "cloudreve"
    base_path = "/api/v4"
    correlation_header: bytes | None = b"x-cr-correlation-id"
    person: Part[Any] | None = PERSON
    presets: Sequence[Policy] = (CLOUDREVE_2026, CLOUDREVE_APP_2026)
    refusals: Mapping[Code, errors.Failure] = errors.REFUSALS
    document: Document = DOCUMENT
    guide: str = "Begin with the [quick start](../quickstart/cloudreve.md)."
    old_sign_in: OldSignIn | None = OLD_SIGN_IN
    offers: Sequence[Offer] = (
        Offer(
            "Cloudreve v4, with second factor",
            ("/api/v4/session/…", "/user/me", "/site/…"),
            "cloudreve.user",
        ),
    )
    examples: Sequence[Example] = (
        Example(
            "Cloudreve",
            ("POST", "/api/v4/session/token"),
            '{"email": "ada@example.com", "password": "correct horse"}',
            ("POST", "/api/v4/session/token/refresh"),
            then_body='{"refresh_token": "REFRESH_TOKEN"}',
        ),
    )

    def __init__(self, options: Options) -> None:
        self._debug = options.debug
        self._statuses = errors.LIMIT_STATUSES if options.limit_statuses else {}
        apps = apps_by_id(options.every_app)
        of_apps = replace(
            APP_KIND, accepts=partial(is_allowed_app, apps), serves=partial(serves, apps)
        )
        self.kinds: Sequence[TokenKind] = tuple(_kind(each, options) for each in (KIND, of_apps))
        self.algorithms = (ES256,) if options.access_algorithm == ES256 else ()
        captchas = Captchas(options.captcha_after, NetworkLimit("cloudreve:captcha", MOST_PICTURES))
        limit = NetworkLimit("cloudreve:prepare", options.prepare_limit)
        self.routes: Sequence[Route] = (
            session.refresh_route(apps),
            session.sign_in_route(captchas),
            *session.ROUTES,
            prepare.route(Prepare(options.prepare_reveals, limit)),
            *(authn.routes(options.issuer) if options.authn else ()),
            *app_consent.routes(apps),
            *app_tokens.routes(apps, options.issuer),
            *user.ROUTES,
            *drive.routes(options.capacity, NetworkLimit("cloudreve:info", options.prepare_limit)),
            *site.routes(_site_info(options)),
            captcha.route(captchas),
        )
        self.otherwise = drive.other_service

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """The envelope of a failure; plain text for a path without a route."""
        return errors.refuse(request, error, self._statuses, debug=self._debug)


def _kind(kind: TokenKind, options: Options) -> TokenKind:
    kind = replace(
        kind,
        rests_on_credentials=not options.access_outlives_password,
        old_form=options.old_refresh_tokens,
    )
    if options.access_algorithm == ES256:
        kind = checked_by_others(kind, options.issuer)
    return with_told(kind) if options.person_in_tokens else kind


def _site_info(options: Options) -> site.SiteInfo:
    return site.SiteInfo(
        options.title,
        options.instance_id,
        options.logo,
        options.logo_light,
        options.version,
        options.authn,
        options.tos_url,
        options.privacy_policy_url,
        login_captcha=options.captcha_after > 0,
    )


def build(options: Options | None = None) -> Cloudreve:
    """The dialect with these options."""
    return Cloudreve(options or Options())
