"""Tables of older versions, with what only Kibo needs, become parts that give the same answer."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text
from tests.directory.test_tenant_facts import BARE, BODY, body

from reticket.dialects import kibo
from reticket.dialects.kibo.program_facts import Program
from reticket.directory import engines
from reticket.directory.engines import schema

TENANT = "INSERT INTO tenants (id, name, domain, is_dev_tenant, is_unified, expiry) VALUES "
ATTRIBUTE = "position, name, value, create_by, create_date, update_by, update_date) VALUES "
OF_BEFORE = f"""
{TENANT} (7, NULL, NULL, :no, :no, NULL)
--
{TENANT} (1000, 'Acme US', 't1000.example.com', :no, :yes, NULL)
--
{TENANT} (1001, NULL, NULL, :yes, :no, 1893553445006)
--
INSERT INTO tenant_attributes (tenant_id, {ATTRIBUTE}
(1000, 1, 'limits', :limits, 'setup', 1714979289010, NULL, 1714953600000)
--
INSERT INTO tenant_attributes (tenant_id, {ATTRIBUTE}
(1000, 0, 'tier', :tier, NULL, 1700000000000, NULL, 1700000000000)
--
INSERT INTO master_catalogs (tenant_id, id, position, name, default_locale_code,
    default_currency_code, supported_locale_codes)
VALUES (1000, 1, 0, 'Master', 'en-US', 'USD', :locales)
--
INSERT INTO catalogs (tenant_id, master_catalog_id, id, position, name, default_locale_code,
    default_currency_code)
VALUES (1000, 1, 2, 0, 'US catalog', 'en-US', 'USD')
--
INSERT INTO sites (tenant_id, id, position, name, domain, primary_custom_domain, catalog_id,
    locale_code, currency_code, country_code)
VALUES (1000, 2000, 0, 'Acme Shop', 'shop.example.com', 'a.example', 2, 'en-US', 'USD', 'US')
--
INSERT INTO sites (tenant_id, id, position, catalog_id) VALUES (1001, 2000, 0, 0)
--
INSERT INTO site_attributes (tenant_id, site_id, {ATTRIBUTE}
(1000, 2000, 0, 'theme', :theme, NULL, 1700000000000, NULL, 1700000000000)
"""
APPLICATION = """
INSERT INTO applications (id, secret_hash, environment_scope, behaviors, all_tenants, disabled,
    created_at)
VALUES ('{}', 'hash', {}, '{}', :yes, :no, 5)
"""
PROGRAMS = "--".join(
    [APPLICATION.format("v1", "NULL", "[1, 17]"), APPLICATION.format("v2", "'Sandbox'", "[]")]
)
MEMBERS = """
INSERT INTO users (id, short_id, email, email_folded, secret_hash, disabled, active,
    credential_version, created_at)
VALUES ('a', 'b', 'ada@example.com', 'ada@example.com', 'hash', :no, :yes, 1, 5)
--
INSERT INTO tenant_memberships (user_id, place_id, behaviors) VALUES ('a', 1000, '[1, 17]')
--
INSERT INTO developer_accounts (id, name) VALUES (77, 'Acme')
--
INSERT INTO account_memberships (user_id, place_id, behaviors) VALUES ('a', 77, '[]')
"""
SAID = {
    "yes": True,
    "no": False,
    "limits": '{"orders": 5000}',
    "tier": '"gold"',
    "theme": '"dark"',
    "locales": '["en-US", "fr-CA"]',
}


@pytest.fixture
def migrated(blank_url, opened):
    database = create_engine(blank_url.replace("postgresql://", "postgresql+psycopg://"))
    with database.begin() as connection:
        command.upgrade(schema._config(connection), "0008")
        for statement in f"{OF_BEFORE}--{PROGRAMS}--{MEMBERS}".split("--"):
            connection.execute(text(statement), SAID)
    database.dispose()
    engines.migrate(blank_url)
    return opened(blank_url)


def test_the_answer_is_the_same(migrated):
    assert body(migrated, 1000) == BODY
    assert body(migrated, 7) == BARE
    other = body(migrated, 1001)
    assert '"expiry":"2030-01-02T03:04:05.006Z"' in other
    assert '"isDevTenant":true' in other
    assert '"sites":[{"attributes":[],"catalogId":0,' in other


def test_an_application_keeps_its_environment_and_behaviors(migrated):
    found = {each.id: kibo.PROGRAM.of(each) for each in migrated.applications.page()}
    assert found == {"v1": Program(None, (1, 17)), "v2": Program("Sandbox", ())}
    assert migrated.application("v1").credential_version == 5


def test_a_person_keeps_the_behaviors_of_each_membership(migrated):
    kept = kibo.PERSON.of(migrated.user_by_email("ada@example.com"))
    assert kept == kibo.PERSON.kind({1000: (1, 17)}, {77: ()})


def test_the_tables_are_gone_and_the_tenants_stay(migrated):
    assert [each.id for each in migrated.tenants.page()] == [7, 1000, 1001]
    with migrated.database.read() as connection:
        found = inspect(connection)
        left = {"tenant_attributes", "master_catalogs", "catalogs", "sites", "site_attributes"}
        assert not left & set(found.get_table_names())
        assert [column["name"] for column in found.get_columns("tenants")] == ["id", "name"]
        columns = {column["name"] for column in found.get_columns("applications")}
        assert not {"environment_scope", "behaviors"} & columns
