"""Reads master catalogs and their catalogs of a seed file into records."""

from __future__ import annotations

from operator import attrgetter

from reticket.core.people import Catalog, MasterCatalog
from reticket.directory.seed.fields import Fields, distinct, int32, listed
from reticket.directory.seed.yaml_value import YamlValue

_CATALOG = ("id", "name", "default_locale_code", "default_currency_code")
_MASTER_CATALOG = (*_CATALOG, "supported_locale_codes", "catalogs")


class CatalogReader:
    """Reads the master catalogs of one tenant."""

    def __init__(self, tenant_id: int) -> None:
        self._tenant_id = tenant_id

    def read(self, value: YamlValue) -> tuple[MasterCatalog, ...]:
        """All of them, with their catalogs."""
        return distinct(self._master_catalog, attrgetter("id"), "id")(value)

    def _master_catalog(self, value: YamlValue) -> MasterCatalog:
        fields = Fields(value, _MASTER_CATALOG)
        master_id = fields.required("id", int32)
        catalogs = distinct(lambda item: self._catalog(item, master_id), attrgetter("id"), "id")
        return MasterCatalog(
            id=master_id,
            name=fields.optional("name", YamlValue.text, None),
            default_locale_code=fields.optional("default_locale_code", YamlValue.text, None),
            default_currency_code=fields.optional("default_currency_code", YamlValue.text, None),
            supported_locale_codes=fields.optional(
                "supported_locale_codes", listed(YamlValue.filled), ()
            ),
            tenant_id=self._tenant_id,
            catalogs=fields.optional("catalogs", catalogs, ()),
        )

    def _catalog(self, value: YamlValue, master_id: int) -> Catalog:
        fields = Fields(value, _CATALOG)
        return Catalog(
            id=fields.required("id", int32),
            name=fields.optional("name", YamlValue.text, None),
            default_locale_code=fields.optional("default_locale_code", YamlValue.text, None),
            default_currency_code=fields.optional("default_currency_code", YamlValue.text, None),
            master_catalog_id=master_id,
            tenant_id=self._tenant_id,
        )
