"""Bodies about apps, as they are on the wire and in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from reticket.dialects.cloudreve.schemas import Success


class ShownApp(Struct, omit_defaults=True):
    """An app, as people see it before they let it in."""

    id: str
    name: str
    homepage_url: str | UnsetType = UNSET
    icon: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    consented_scopes: list[str] | UnsetType = UNSET


class ShownAppResponse(Success[ShownApp]):
    """An app."""


class ConsentRequest(Struct):
    """What a person grants to an app."""

    client_id: str
    response_type: str
    redirect_uri: str
    scope: Annotated[str, Meta(description="Separated by spaces.")]
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


class Granted(Struct):
    """An authorization code."""

    code: str
    state: str


class GrantedResponse(Success[Granted]):
    """An authorization code."""


class AppTokenRequest(Struct):
    """An authorization code, to be exchanged for tokens."""

    client_id: str
    client_secret: str
    grant_type: str
    code: str
    code_verifier: str = ""
    redirect_uri: str = ""


class AppTokens(Struct):
    """The tokens of an app; lifetimes in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token_expires_in: int
    scope: str
    refresh_token: str | UnsetType = UNSET


class ExchangeFailure(Struct):
    """Why a code was not exchanged."""

    error: str
    error_description: str
    error_codes: list[int]
    correlation_id: str


class UserInfo(Struct):
    """The person of a token, as far as its scopes go (OpenID Connect Core §5.3.2)."""

    sub: str
    name: str | UnsetType = UNSET
    preferred_username: str | UnsetType = UNSET
    picture: str | UnsetType = UNSET
    updated_at: int | UnsetType = UNSET
    email: str | UnsetType = UNSET
    email_verified: bool | UnsetType = UNSET
