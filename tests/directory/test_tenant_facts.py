"""What a file says of a tenant for Kibo: the forms of times and values, and their order."""

from __future__ import annotations

import pytest
from tests.directory.conftest import FakeHasher

from reticket.dialects.kibo.profile import tenant_of
from reticket.dialects.kibo.schemas import encode
from reticket.dialects.kibo.tenant_facts import facts_of
from reticket.directory.drafts import TenantDraft
from reticket.directory.errors import Invalid
from reticket.directory.seed import load_seed

LOADED = "2023-11-14T22:13:20.000Z"
"""The time of the directory's clock."""

WHOLE = """
tenants:
  - id: 1000
    name: Acme US
    domain: t1000.example.com
    is_dev_tenant: false
    is_unified: true
    expiry: null
    attributes:
      - {name: tier, value: gold}
      - {name: limits, value: {orders: 5000}, create_by: setup,
         create_date: "2024-05-06T07:08:09.010Z", update_by: null, update_date: 2024-05-06}
    master_catalogs:
      - id: 1
        name: Master
        default_locale_code: en-US
        default_currency_code: USD
        supported_locale_codes: [en-US, fr-CA]
        catalogs:
          - {id: 2, name: US catalog, default_locale_code: en-US, default_currency_code: USD}
    sites:
      - {id: 2000, name: Acme Shop, domain: shop.example.com, primary_custom_domain: a.example,
         catalog_id: 2, locale_code: en-US, currency_code: USD, country_code: US,
         attributes: [{name: theme, value: dark}]}
"""
BODY = (
    '{"attributes":[{"createBy":null,"createDate":"2023-11-14T22:13:20.000Z","name":"tier",'
    '"updateBy":null,"updateDate":"2023-11-14T22:13:20.000Z","value":"gold"},{"createBy":"setup",'
    '"createDate":"2024-05-06T07:08:09.010Z","name":"limits","updateBy":null,'
    '"updateDate":"2024-05-06T00:00:00.000Z","value":{"orders":5000}}],'
    '"domain":"t1000.example.com","expiry":null,"id":1000,"isDevTenant":false,"isUnified":true,'
    '"lastLoginDate":null,"masterCatalogs":[{"catalogs":[{"defaultCurrencyCode":"USD",'
    '"defaultLocaleCode":"en-US","id":2,"masterCatalogId":1,"name":"US catalog",'
    '"tenantId":1000}],"defaultCurrencyCode":"USD","defaultLocaleCode":"en-US","id":1,'
    '"name":"Master","supportedLocaleCodes":["en-US","fr-CA"],"tenantId":1000}],'
    '"name":"Acme US","sites":[{"attributes":[{"createBy":null,'
    '"createDate":"2023-11-14T22:13:20.000Z","name":"theme","updateBy":null,'
    '"updateDate":"2023-11-14T22:13:20.000Z","value":"dark"}],"catalogId":2,"countryCode":"US",'
    '"currencyCode":"USD","domain":"shop.example.com","id":2000,"localeCode":"en-US",'
    '"name":"Acme Shop","primaryCustomDomain":"a.example","tenantId":1000}]}'
)
BARE = (
    '{"attributes":[],"domain":null,"expiry":null,"id":7,"isDevTenant":false,"isUnified":false,'
    '"lastLoginDate":null,"masterCatalogs":[],"name":null,"sites":[]}'
)


@pytest.fixture
def load(directory, seed_file):
    def load(text):
        load_seed(seed_file(text), directory, FakeHasher())
        directory.catch_up()
        return directory

    return load


def body(directory, number):
    return encode(tenant_of(directory.tenant(number))).decode()


def test_a_file_says_all_that_an_answer_shows(load):
    assert body(load(WHOLE), 1000) == BODY


def test_a_tenant_of_which_nothing_is_said_has_every_member(load, directory):
    load("tenants: [{id: 7}]")
    assert body(directory, 7) == BARE
    directory.tenants.add(TenantDraft(8))
    assert body(directory, 8) == BARE.replace('"id":7', '"id":8')


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('"2030-01-02T03:04:05.006Z"', "2030-01-02T03:04:05.006Z"),
        ("2030-01-02T03:04:05.006Z", "2030-01-02T03:04:05.006Z"),
        ("2030-01-02 04:04:05.006 +01:00", "2030-01-02T03:04:05.006Z"),
        ("2030-01-02t01:34:05.0069-1:30", "2030-01-02T03:04:05.006Z"),
        ("2030-1-2 3:04:05", "2030-01-02T03:04:05.000Z"),
        ("2030-01-02", "2030-01-02T00:00:00.000Z"),
        ("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z"),
        ("null", None),
    ],
)
def test_times(load, written, kept):
    found = load(f"tenants: [{{id: 1, expiry: {written}}}]").tenant(1)
    assert facts_of(found).expiry == kept


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("gold", "gold"),
        ("no", "no"),
        ("''", ""),
        ("null", None),
        ("true", True),
        ("12", 12),
        ("'12'", "12"),
        ("010", 10),
        ("1.0", 1.0),
        ("-1.5e3", -1500.0),
        ("2024-05-06", "2024-05-06"),
        ("[1, [two, null]]", [1, ["two", None]]),
        ("{b: 1, a: {c: [], d: null}}", {"b": 1, "a": {"c": [], "d": None}}),
        ("9223372036854775807", 2**63 - 1),
        ('"\\u00e9 \\U0001F511"', "é \U0001f511"),
    ],
)
def test_values_of_attributes(load, written, value):
    text = f"tenants: [{{id: 1, sites: [{{id: 2, attributes: [{{name: a, value: {written}}}]}}]}}]"
    (attribute,) = facts_of(load(text).tenant(1)).sites[0].attributes
    assert attribute.value == value
    assert type(attribute.value) is type(value)


def test_the_order_is_that_of_the_file(load):
    text = """
    tenants:
      - id: 1
        attributes: [{name: z}, {name: a}]
        sites: [{id: 9}, {id: 3}]
        master_catalogs: [{id: 2, catalogs: [{id: 7}, {id: 1}]}, {id: 1, catalogs: [{id: 7}]}]
    """
    facts = facts_of(load(text).tenant(1))
    assert [attribute.name for attribute in facts.attributes] == ["z", "a"]
    assert [site.id for site in facts.sites] == [9, 3]
    assert [(m.id, [c.id for c in m.catalogs]) for m in facts.master_catalogs] == [
        (2, [7, 1]),
        (1, [7]),
    ]
    assert facts.sites[0].catalog_id == 0


def test_a_verb_checks_and_dates_as_a_file_does(directory):
    directory.tenants.add(TenantDraft(1, parts={"kibo": {"attributes": [{"name": "a"}]}}))
    (attribute,) = facts_of(directory.tenant(1)).attributes
    assert (attribute.create_date, attribute.update_date) == (LOADED, LOADED)
    with pytest.raises(Invalid, match=r"^kibo.sites\[1\] has the id 1, as one before it has\.$"):
        directory.tenants.add(TenantDraft(2, parts={"kibo": {"sites": [{"id": 1}, {"id": 1}]}}))
    assert directory.tenant(2) is None
