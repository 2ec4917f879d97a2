"""What the OpenAPI document says of the routes of shoppers beside their types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reticket.dialects.kibo.answers import MEDIA_TYPES
from reticket.dialects.kibo.document import described
from reticket.dialects.kibo.schemas import Error, Int32
from reticket.dialects.kibo.shoppers.shop import SITE_HEADER, TENANT_HEADER
from reticket.wire import Answer, Described, Parameter

TICKETS = "CustomerAuthTickets"
ACCOUNTS = "CustomerAccounts"

_TENANT = "The tenant of the shopper. Only an application of one tenant may leave it out."
_SHOP = (
    Parameter(TENANT_HEADER, "header", Int32, _TENANT),
    Parameter(SITE_HEADER, "header", Int32, "The site"),
)
_LIMITED = Answer("Too many requests; `Retry-After` says for how long.", Error, MEDIA_TYPES)


def of_shop(
    summary: str,
    description: str,
    tag: str,
    success: Any,
    *parameters: Parameter,
    body: Any = None,
) -> Described:
    """An operation that an application calls for a tenant. `success` is the type of the body."""
    made = described(summary, description, tag, (200, success), *_SHOP, *parameters, body=body)
    return replace(made, answers={**made.answers, 429: _LIMITED})
