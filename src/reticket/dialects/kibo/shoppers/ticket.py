"""The ticket of a shopper, and the account in it."""

from __future__ import annotations

from reticket.core.model import Issued
from reticket.dialects.kibo.schemas import date_of, encode
from reticket.dialects.kibo.shoppers.schemas import CustomerAccount, CustomerAuthTicket


def ticket(issued: Issued) -> bytes:
    """The encoded ticket of a pair."""
    return encode(
        CustomerAuthTicket(
            access_token=issued.access_token,
            access_token_expiration=date_of(issued.access_expires_at),
            customer_account=nobodys_account(issued.family.subject),
            jwt_access_token=issued.access_token,
            refresh_token=issued.refresh_token,
            refresh_token_expiration=date_of(issued.refresh_expires_at),
            user_id=issued.family.subject,
        )
    )


def nobodys_account(user_id: str) -> CustomerAccount:
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
