"""A new password of a shopper who knows the old one."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.commands import ChangePassword, FactorRule
from reticket.core.errors import Code, Refusal
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.answers import nothing
from reticket.dialects.kibo.kinds import SHOPPER
from reticket.dialects.kibo.shoppers.account import IN_PATH, ONE, account_in, shopper_of
from reticket.dialects.kibo.shoppers.document import ACCOUNTS, of_shop
from reticket.dialects.kibo.shoppers.faults import named_as_sent, refused_as
from reticket.dialects.kibo.shoppers.schemas import CustomerPasswordInfo
from reticket.dialects.kibo.shoppers.shop import Through, shop_of
from reticket.wire import Operation, Parameter, Route, WireRequest

_USER = "userId"
_OLD, _NEW = "oldPassword", "newPassword"


@dataclass(frozen=True, slots=True)
class NewPasswords:
    """The operation.

    Args:
        factor: how a shopper with a second factor is treated.
        through: for whom failures count.
    """

    factor: FactorRule
    through: Through

    def change(self, request: WireRequest) -> Operation:
        """Replace a password. All sessions of the shopper end."""
        values = inputs.query(request)
        inputs.selection(values)
        body, account = inputs.members(request), account_in(request)
        old = inputs.required(inputs.text(body, _OLD), _OLD)
        new = inputs.required(inputs.text(body, _NEW), _NEW)
        shop = yield from shop_of(request)
        user = yield from shopper_of(shop, account)
        if values.get(_USER.lower()) not in (None, user.id):
            raise Refusal(Code.NOT_FOUND)
        with refused_as(_OLD), named_as_sent(_NEW):
            yield from ChangePassword(SHOPPER, user, old, new, self.factor, self.through(shop))
        return nothing(request)


def route(factor: FactorRule, through: Through) -> Route:
    """The route of new passwords."""
    return Route(
        "POST",
        f"{ONE}/Change-Password",
        NewPasswords(factor, through).change,
        of_shop(
            "Change Password",
            "Replaces a password and ends all sessions of the shopper. `unlockAccount` has no "
            "effect: only an operator lifts a block.",
            ACCOUNTS,
            None,
            IN_PATH,
            Parameter("unlockAccount", "query", bool, "Has no effect"),
            Parameter(_USER, "query", str, "The shopper, who must be the account's"),
            body=CustomerPasswordInfo,
        ),
    )
