"""What Kibo needs to know of a tenant: sites, catalogs, attributes and flags.

In a directory file its members are keys of the tenant. Times are texts in the form of answers.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from reticket.core import people
from reticket.core.profiles import Part
from reticket.dialects.kibo.kept import Filled, Int32, check_distinct, settle_time
from reticket.dialects.kibo.schemas import date_of

NO_CATALOG = 0
"""The catalog of a site without one, since the wire format has no null there."""

Loaded = Annotated[str, Meta(description="a time; by default the time at which the file is loaded")]


class Attribute(Struct, frozen=True, forbid_unknown_fields=True):
    """A named value of any JSON type, with the authors and times of its creation and last
    change.
    """

    name: Annotated[Filled, Meta(description="unique in its list")]
    value: Any = None
    create_by: str | None = None
    create_date: Loaded | None = None
    update_by: str | None = None
    update_date: Loaded | None = None

    def __post_init__(self) -> None:
        settle_time(self, "create_date")
        settle_time(self, "update_date")


class Catalog(Struct, frozen=True, forbid_unknown_fields=True):
    """A catalog of a master catalog."""

    id: Annotated[Int32, Meta(description="unique in its master catalog")]
    name: str | None = None
    default_locale_code: str | None = None
    default_currency_code: str | None = None


class MasterCatalog(Struct, frozen=True, forbid_unknown_fields=True):
    """A master catalog, with its catalogs."""

    id: Annotated[Int32, Meta(description="unique in its tenant")]
    name: str | None = None
    default_locale_code: str | None = None
    default_currency_code: str | None = None
    supported_locale_codes: tuple[Filled, ...] = ()
    catalogs: tuple[Catalog, ...] = ()

    def __post_init__(self) -> None:
        check_distinct("catalogs", "id", (each.id for each in self.catalogs))


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """A site."""

    id: Annotated[Int32, Meta(description="unique in its tenant")]
    name: str | None = None
    domain: str | None = None
    primary_custom_domain: str | None = None
    catalog_id: Int32 = NO_CATALOG
    locale_code: str | None = None
    currency_code: str | None = None
    country_code: str | None = None
    attributes: tuple[Attribute, ...] = ()

    def __post_init__(self) -> None:
        check_distinct("attributes", "name", (each.name for each in self.attributes))


class Tenant(Struct, frozen=True, forbid_unknown_fields=True):
    """All that Kibo's answers show of a tenant beside its id and name."""

    domain: str | None = None
    is_dev_tenant: bool = False
    is_unified: bool = False
    expiry: (
        Annotated[
            str,
            Meta(
                description="a time like `2030-01-02T03:04:05.006Z`. It is shown, and has no effect"
            ),
        ]
        | None
    ) = None
    attributes: tuple[Attribute, ...] = ()
    master_catalogs: tuple[MasterCatalog, ...] = ()
    sites: tuple[Site, ...] = ()

    def __post_init__(self) -> None:
        settle_time(self, "expiry")
        check_distinct("attributes", "name", (each.name for each in self.attributes))
        check_distinct("master_catalogs", "id", (each.id for each in self.master_catalogs))
        check_distinct("sites", "id", (each.id for each in self.sites))


def dated(tenant: Tenant, now: int) -> Tenant:
    """The tenant. Attributes without a date get that time as their date."""
    sites = tuple(
        structs.replace(each, attributes=_dated(each.attributes, now)) for each in tenant.sites
    )
    return structs.replace(tenant, attributes=_dated(tenant.attributes, now), sites=sites)


def _dated(attributes: tuple[Attribute, ...], now: int) -> tuple[Attribute, ...]:
    return tuple(
        structs.replace(
            each,
            create_date=each.create_date or date_of(now),
            update_date=each.update_date or date_of(now),
        )
        for each in attributes
    )


DEMO: Mapping[Hashable, Mapping[str, Any]] = {
    1000: {
        "domain": "t1000.example.com",
        "is_unified": True,
        "attributes": [
            {"name": "tier", "value": "gold"},
            {
                "name": "limits",
                "value": {"orders": 5000},
                "create_by": "setup",
                "create_date": "2024-05-06T07:08:09.010Z",
                "update_date": "2024-05-06T07:08:09.010Z",
            },
        ],
        "master_catalogs": [
            {
                "id": 1,
                "name": "Master",
                "default_locale_code": "en-US",
                "default_currency_code": "USD",
                "supported_locale_codes": ["en-US", "fr-CA"],
                "catalogs": [
                    {
                        "id": 1,
                        "name": "US catalog",
                        "default_locale_code": "en-US",
                        "default_currency_code": "USD",
                    }
                ],
            }
        ],
        "sites": [
            {
                "id": 2000,
                "name": "Acme Shop",
                "domain": "shop.example.com",
                "primary_custom_domain": "shop.example.com",
                "catalog_id": 1,
                "locale_code": "en-US",
                "currency_code": "USD",
                "country_code": "US",
                "attributes": [{"name": "theme", "value": "dark"}],
            }
        ],
    },
    1001: {"domain": "t1001.example.com"},
    1002: {"domain": "t1002.example.com"},
}

TENANT = Part(dialect="kibo", kind=Tenant, key="kibo", inline=True, completed=dated, demo=DEMO)
BARE = Tenant()


def facts_of(tenant: people.Tenant) -> Tenant:
    """The part of a tenant; an empty one for a tenant that has none."""
    return TENANT.of(tenant) or BARE
