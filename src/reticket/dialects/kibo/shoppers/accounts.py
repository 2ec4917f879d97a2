"""Shoppers who sign up: a new account with its login, and the login of an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reticket.core.commands import SignUp
from reticket.core.errors import wrong
from reticket.core.people import NewPerson
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.kinds import SHOPPER
from reticket.dialects.kibo.shoppers.account import IN_PATH, ONE, PATH, account_in, shopper_of
from reticket.dialects.kibo.shoppers.document import ACCOUNTS, of_shop
from reticket.dialects.kibo.shoppers.faults import named_as_sent, refused_as
from reticket.dialects.kibo.shoppers.schemas import (
    CustomerAccountAndAuthInfo,
    CustomerAuthTicket,
    CustomerLoginInfo,
)
from reticket.dialects.kibo.shoppers.shop import shop_of
from reticket.dialects.kibo.shoppers.sign_in import SignIns, begin
from reticket.wire import Operation, Route, WireRequest

_PASSWORD = "password"  # noqa: S105 - a member


@dataclass(frozen=True, slots=True)
class Accounts:
    """The operations.

    Args:
        sign_ins: of shoppers who have a login already.
        most: accounts that one application adds in an hour.
    """

    sign_ins: SignIns
    most: int

    def add_and_sign_in(self, request: WireRequest) -> Operation:
        """Create an account with a login, and sign in."""
        wanted = inputs.selection(inputs.query(request))
        body = inputs.members(request)
        person = _new_person(inputs.nested(body, "account"))
        password = inputs.required(inputs.text(body, _PASSWORD), _PASSWORD)
        shop = yield from shop_of(request)
        with named_as_sent(_PASSWORD):
            user = yield from SignUp(
                SHOPPER, shop.realm, person, password, self.most, shop.owner,
                self.sign_ins.through(shop),
            )  # fmt: skip
        return (yield from begin(request, shop, user, wanted))

    def create_login(self, request: WireRequest) -> Operation:
        """Sign in to an account. Every account has its login from the beginning, so a request that
        names another login or password is refused.
        """
        wanted = inputs.selection(inputs.query(request))
        body = inputs.members(request)
        name = inputs.text(body, "username") or inputs.text(body, "emailAddress")
        name = inputs.required(name, "username")
        password = inputs.required(inputs.text(body, _PASSWORD), _PASSWORD)
        account = account_in(request)
        shop = yield from shop_of(request)
        found = yield from shopper_of(shop, account)
        with refused_as(_PASSWORD):
            user = yield from self.sign_ins.of(shop, name, password)
        if user.id != found.id:
            raise wrong("username", "is the login of another account")
        return (yield from begin(request, shop, user, wanted))


def _new_person(account: Mapping[str, Any]) -> NewPerson:
    email = inputs.required(inputs.text(account, "emailAddress"), "emailAddress")
    user_name = inputs.text(account, "userName")
    return NewPerson(
        email=email,
        user_name=None if user_name == email else user_name,
        first_name=inputs.text(account, "firstName"),
        last_name=inputs.text(account, "lastName"),
    )


def routes(sign_ins: SignIns, most: int) -> tuple[Route, ...]:
    """The routes of new accounts and their logins."""
    accounts = Accounts(sign_ins, most)
    return (
        Route(
            "POST",
            f"{PATH}/Add-Account-And-Login",
            accounts.add_and_sign_in,
            of_shop(
                "Add Account And Login",
                "Creates an account with a login and signs in. Only the e-mail address, the user "
                "name and the person's names are kept.",
                ACCOUNTS,
                CustomerAuthTicket,
                body=CustomerAccountAndAuthInfo,
            ),
        ),
        Route(
            "POST",
            f"{ONE}/Create-Login",
            accounts.create_login,
            of_shop(
                "Add Login To Existing Customer",
                "Signs in to an account. Every account has a login here, and the request must "
                "name that one.",
                ACCOUNTS,
                CustomerAuthTicket,
                IN_PATH,
                body=CustomerLoginInfo,
            ),
        ),
    )
