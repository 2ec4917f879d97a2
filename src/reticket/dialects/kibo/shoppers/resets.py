"""Codes with which shoppers who forgot their password choose a new one."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.commands import (
    Asking,
    IssueResetCode,
    Now,
    RedeemResetCode,
    ResetCode,
    SendMessage,
)
from reticket.core.commands.passwords import RESET_LIFETIME
from reticket.core.messages import Message
from reticket.core.policy import SECOND
from reticket.core.realms import SignInName
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.answers import nothing
from reticket.dialects.kibo.kinds import SHOPPER
from reticket.dialects.kibo.shoppers.account import PATH
from reticket.dialects.kibo.shoppers.document import ACCOUNTS, of_shop
from reticket.dialects.kibo.shoppers.faults import named_as_sent, refused_as
from reticket.dialects.kibo.shoppers.schemas import ConfirmationInfo, CustomerResetPasswordInfo
from reticket.dialects.kibo.shoppers.shop import Shop, Through, shop_of
from reticket.wire import Operation, Route, WireRequest

_MINUTES = RESET_LIFETIME // 60
_CODE = "confirmationCode"
_NEW = "newPassword"


@dataclass(frozen=True, slots=True)
class Resets:
    """The operations.

    Args:
        most: codes for which one application asks in an hour.
        through: for whom failures count.
    """

    most: int
    through: Through

    def send(self, request: WireRequest) -> Operation:
        """Send a code to a shopper. No answer tells whether there is one with that name."""
        inputs.selection(inputs.query(request))
        body = inputs.members(request)
        name = inputs.text(body, "userName") or inputs.text(body, "emailAddress")
        name = inputs.required(name, "emailAddress")
        shop = yield from shop_of(request)
        named = SignInName(shop.realm, name)
        made: ResetCode | None = yield from IssueResetCode(SHOPPER, named, self.most, shop.owner)
        if made is not None:
            yield from _send(made, shop)
        return nothing(request)

    def redeem(self, request: WireRequest) -> Operation:
        """Set a new password with a code, once. All sessions of the shopper end."""
        inputs.selection(inputs.query(request))
        body = inputs.members(request)
        name = inputs.required(inputs.text(body, "userName"), "userName")
        code = inputs.required(inputs.text(body, _CODE), _CODE)
        new = inputs.required(inputs.text(body, _NEW), _NEW)
        shop = yield from shop_of(request)
        named, through = SignInName(shop.realm, name), self.through(shop)
        with refused_as(_CODE), named_as_sent(_NEW):
            yield from RedeemResetCode(SHOPPER, named, code, new, through)
        return nothing(request)


def _send(made: ResetCode, shop: Shop) -> Asking[None]:
    now: int = yield from Now()
    user = made.user
    site = {} if shop.site is None else {"site": str(shop.site)}
    yield from SendMessage(
        Message(
            topic="password_reset",
            person=user.id,
            recipient=user.email,
            subject="Your code for a new password",
            text=(
                f"{made.code}\n\n"
                f"This code lets you choose a new password once, within {_MINUTES} minutes.\n"
                "If you did not ask for it, ignore this message.\n"
            ),
            members={
                "code": made.code,
                "user_name": user.user_name or user.email,
                "tenant": shop.context,
                **site,
            },
            until=now + RESET_LIFETIME * SECOND,
        )
    )


def routes(most: int, through: Through) -> tuple[Route, ...]:
    """The routes of these codes."""
    resets = Resets(most, through)
    return (
        Route(
            "POST",
            f"{PATH}/Reset-Password",
            resets.send,
            of_shop(
                "Reset Password",
                "Sends a code to the shopper's e-mail address. Unknown names are answered alike.",
                ACCOUNTS,
                None,
                body=CustomerResetPasswordInfo,
            ),
        ),
        Route(
            "POST",
            f"{PATH}/Update-Forgotten-Password",
            resets.redeem,
            of_shop(
                "Update Forgotten Password",
                "Sets a new password with the code of a message, and ends all sessions.",
                ACCOUNTS,
                None,
                body=ConfirmationInfo,
            ),
        ),
    )
