"""Bodies of requests and responses, as they are on the wire and in the OpenAPI document.

No member is required, as in the vendor's schemas. A default of UNSET means: not nullable.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_SCOPE_IS_NULL = Meta(
    extra_json_schema={
        "x-reticket-deviation": "null before the user of several has chosen one",
    }
)

encode = msgspec.json.Encoder().encode

Int32 = Annotated[int, Meta(extra_json_schema={"format": "int32"})]
DateTime = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class AuthTicketRequest(Struct, rename="camel"):
    """Complex object to have the refresh token sent in the body intead of as clear text in the
    query string.
    """

    refresh_token: (
        Annotated[str, Meta(description="The refresh token for renewing the authorization.")] | None
    ) = None


class AppAuthInfo(Struct, rename="camel"):
    """The credentials of an application."""

    application_id: str | None = None
    shared_secret: str | None = None


class UserAuthInfo(Struct, rename="camel"):
    """The credentials of a user. `emailAddress` and `userName` mean the same."""

    email_address: str | None = None
    password: str | None = None
    user_name: str | None = None


class OAuthRequest(Struct):
    """A token request of OAuth 2.0 by an application. Names such as `clientId` are accepted too."""

    client_id: str | None = None
    client_secret: str | None = None
    grant_type: str | None = None
    refresh_token: str | None = None


class OAuthResponse(Struct):
    """A successful answer of OAuth 2.0 (RFC 6749 §5.1); `expires_in` is in seconds."""

    access_token: str | UnsetType = UNSET
    token_type: str | UnsetType = UNSET
    expires_in: int | UnsetType = UNSET
    refresh_token: str | UnsetType = UNSET


class AuthTicket(Struct, rename="camel"):
    """The ticket of an application."""

    access_token: str | None = None
    access_token_expiration: DateTime | UnsetType = UNSET
    environment_scope: (
        Annotated[
            str,
            Meta(
                description="For V2 credentials, indicates the environment scope "
                "(Sandbox/Production).\nNull for V1 credentials (no environment restriction)."
            ),
        ]
        | None
    ) = None
    refresh_token: str | None = None
    refresh_token_expiration: DateTime | UnsetType = UNSET


class UserProfile(Struct, rename="camel"):
    """The user who signed in."""

    email_address: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_id: str | None = None
    user_name: str | None = None


class TenantAttribute(Struct, rename="camel"):
    """A named value of any type."""

    create_by: str | None = None
    create_date: DateTime | UnsetType = UNSET
    name: str | None = None
    update_by: str | None = None
    update_date: DateTime | UnsetType = UNSET
    value: Any = None


class Catalog(Struct, rename="camel"):
    """A catalog of a master catalog."""

    default_currency_code: str | None = None
    default_locale_code: str | None = None
    id: Int32 | UnsetType = UNSET
    master_catalog_id: Int32 | UnsetType = UNSET
    name: str | None = None
    tenant_id: Int32 | UnsetType = UNSET


class AdminUserMasterCatalog(Struct, rename="camel"):
    """A master catalog of a tenant."""

    catalogs: list[Catalog] | None = None
    default_currency_code: str | None = None
    default_locale_code: str | None = None
    id: Int32 | UnsetType = UNSET
    name: str | None = None
    supported_locale_codes: tuple[str, ...] | None = None
    tenant_id: Int32 | UnsetType = UNSET


class Site(Struct, rename="camel"):
    """A site of a tenant."""

    attributes: list[TenantAttribute] | None = None
    catalog_id: Int32 | UnsetType = UNSET
    country_code: str | None = None
    currency_code: str | None = None
    domain: str | None = None
    id: Int32 | UnsetType = UNSET
    locale_code: str | None = None
    name: str | None = None
    primary_custom_domain: str | None = None
    tenant_id: Int32 | UnsetType = UNSET


class Tenant(Struct, rename="camel"):
    """A tenant; `lastLoginDate` is when who asks signed in before."""

    attributes: list[TenantAttribute] | None = None
    domain: str | None = None
    expiry: DateTime | None = None
    id: Int32 | UnsetType = UNSET
    is_dev_tenant: bool | UnsetType = UNSET
    is_unified: bool | UnsetType = UNSET
    last_login_date: DateTime | None = None
    master_catalogs: list[AdminUserMasterCatalog] | None = None
    name: str | None = None
    sites: list[Site] | None = None


class DeveloperAccount(Struct, rename="camel"):
    """A developer account."""

    id: Int32 | UnsetType = UNSET
    name: str | None = None


class TenantAdminUserAuthTicket(Struct, rename="camel"):
    """The ticket of an admin user."""

    access_token: str | None = None
    access_token_expiration: DateTime | UnsetType = UNSET
    available_tenants: list[Tenant] | None = None
    created_on: DateTime | UnsetType = UNSET
    granted_behaviors: list[Int32] | None = None
    jwt_access_token: str | None = None
    redirect: str | None = None
    refresh_token: str | None = None
    refresh_token_expiration: DateTime | UnsetType = UNSET
    sso_name_id: str | None = None
    sso_session: str | None = None
    tenant: Annotated[Tenant | None, _SCOPE_IS_NULL] = None
    user: UserProfile | UnsetType = UNSET


class DeveloperAdminUserAuthTicket(Struct, rename="camel"):
    """The ticket of a developer."""

    access_token: str | None = None
    access_token_expiration: DateTime | UnsetType = UNSET
    account: Annotated[DeveloperAccount | None, _SCOPE_IS_NULL] = None
    available_accounts: list[DeveloperAccount] | None = None
    created_on: DateTime | UnsetType = UNSET
    granted_behaviors: list[Int32] | None = None
    jwt_access_token: str | None = None
    refresh_token: str | None = None
    refresh_token_expiration: DateTime | UnsetType = UNSET
    user: UserProfile | UnsetType = UNSET


class ErrorDatum(Struct, rename="camel"):
    """A detail of an error."""

    name: str
    value: str


class ExceptionDetail(Struct, rename="camel"):
    """The internal cause, in debug mode only."""

    type: str
    message: str


class Error(Struct, rename="camel"):
    """A refusal."""

    application_name: str
    error_code: str
    message: str
    additional_error_data: list[ErrorDatum]
    items: list[dict[str, str]]
    exception_detail: ExceptionDetail | UnsetType = UNSET


def date_of(milliseconds: int) -> str:
    """`2020-07-23T12:00:00.000Z`, always with milliseconds: clients parse no other form."""
    return utc(_EPOCH + timedelta(milliseconds=milliseconds))


def utc(instant: datetime) -> str:
    """The same for a time in UTC."""
    return instant.isoformat(timespec="milliseconds") + "Z"
