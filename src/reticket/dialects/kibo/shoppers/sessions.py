"""Refresh and sign-out of shoppers, signed in or not."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from reticket.core.commands import Asking, Check, EndSession, ReadRefresh, Refresh
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Family
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.answers import answer, nothing
from reticket.dialects.kibo.document import TOKEN
from reticket.dialects.kibo.kinds import ANONYMOUS_SHOPPER, SHOPPER
from reticket.dialects.kibo.schemas import Int32
from reticket.dialects.kibo.shoppers.anonymous import PATH
from reticket.dialects.kibo.shoppers.document import TICKETS, of_shop
from reticket.dialects.kibo.shoppers.schemas import CustomerAuthTicket
from reticket.dialects.kibo.shoppers.shop import Shop, shop_of
from reticket.dialects.kibo.shoppers.terms import terms_of
from reticket.dialects.kibo.shoppers.ticket import ticket
from reticket.wire import Operation, Parameter, Route, WireRequest

ACCOUNT = "accountId"


def refresh(request: WireRequest) -> Operation:
    """The next ticket for a refresh token. An account in the query must be the session's."""
    values = inputs.query(request)
    wanted, account = inputs.selection(values), inputs.optional_id(values, ACCOUNT)
    token = inputs.required(values.get(TOKEN.lower()), TOKEN)
    shop = yield from shop_of(request)
    kind = yield from _kind_of(token)
    with _unknown_is_not_found():
        issued = yield from Refresh(
            kind,
            token,
            check=_of_shop(shop),
            fits=_of_account(account),
        )
    return answer(request, 200, ticket(issued), wanted)


def delete(request: WireRequest) -> Operation:
    """End the session of a refresh token."""
    values = inputs.query(request)
    inputs.selection(values)
    token = inputs.required(values.get(TOKEN.lower()), TOKEN)
    shop = yield from shop_of(request)
    kind = yield from _kind_of(token)
    with _unknown_is_not_found():
        yield from EndSession(kind, token, check=_of_shop(shop))
    return nothing(request)


def _kind_of(token: str) -> Asking[str]:
    """Whose key made a token; the kind of shoppers who have signed in for one that nobody's did."""
    try:
        yield from ReadRefresh(ANONYMOUS_SHOPPER, token)
    except Refusal as refusal:
        if refusal.code is not Code.INVALID_TOKEN:
            raise
        return SHOPPER
    return ANONYMOUS_SHOPPER


def _of_shop(shop: Shop) -> Check:
    """A session belongs to the shoppers of its tenant: another tenant's application does not find
    it.
    """

    def check(row: Family, now: int) -> None:
        if row.context != shop.context:
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)

    return check


def _of_account(account: int | None) -> Check:
    """A session is of one account. None asks for none, and so does 0, which some clients send."""

    def check(row: Family, now: int) -> None:
        if account and terms_of(row.terms).account != account:
            raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)

    return check


@contextmanager
def _unknown_is_not_found() -> Generator[None]:
    """A refresh token that is not good is NOT_FOUND, as a test suite of the vendor wants."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code is not Code.INVALID_TOKEN:
            raise
        raise Refusal(Code.NOT_FOUND, refusal.cause) from refusal


_TOKEN = Parameter(TOKEN, "query", str, "The refresh token of the session", required=True)

ROUTES = (
    Route(
        "PUT",
        f"{PATH}/refresh",
        refresh,
        of_shop(
            "Refresh User Auth Ticket",
            "Returns the next ticket. Proxies log queries: keep the refresh token out of their "
            "logs.",
            TICKETS,
            CustomerAuthTicket,
            _TOKEN,
            Parameter(ACCOUNT, "query", Int32, "The account of the shopper"),
        ),
    ),
    Route(
        "DELETE",
        PATH,
        delete,
        of_shop(
            "Delete User Auth Ticket",
            "Ends the session of a refresh token. The access token lives on to its own end.",
            TICKETS,
            None,
            _TOKEN,
        ),
    ),
)
