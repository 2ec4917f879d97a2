"""Where a request about shoppers comes from: an application, a tenant of it, and a site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from reticket.core.commands import Asking, FindTenant, ReadAccess
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.people import Application, Tenant
from reticket.core.storage.budget import Owner, of_client
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.kinds import APPLICATION
from reticket.dialects.kibo.shoppers.realm import SHOPPERS
from reticket.dialects.kibo.tenant_facts import facts_of
from reticket.wire import WireRequest

TENANT_HEADER = "x-vol-tenant"
SITE_HEADER = "x-vol-site"


@dataclass(frozen=True, slots=True)
class Shop:
    """An authenticated application, and the tenant and site that it speaks for.

    Args:
        site: None when the request named none.
    """

    application: Application
    tenant: int
    site: int | None

    @property
    def context(self) -> str:
        """The tenant as sessions name it."""
        return str(self.tenant)

    @property
    def realm(self) -> str:
        """Where the tenant's shoppers are looked up."""
        return SHOPPERS.of(self.tenant)

    @property
    def owner(self) -> Owner:
        """Whose share of the storage its requests take."""
        return of_client(self.application.id)


Through = Callable[[Shop], Owner | None]
"""For whom the failures of a shop's visitors count, as `SignIn.through`."""


def the_shop(shop: Shop) -> Owner | None:
    """They count for the application, since the caller's address is that of its server."""
    return shop.owner


def nobody(shop: Shop) -> Owner | None:
    """They count for the caller's address, which is the visitor's."""
    return None


def shop_of(request: WireRequest) -> Asking[Shop]:
    """The shop of a request.

    Raises:
        Refusal: INVALID_PARAMETER for the headers of tenant and site; INVALID_ACCESS_TOKEN for the
            application's token; ACCESS_DENIED for a tenant that it may not see; NOT_FOUND.
    """
    named, site = _header_id(request, TENANT_HEADER), _header_id(request, SITE_HEADER)
    application = yield from _application(request)
    tenant_id = _only_tenant(application) if named is None else named
    if application.tenants is not None and tenant_id not in application.tenants:
        raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
    tenant = yield from FindTenant(tenant_id)
    if tenant is None:
        raise Refusal(Code.NOT_FOUND)
    _expect_site(tenant, site)
    return Shop(application, tenant_id, site)


def _only_tenant(application: Application) -> int:
    """The tenant of an application that has one alone. One client of the vendor's names none, since
    the vendor's host names tell it.

    Raises:
        Refusal: INVALID_PARAMETER, when the request must say which.
    """
    tenants = application.tenants
    if tenants is None or len(tenants) != 1:
        raise wrong(TENANT_HEADER, "is required")
    return next(iter(tenants))


def _application(request: WireRequest) -> Asking[Application]:
    """The application whose token a request has. A shopper's token beside it is not read."""
    token = request.header(b"x-vol-app-claims") or request.bearer()
    if not token:
        raise Refusal(Code.INVALID_ACCESS_TOKEN)
    _, holder = yield from ReadAccess((APPLICATION,), token)
    return cast(Application, holder)


def _header_id(request: WireRequest, name: str) -> int | None:
    value = request.header(name.encode())
    return inputs.int32(value.strip(), name) if value and value.strip() else None


def _expect_site(tenant: Tenant, site: int | None) -> None:
    """A tenant whose sites the directory does not have may name any."""
    sites = facts_of(tenant).sites
    if site is not None and sites and all(each.id != site for each in sites):
        raise wrong(SITE_HEADER, "is no site of the tenant")
