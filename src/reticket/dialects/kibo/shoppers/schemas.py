"""Bodies of the requests about shoppers, and of their answers.

The vendor's document has more members of an account. Those that nobody here can know are left out.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from reticket.dialects.kibo.schemas import DateTime, Int32

_ELSEWHERE = Meta(description="Always empty: it is not kept here.")
Elsewhere = Annotated[list[dict[str, Any]], _ELSEWHERE]


class CustomerAccount(Struct, rename="camel"):
    """The account of a shopper. That of somebody who has not signed in has no `id`."""

    accepts_marketing: bool | UnsetType = UNSET
    account_type: str | None = None
    attributes: Elsewhere | None = None
    company_or_organization: str | None = None
    contacts: Elsewhere | None = None
    customer_set: str | None = None
    customer_since_date: DateTime | None = None
    email_address: str | None = None
    external_id: str | None = None
    first_name: str | None = None
    has_external_password: bool | UnsetType = UNSET
    id: Int32 | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    is_anonymous: bool | UnsetType = UNSET
    is_locked: bool | UnsetType = UNSET
    last_name: str | None = None
    locale_code: str | None = None
    notes: Elsewhere | None = None
    segments: Elsewhere | None = None
    tax_exempt: bool | UnsetType = UNSET
    tax_id: str | None = None
    user_id: str | None = None
    user_name: str | None = None


class CustomerAuthTicket(Struct, rename="camel"):
    """The ticket of a shopper."""

    access_token: str | None = None
    access_token_expiration: DateTime | UnsetType = UNSET
    customer_account: CustomerAccount | UnsetType = UNSET
    jwt_access_token: str | None = None
    refresh_token: str | None = None
    refresh_token_expiration: DateTime | UnsetType = UNSET
    user_id: str | None = None


class CustomerUserAuthInfo(Struct, rename="camel"):
    """The credentials of a shopper. `username` may be an e-mail address."""

    account_id: Int32 | None = None
    password: str | None = None
    username: str | None = None


class CustomerAccountAndAuthInfo(Struct, rename="camel"):
    """A new account and its password."""

    account: CustomerAccount | None = None
    external_password: str | None = None
    is_import: bool | UnsetType = UNSET
    password: str | None = None


class CustomerLoginInfo(Struct, rename="camel"):
    """The login of an account."""

    email_address: str | None = None
    external_password: str | None = None
    is_import: bool | UnsetType = UNSET
    password: str | None = None
    username: str | None = None


class CustomerPasswordInfo(Struct, rename="camel"):
    """Old password and new password."""

    external_password: str | None = None
    new_password: str | None = None
    old_password: str | None = None


class CustomerResetPasswordInfo(Struct, rename="camel"):
    """Who wants a new password: one of both names is enough."""

    customer_set_code: str | None = None
    email_address: str | None = None
    user_name: str | None = None


class ConfirmationInfo(Struct, rename="camel"):
    """The code of a message, and a new password."""

    confirmation_code: str | None = None
    new_password: str | None = None
    user_name: str | None = None


class LoginState(Struct, rename="camel", omit_defaults=True):
    """The state of a login. What the service does not know is left out."""

    created_on: DateTime | UnsetType = UNSET
    failed_login_attempt_count: Int32 | UnsetType = UNSET
    first_failed_login_attempt_on: DateTime | None = None
    is_locked: bool | UnsetType = UNSET
    is_password_change_required: bool | UnsetType = UNSET
    last_locked_on: DateTime | None = None
    last_login_on: DateTime | None = None
    last_password_change_on: DateTime | None = None
    remaining_login_attempts: Int32 | UnsetType = UNSET
    updated_on: DateTime | UnsetType = UNSET
