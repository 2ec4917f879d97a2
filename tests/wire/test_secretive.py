"""A type that holds secrets shows none of them."""

import pytest

from reticket.admin.idempotency import Remembered
from reticket.admin.schemas import ClientAnswer, SecretAnswer
from reticket.admin.user_schemas import NewPassword, NewUser
from reticket.dialects.oauth.endpoints.device import DeviceAuthorizationResponse
from reticket.dialects.oauth.endpoints.par import PushedAuthorizationResponse
from reticket.dialects.oauth.grants.token_request import TokenRequest
from reticket.oauth.token_response import TokenResponse
from reticket.wire import WireRequest, WireResponse

HOLDERS = (
    WireRequest, WireResponse, TokenRequest, TokenResponse, DeviceAuthorizationResponse,
    PushedAuthorizationResponse, Remembered, ClientAnswer, NewPassword, NewUser, SecretAnswer,
)  # fmt: skip


@pytest.mark.parametrize("kind", HOLDERS)
def test_no_member_of_a_holder_of_secrets_is_shown(kind):
    held = kind(**dict.fromkeys(kind.__struct_fields__, "hidden"))
    assert repr(held) == f"{kind.__name__}(...)"
