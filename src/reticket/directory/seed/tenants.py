"""Tenants and developer accounts as a seed writes them, into records."""

from __future__ import annotations

from operator import attrgetter

from reticket.core.people import Attribute, DeveloperAccount, Site, Tenant
from reticket.directory.seed.catalogs import CatalogReader
from reticket.directory.seed.fields import Entry, Fields, distinct, int32
from reticket.directory.seed.spot import Spot

_TENANT = (
    "id",
    "name",
    "domain",
    "is_dev_tenant",
    "is_unified",
    "expiry",
    "attributes",
    "master_catalogs",
    "sites",
)
_ATTRIBUTE = ("name", "value", "create_by", "create_date", "update_by", "update_date")
_SITE = (
    "id",
    "name",
    "domain",
    "primary_custom_domain",
    "catalog_id",
    "locale_code",
    "currency_code",
    "country_code",
    "attributes",
)
NO_CATALOG = 0
"""The catalog of a site that names none: the wire has no null there."""


def read_account(spot: Spot) -> Entry[DeveloperAccount]:
    """A developer account."""
    fields = Fields(spot, ("id", "name"))
    account_id = fields.required("id", int32)
    account = DeveloperAccount(account_id, fields.optional("name", Spot.text, None))
    return Entry(spot, account_id, account)


class TenantReader:
    """Reads tenants.

    Args:
        now: milliseconds; when attributes were made that do not say when.
    """

    def __init__(self, now: int) -> None:
        self._now = now

    def read(self, spot: Spot) -> Entry[Tenant]:
        """A tenant with all that hangs on it."""
        fields = Fields(spot, _TENANT)
        tenant_id = fields.required("id", int32)
        sites = distinct(lambda item: self._site(item, tenant_id), attrgetter("id"), "id")
        tenant = Tenant(
            id=tenant_id,
            name=fields.optional("name", Spot.text, None),
            domain=fields.optional("domain", Spot.text, None),
            is_dev_tenant=fields.optional("is_dev_tenant", Spot.flag, False),
            is_unified=fields.optional("is_unified", Spot.flag, False),
            expiry=fields.optional("expiry", Spot.moment, None),
            attributes=fields.optional("attributes", self._attributes, ()),
            master_catalogs=fields.optional("master_catalogs", CatalogReader(tenant_id).read, ()),
            sites=fields.optional("sites", sites, ()),
        )
        return Entry(spot, tenant_id, tenant)

    def _site(self, spot: Spot, tenant_id: int) -> Site:
        fields = Fields(spot, _SITE)
        return Site(
            id=fields.required("id", int32),
            name=fields.optional("name", Spot.text, None),
            domain=fields.optional("domain", Spot.text, None),
            primary_custom_domain=fields.optional("primary_custom_domain", Spot.text, None),
            catalog_id=fields.optional("catalog_id", int32, NO_CATALOG),
            locale_code=fields.optional("locale_code", Spot.text, None),
            currency_code=fields.optional("currency_code", Spot.text, None),
            country_code=fields.optional("country_code", Spot.text, None),
            tenant_id=tenant_id,
            attributes=fields.optional("attributes", self._attributes, ()),
        )

    def _attributes(self, spot: Spot) -> tuple[Attribute, ...]:
        return distinct(self._attribute, attrgetter("name"), "name")(spot)

    def _attribute(self, spot: Spot) -> Attribute:
        fields = Fields(spot, _ATTRIBUTE)
        return Attribute(
            name=fields.required("name", Spot.filled),
            value=fields.given("value", Spot.json, None),
            create_by=fields.optional("create_by", Spot.text, None),
            create_date=fields.optional("create_date", Spot.moment, self._now),
            update_by=fields.optional("update_by", Spot.text, None),
            update_date=fields.optional("update_date", Spot.moment, self._now),
        )
