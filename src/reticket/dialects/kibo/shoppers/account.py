"""The account that a path names."""

from __future__ import annotations

from reticket.core.commands import Asking, FindUserByNumber
from reticket.core.errors import Code, Refusal
from reticket.core.people import User
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.document import in_path
from reticket.dialects.kibo.schemas import Int32
from reticket.dialects.kibo.shoppers.shop import Shop
from reticket.wire import WireRequest

PATH = "/commerce/customer/accounts"
ID = "accountId"
ONE = f"{PATH}/{{{ID}}}"
IN_PATH = in_path(ID, Int32, "The account")


def account_in(request: WireRequest) -> int:
    """The number of the account. INVALID_PARAMETER."""
    return inputs.int32(request.parameters[ID], ID)


def shopper_of(shop: Shop, account: int) -> Asking[User]:
    """The shopper of the tenant with that account. NOT_FOUND."""
    user: User | None = yield from FindUserByNumber(shop.realm, account)
    if user is None:
        raise Refusal(Code.NOT_FOUND)
    return user
