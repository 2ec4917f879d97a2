"""The sign-in of shoppers by their passwords."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.commands import Asking, BeginSession, FactorRule, SignIn
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import User
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.fields import Selection
from reticket.dialects.kibo.kinds import SHOPPER
from reticket.dialects.kibo.shoppers.anonymous import PATH
from reticket.dialects.kibo.shoppers.document import TICKETS, of_shop
from reticket.dialects.kibo.shoppers.schemas import CustomerAuthTicket, CustomerUserAuthInfo
from reticket.dialects.kibo.shoppers.shop import Shop, Through, shop_of
from reticket.dialects.kibo.shoppers.terms import Terms
from reticket.dialects.kibo.shoppers.ticket import ticket
from reticket.wire import Operation, Route, WireRequest, WireResponse


@dataclass(frozen=True, slots=True)
class SignIns:
    """The operation.

    Args:
        factor: how a shopper with a second factor is treated.
        through: for whom failures count.
    """

    factor: FactorRule
    through: Through

    def create(self, request: WireRequest) -> Operation:
        """Sign in with an e-mail address or a user name. An account must be the shopper's own."""
        wanted = inputs.selection(inputs.query(request))
        body = inputs.members(request)
        name = inputs.required(inputs.text(body, "username"), "username")
        password = inputs.required(inputs.text(body, "password"), "password")
        account = inputs.number(body, "accountId")
        shop = yield from shop_of(request)
        user = yield from self.of(shop, name, password)
        if account and user.number != account:
            raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
        return (yield from begin(request, shop, user, wanted))

    def of(self, shop: Shop, name: str, password: str) -> SignIn:
        """The command that checks the password of a shopper."""
        through = self.through(shop)
        return SignIn(
            SHOPPER, name, password, factor=self.factor, realm=shop.realm, through=through
        )


def begin(
    request: WireRequest, shop: Shop, user: User, wanted: Selection | None
) -> Asking[WireResponse]:
    """The ticket of a new session of a shopper."""
    terms = Terms(site=shop.site, account=user.number).text()
    issued = yield from BeginSession(
        SHOPPER, user, shop.context, client=shop.application.id, terms=terms
    )
    return answer(request, 200, ticket(issued), wanted)


def route(sign_ins: SignIns) -> Route:
    """The route of the sign-in."""
    return Route(
        "POST",
        PATH,
        sign_ins.create,
        of_shop(
            "Create User Auth Ticket",
            "Authenticates a shopper. An anonymous session before it goes on to its own end.",
            TICKETS,
            CustomerAuthTicket,
            body=CustomerUserAuthInfo,
        ),
    )
