"""Reads tenants and developer accounts of a seed file into records."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from reticket.core.people import Attribute, DeveloperAccount, Site, Tenant
from reticket.core.profiles import Part
from reticket.directory.drafts import TenantDraft
from reticket.directory.seed.catalogs import CatalogReader
from reticket.directory.seed.fields import Entry, Fields, distinct, int32
from reticket.directory.seed.parts import read_parts
from reticket.directory.seed.yaml_value import YamlValue

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
"""The catalog of a site without one, since the wire format has no null there."""


def read_account(value: YamlValue) -> Entry[DeveloperAccount]:
    """A developer account."""
    fields = Fields(value, ("id", "name"))
    account_id = fields.required("id", int32)
    account = DeveloperAccount(account_id, fields.optional("name", YamlValue.text, None))
    return Entry(value, account_id, account)


class TenantReader:
    """Reads tenants.

    Args:
        now: milliseconds; the date of attributes without a date.
        parts: the dialects' parts of a tenant.
    """

    def __init__(self, now: int, parts: Sequence[Part[Any]]) -> None:
        self._now = now
        self._parts = parts

    def read(self, value: YamlValue) -> Entry[TenantDraft]:
        """A tenant with its sites, catalogs and attributes."""
        fields = Fields(value, (*_TENANT, *(part.key for part in self._parts)))
        tenant_id = fields.required("id", int32)
        sites = distinct(lambda item: self._site(item, tenant_id), attrgetter("id"), "id")
        tenant = Tenant(
            id=tenant_id,
            name=fields.optional("name", YamlValue.text, None),
            domain=fields.optional("domain", YamlValue.text, None),
            is_dev_tenant=fields.optional("is_dev_tenant", YamlValue.flag, False),
            is_unified=fields.optional("is_unified", YamlValue.flag, False),
            expiry=fields.optional("expiry", YamlValue.moment, None),
            attributes=fields.optional("attributes", self._attributes, ()),
            master_catalogs=fields.optional("master_catalogs", CatalogReader(tenant_id).read, ()),
            sites=fields.optional("sites", sites, ()),
        )
        return Entry(value, tenant_id, TenantDraft(tenant, read_parts(fields, self._parts)))

    def _site(self, value: YamlValue, tenant_id: int) -> Site:
        fields = Fields(value, _SITE)
        return Site(
            id=fields.required("id", int32),
            name=fields.optional("name", YamlValue.text, None),
            domain=fields.optional("domain", YamlValue.text, None),
            primary_custom_domain=fields.optional("primary_custom_domain", YamlValue.text, None),
            catalog_id=fields.optional("catalog_id", int32, NO_CATALOG),
            locale_code=fields.optional("locale_code", YamlValue.text, None),
            currency_code=fields.optional("currency_code", YamlValue.text, None),
            country_code=fields.optional("country_code", YamlValue.text, None),
            tenant_id=tenant_id,
            attributes=fields.optional("attributes", self._attributes, ()),
        )

    def _attributes(self, value: YamlValue) -> tuple[Attribute, ...]:
        return distinct(self._attribute, attrgetter("name"), "name")(value)

    def _attribute(self, value: YamlValue) -> Attribute:
        fields = Fields(value, _ATTRIBUTE)
        return Attribute(
            name=fields.required("name", YamlValue.filled),
            value=fields.given("value", YamlValue.json, None),
            create_by=fields.optional("create_by", YamlValue.text, None),
            create_date=fields.optional("create_date", YamlValue.moment, self._now),
            update_by=fields.optional("update_by", YamlValue.text, None),
            update_date=fields.optional("update_date", YamlValue.moment, self._now),
        )
