"""Akinon AppMaker: sign-in, refresh, sign-out and profile of an organization's user.

Owns the wire format: camelCase, bare objects, `validationError` and `apiError`. Source: the
vendor's OpenAPI document. Where it says nothing, the answers are of our own design.
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
from reticket.core.tokens.kinds import ES256, TokenKind, checked_by_others, with_told
from reticket.dialects.akinon import errors, session, user
from reticket.dialects.akinon.document import DOCUMENT
from reticket.dialects.akinon.old_sign_in import OLD_SIGN_IN
from reticket.dialects.akinon.profile import PERSON
from reticket.dialects.akinon.user import AKINON_2026, KIND
from reticket.wire import Dialect, Document, Offer, Route, WireRequest, WireResponse
from reticket.wire_examples import Example


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of this dialect.

    Args:
        issuer: the setting `issuer`, or the address served.
        access_algorithm: the algorithm that signs access tokens. Other servers can check ES256
            tokens by the published keys. For HS256 tokens they need introspection or a shared key.
            No known client reads the algorithm.
        person_in_tokens: whether an access token has the person's `roles` and `organization`.
        require_access_token: whether refresh and log-out require a valid access token of the same
            user, as the vendor's document declares. A client with an expired one must sign in
            again.
        second_factor: Akinon's clients cannot ask for a second factor. So a person who has one is
            refused. With `ignore` such a person signs in by password alone.
    """

    issuer: str = "http://127.0.0.1:8088"
    access_algorithm: Literal["HS256", "ES256"] = "HS256"
    person_in_tokens: bool = False
    require_access_token: bool = False
    second_factor: Literal["refuse", "ignore"] = "refuse"


class Akinon(Dialect):
    """The dialect: its routes, and its answers to errors."""

    name = "akinon"
    base_path = "/api/v1"
    person: Part[Any] | None = PERSON
    presets: Sequence[Policy] = (AKINON_2026,)
    refusals: Mapping[Code, errors.Failure] = errors.REFUSALS
    document: Document = DOCUMENT
    guide: str = "Begin with the [quick start](../quickstart/akinon.md)."
    old_sign_in: OldSignIn | None = OLD_SIGN_IN
    offers: Sequence[Offer] = (
        Offer("Akinon AppMaker", ("/api/v1/auth/…", "/api/v1/profile/me"), "akinon.user"),
    )
    examples: Sequence[Example] = (
        Example(
            "Akinon",
            ("POST", "/api/v1/auth/login"),
            '{"username": "ada@example.com", "password": "correct horse"}',
            ("POST", "/api/v1/auth/refresh-token"),
            refused='{"username": "alan@example.com", "password": "enigma-1912"}',
        ),
    )

    def __init__(self, options: Options) -> None:
        self.kinds: Sequence[TokenKind] = (_kind(options),)
        self.algorithms = (ES256,) if options.access_algorithm == ES256 else ()
        subject = user.subject_of_access_token if options.require_access_token else None
        self.routes: Sequence[Route] = (
            *session.routes(subject, FactorRule(options.second_factor)),
            *user.ROUTES,
        )

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """`validationError` for a request with invalid members, else `apiError`."""
        return errors.refuse(error)


def _kind(options: Options) -> TokenKind:
    is_signed = options.access_algorithm == ES256
    kind = checked_by_others(KIND, options.issuer) if is_signed else KIND
    return with_told(kind) if options.person_in_tokens else kind


def build(options: Options | None = None) -> Akinon:
    """The dialect with these options."""
    return Akinon(options or Options())
