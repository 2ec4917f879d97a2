"""`/session/prepare`: the ways in which the user of an e-mail may sign in.

The sign-in page sends it before the password. The real server reveals which accounts exist, and so
does this dialect by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from reticket.core.commands import FindUser
from reticket.core.errors import Code, Refusal
from reticket.dialects.cloudreve import inputs
from reticket.dialects.cloudreve.document import open_to_all
from reticket.dialects.cloudreve.network_limit import NetworkLimit
from reticket.dialects.cloudreve.schemas import Prepared, PrepareResponse, succeeded
from reticket.dialects.cloudreve.user import current_user, is_known
from reticket.wire import Operation, Parameter, Route, WireRequest


@dataclass(frozen=True, slots=True)
class Prepare:
    """The operation.

    Args:
        reveals: whether the response reveals that an account exists. If not, every e-mail gets the
            same response.
        limit: of the requests that one network may make.
    """

    reveals: bool
    limit: NetworkLimit

    def __call__(self, request: WireRequest) -> Operation:
        """The ways in which the user of an e-mail may sign in."""
        yield from current_user(request)
        email = inputs.email(request)
        if self.reveals:
            yield from self.limit.count(request)
            user = yield from FindUser(email)
            if user is None or not is_known(user):
                raise Refusal(Code.NOT_FOUND)
        return succeeded(Prepared(webauthn_enabled=False, password_enabled=True))


def route(prepare: Prepare) -> Route:
    """The route of the operation."""
    return Route(
        "GET",
        "/session/prepare",
        prepare,
        open_to_all(
            "Prepare sign-in",
            "How the user of an e-mail may sign in.",
            PrepareResponse,
            parameters=(
                Parameter(
                    "email",
                    "query",
                    Annotated[str, Meta(extra_json_schema={"format": "email"})],
                    "The e-mail that somebody signs in with.",
                    required=True,
                ),
            ),
        ),
    )
