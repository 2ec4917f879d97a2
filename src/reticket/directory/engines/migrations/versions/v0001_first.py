"""The first schema.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OLDEST = 1


def _key(name: str, type_: type[sa.Integer] | sa.String = sa.Integer) -> sa.Column[object]:
    return sa.Column(name, type_, primary_key=True, autoincrement=False)


def _part_of(
    name: str, target: str, type_: type[sa.Integer] | sa.String = sa.Integer
) -> sa.Column[object]:
    return sa.Column(name, type_, sa.ForeignKey(target, ondelete="CASCADE"), primary_key=True)


def _create_attributes(name: str, *owner: sa.Column[object] | sa.ForeignKeyConstraint) -> None:
    op.create_table(
        name,
        *owner,
        _key("position"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("create_by", sa.Text),
        sa.Column("create_date", sa.BigInteger, nullable=False),
        sa.Column("update_by", sa.Text),
        sa.Column("update_date", sa.BigInteger, nullable=False),
    )


def _create_memberships(name: str, place: str) -> None:
    op.create_table(
        name,
        _part_of("user_id", "users.id", sa.String(32)),
        _part_of("place_id", place),
        sa.Column("behaviors", sa.Text, nullable=False),
    )
    op.create_index(f"ix_{name}_place_id", name, ["place_id"])


def upgrade() -> None:
    """From nothing to the tables that sign people and applications in."""
    _create_version()
    _create_people()
    _create_tenants()
    _create_programs()
    _create_memberships("tenant_memberships", "tenants.id")
    _create_memberships("account_memberships", "developer_accounts.id")
    _create_keys_and_intents()


def _create_version() -> None:
    version = op.create_table(
        "directory_version",
        _key("id"),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(version, [{"id": 1, "version": 1}])


def _create_people() -> None:
    op.create_table(
        "users",
        _key("id", sa.String(32)),
        sa.Column("short_id", sa.String(16), nullable=False, unique=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_folded", sa.Text, nullable=False, unique=True),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("credential_version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_sign_in_at", sa.BigInteger),
    )
    op.create_table(
        "organizations",
        _key("id", sa.String(24)),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "organization_memberships",
        _part_of("user_id", "users.id", sa.String(32)),
        sa.Column(
            "organization_id", sa.String(24), sa.ForeignKey("organizations.id"), nullable=False
        ),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("user_type", sa.Text, nullable=False),
    )
    op.create_table(
        "cloud_groups",
        _key("id", sa.String(16)),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("permission", sa.Text, nullable=False),
    )
    op.create_table(
        "cloud_profiles",
        _part_of("user_id", "users.id", sa.String(32)),
        sa.Column("nickname", sa.Text, nullable=False),
        sa.Column("group_id", sa.String(16), sa.ForeignKey("cloud_groups.id"), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary),
    )


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        _key("id"),
        sa.Column("name", sa.Text),
        sa.Column("domain", sa.Text),
        sa.Column("is_dev_tenant", sa.Boolean, nullable=False),
        sa.Column("is_unified", sa.Boolean, nullable=False),
        sa.Column("expiry", sa.BigInteger),
    )
    _create_attributes("tenant_attributes", _part_of("tenant_id", "tenants.id"))
    op.create_table(
        "master_catalogs",
        _part_of("tenant_id", "tenants.id"),
        _key("id"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("default_locale_code", sa.Text),
        sa.Column("default_currency_code", sa.Text),
        sa.Column("supported_locale_codes", sa.Text, nullable=False),
    )
    op.create_table(
        "catalogs",
        _key("tenant_id"),
        _key("master_catalog_id"),
        _key("id"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("default_locale_code", sa.Text),
        sa.Column("default_currency_code", sa.Text),
        sa.ForeignKeyConstraint(
            ["tenant_id", "master_catalog_id"],
            ["master_catalogs.tenant_id", "master_catalogs.id"],
            ondelete="CASCADE",
        ),
    )
    _create_sites()


def _create_sites() -> None:
    op.create_table(
        "sites",
        _part_of("tenant_id", "tenants.id"),
        _key("id"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("domain", sa.Text),
        sa.Column("primary_custom_domain", sa.Text),
        sa.Column("catalog_id", sa.Integer, nullable=False),
        sa.Column("locale_code", sa.Text),
        sa.Column("currency_code", sa.Text),
        sa.Column("country_code", sa.Text),
    )
    _create_attributes(
        "site_attributes",
        _key("tenant_id"),
        _key("site_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "site_id"], ["sites.tenant_id", "sites.id"], ondelete="CASCADE"
        ),
    )


def _create_programs() -> None:
    op.create_table(
        "developer_accounts",
        _key("id"),
        sa.Column("name", sa.Text),
    )
    op.create_table(
        "applications",
        _key("id", sa.String(255)),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("environment_scope", sa.Text),
        sa.Column("behaviors", sa.Text, nullable=False),
        sa.Column("all_tenants", sa.Boolean, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "application_tenants",
        _part_of("application_id", "applications.id", sa.String(255)),
        _part_of("tenant_id", "tenants.id"),
    )
    op.create_index("ix_application_tenants_tenant_id", "application_tenants", ["tenant_id"])
    op.create_table(
        "oauth_clients",
        _key("client_id", sa.String(255)),
        sa.Column("secret_hash", sa.Text),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("registration", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )


def _create_keys_and_intents() -> None:
    op.create_table(
        "keys",
        _key("id", sa.String(8)),
        sa.Column("use", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("activates_at", sa.BigInteger),
        sa.Column("retiring_at", sa.BigInteger),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("use", "sequence"),
    )
    op.create_table(
        "intents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("resource", sa.Text),
        sa.Column("context", sa.Text),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
