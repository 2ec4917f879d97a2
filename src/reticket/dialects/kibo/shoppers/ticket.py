"""The ticket of a shopper, and the account in it."""

from __future__ import annotations

from msgspec import UNSET

from reticket.core.model import Holder, Issued
from reticket.core.people import User
from reticket.dialects.kibo.schemas import date_of, encode
from reticket.dialects.kibo.shoppers.schemas import CustomerAccount, CustomerAuthTicket


def ticket(issued: Issued) -> bytes:
    """The encoded ticket of a pair."""
    return encode(
        CustomerAuthTicket(
            access_token=issued.access_token,
            access_token_expiration=date_of(issued.access_expires_at),
            customer_account=_account_of(issued.holder),
            jwt_access_token=issued.access_token,
            refresh_token=issued.refresh_token,
            refresh_token_expiration=date_of(issued.refresh_expires_at),
            user_id=issued.family.subject,
        )
    )


def _account_of(holder: Holder) -> CustomerAccount:
    return account_of(holder) if isinstance(holder, User) else _nobodys_account(holder.id)


def account_of(user: User) -> CustomerAccount:
    """The account of a shopper."""
    return CustomerAccount(
        attributes=[],
        contacts=[],
        customer_since_date=date_of(user.created_at),
        email_address=user.email,
        first_name=user.first_name,
        id=UNSET if user.number is None else user.number,
        is_active=user.active,
        is_anonymous=False,
        is_locked=user.disabled,
        last_name=user.last_name,
        notes=[],
        segments=[],
        user_id=user.id,
        user_name=user.user_name or user.email,
    )


def _nobodys_account(user_id: str) -> CustomerAccount:
    """The account of somebody who has not signed in."""
    return CustomerAccount(
        attributes=[],
        contacts=[],
        is_active=True,
        is_anonymous=True,
        is_locked=False,
        notes=[],
        segments=[],
        user_id=user_id,
    )
