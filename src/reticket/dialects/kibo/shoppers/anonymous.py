"""Tickets of shoppers who have not signed in. Only their session is stored."""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.commands import BeginSession, RandomBytes
from reticket.core.people import Guest
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.kinds import ANONYMOUS_SHOPPER
from reticket.dialects.kibo.shoppers.document import TICKETS, of_shop
from reticket.dialects.kibo.shoppers.limits import ShopLimit
from reticket.dialects.kibo.shoppers.schemas import CustomerAuthTicket
from reticket.dialects.kibo.shoppers.shop import shop_of
from reticket.dialects.kibo.shoppers.terms import Terms
from reticket.dialects.kibo.shoppers.ticket import ticket
from reticket.wire import Operation, Route, WireRequest

PATH = "/commerce/customer/authtickets"


@dataclass(frozen=True, slots=True)
class AnonymousShoppers:
    """The operation that begins such a session.

    Args:
        limit: of the sessions that one application begins.
    """

    limit: ShopLimit

    def create(self, request: WireRequest) -> Operation:
        """Begin a session of a new person without a name. The user id lasts as long as it."""
        wanted = inputs.selection(inputs.query(request))
        shop = yield from shop_of(request)
        yield from self.limit.count(request, shop)
        random: bytes = yield from RandomBytes(16)
        issued = yield from BeginSession(
            ANONYMOUS_SHOPPER,
            Guest(random.hex()),
            shop.context,
            client=shop.application.id,
            terms=Terms(site=shop.site).text(),
        )
        return answer(request, 200, ticket(issued), wanted)


def route(limit: ShopLimit) -> Route:
    """The route of these tickets."""
    return Route(
        "GET",
        f"{PATH}/anonymousshopper",
        AnonymousShoppers(limit).create,
        of_shop(
            "Create Anonymous Shopper Auth Ticket",
            "Begins the session of a shopper who has not signed in.",
            TICKETS,
            CustomerAuthTicket,
        ),
        begins=True,
    )
