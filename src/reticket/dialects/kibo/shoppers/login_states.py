"""What a shop may know of the login of a shopper."""

from __future__ import annotations

from reticket.core.commands import FindUser
from reticket.core.errors import Code, Refusal
from reticket.core.people import User
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.fields import Selection
from reticket.dialects.kibo.schemas import date_of, encode
from reticket.dialects.kibo.shoppers.account import IN_PATH, ONE, PATH, account_in, shopper_of
from reticket.dialects.kibo.shoppers.document import ACCOUNTS, of_shop
from reticket.dialects.kibo.shoppers.schemas import LoginState
from reticket.dialects.kibo.shoppers.shop import shop_of
from reticket.wire import Operation, Parameter, Route, WireRequest, WireResponse

USER_NAME = "userName"
EMAIL = "emailAddress"


def of_account(request: WireRequest) -> Operation:
    """The state of the login of an account."""
    wanted = inputs.selection(inputs.query(request))
    account = account_in(request)
    shop = yield from shop_of(request)
    user = yield from shopper_of(shop, account)
    return _state(request, user, wanted)


def by_user_name(request: WireRequest) -> Operation:
    """The same by user name."""
    return (yield from _by_name(request, USER_NAME))


def by_email(request: WireRequest) -> Operation:
    """The same by e-mail address."""
    return (yield from _by_name(request, EMAIL))


def _by_name(request: WireRequest, parameter: str) -> Operation:
    values = inputs.query(request)
    wanted = inputs.selection(values)
    name = inputs.required(values.get(parameter.lower()), parameter)
    shop = yield from shop_of(request)
    user: User | None = yield from FindUser(name, shop.realm)
    if user is None:
        raise Refusal(Code.NOT_FOUND)
    return _state(request, user, wanted)


def _state(request: WireRequest, user: User, wanted: Selection | None) -> WireResponse:
    state = LoginState(
        created_on=date_of(user.created_at),
        is_locked=user.disabled,
        is_password_change_required=False,
        updated_on=date_of(user.updated_at),
    )
    return answer(request, 200, encode(state), wanted)


_DESCRIPTION = (
    "The state of the login of a shopper. Failed attempts are not told: each network has its own."
)

ROUTES = (
    Route(
        "GET",
        f"{ONE}/loginstate",
        of_account,
        of_shop("Get Login State", _DESCRIPTION, ACCOUNTS, LoginState, IN_PATH),
    ),
    Route(
        "POST",
        f"{PATH}/loginstatebyusername",
        by_user_name,
        of_shop(
            "Get Login State By User Name",
            _DESCRIPTION,
            ACCOUNTS,
            LoginState,
            Parameter(USER_NAME, "query", str, "The user name", required=True),
        ),
    ),
    Route(
        "POST",
        f"{PATH}/loginstatebyemailaddress",
        by_email,
        of_shop(
            "Get Login State By Email Address",
            _DESCRIPTION,
            ACCOUNTS,
            LoginState,
            Parameter(EMAIL, "query", str, "The e-mail address", required=True),
        ),
    ),
)
