"""What a token exchange asks for (RFC 8693 §2.1): audiences, a tenant and scopes."""

from __future__ import annotations

from typing import NamedTuple

from reticket.core.errors import Cause
from reticket.dialects.oauth.grants.limits import invalid_target
from reticket.dialects.oauth.inputs import Form
from reticket.oauth.lists import split_list

TENANT_PREFIX = "urn:reticket:tenant:"
"""The prefix of an audience that names the tenant of the new token, by its id."""


class ExchangeTarget(NamedTuple):
    """The target of the new token, as the request names it.

    Args:
        tenant: the id of a tenant, or None.
        audiences: the values of `audience` but for the tenant.
        resource: the parameter `resource`.
        scopes: the requested scopes, maybe none.
    """

    tenant: str | None
    audiences: tuple[str, ...]
    resource: str
    scopes: tuple[str, ...]


def requested_target(form: Form) -> ExchangeTarget:
    """The target in the parameters.

    Raises:
        OAuthError: `invalid_target`, for two tenants or an empty one.
    """
    requested = split_list(form.get("audience", ""))
    tenants = [
        each.removeprefix(TENANT_PREFIX) for each in requested if each.startswith(TENANT_PREFIX)
    ]
    if len(tenants) > 1 or "" in tenants:
        raise invalid_target(Cause.WRONG_TARGET)
    return ExchangeTarget(
        tenants[0] if tenants else None,
        tuple(each for each in requested if not each.startswith(TENANT_PREFIX)),
        form.get("resource", ""),
        split_list(form.get("scope", "")),
    )
