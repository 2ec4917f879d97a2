"""The directory's tables, for reading and writing; `migrations` builds the very same ones.

Portable SQL: nothing here knows an engine. Times are milliseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from reticket.directory.columns import Json, key, part_of

metadata = MetaData(
    naming_convention={
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _parts(name: str, owner: Column[object]) -> Table:
    value = Column("value", Json, nullable=False)
    return Table(name, metadata, owner, key("dialect", String(64)), value)


directory_version = Table(
    "directory_version",
    metadata,
    key("id"),
    Column("version", BigInteger, nullable=False),
)

directory_schema = Table("directory_schema", metadata, key("oldest"))
"""One row: the oldest revision whose code runs on these tables."""

marks = Table(
    "marks",
    metadata,
    key("name", String(64)),
    Column("created_at", BigInteger, nullable=False),
)
"""Facts about the directory as a whole, such as that it contains the demo's people."""

users = Table(
    "users",
    metadata,
    key("id", String(32)),
    Column("short_id", String(16), nullable=False, unique=True),
    Column("email", Text, nullable=False),
    Column("email_folded", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("disabled", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("credential_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_sign_in_at", BigInteger),
    Column("updated_at", BigInteger),
    Column("group_names", Json),
    Column("role_names", Json),
    Column("realm", Text, nullable=False, server_default=""),
    Column("user_name", Text),
    Column("user_name_folded", Text),
    Column("number", Integer),
    UniqueConstraint("realm", "email_folded"),
    UniqueConstraint("realm", "user_name_folded"),
    UniqueConstraint("realm", "number"),
)

realm_numbers = Table(
    "realm_numbers",
    metadata,
    key("realm", Text()),
    Column("last", Integer, nullable=False),
)
"""The newest number given in each realm of a dialect. Whoever writes a name there locks its row."""

foreign_ids = Table(
    "foreign_ids",
    metadata,
    key("system", Text()),
    key("foreign_id", Text()),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text),
    Index("ix_foreign_ids_user_id", "user_id"),
)
"""The ids of people in the systems that they were imported from. `state` is what a session of that
system must agree with when it is adopted.
"""

known_networks = Table(
    "known_networks",
    metadata,
    part_of("user_id", "users.id", String(32)),
    Column("digest", LargeBinary, primary_key=True, autoincrement=False),
    Column("seen_at", BigInteger, nullable=False),
)
"""The networks from which each user has signed in; see `networks` for the digests."""

consents = Table(
    "consents",
    metadata,
    part_of("user_id", "users.id", String(32)),
    key("client_id", Text()),
    Column("client_since", BigInteger, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("given_at", BigInteger, nullable=False),
)
"""What each user has allowed a client. `client_since` is the time when the client was created."""

second_factors = Table(
    "second_factors",
    metadata,
    part_of("user_id", "users.id", String(32)),
    Column("totp_sealed", LargeBinary),
    Column("pending_sealed", LargeBinary),
    Column("failures", Integer, nullable=False),
    Column("last_step", BigInteger),
    Column("missing", Boolean),
)
"""An active secret, and one that waits for its first code. `failures` are those in a row,
`last_step` is the newest time step of which a code was accepted. `missing`: the person had a factor
in another system, which could not come, and does not sign in until that is settled.
"""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    part_of("user_id", "users.id", String(32)),
    Column("digest", LargeBinary, primary_key=True, autoincrement=False),
)
"""The recovery codes that are not used yet."""

former_names = Table(
    "former_names",
    metadata,
    Column("digest", LargeBinary, primary_key=True, autoincrement=False),
    Column("noted_at", BigInteger, nullable=False),
)
"""Keyed digests of names that people had while sign-ins were handed over: see `FormerNames`."""

hash_configs = Table(
    "hash_configs",
    metadata,
    key("name", String(32)),
    Column("sealed", LargeBinary, nullable=False),
)
"""What forms of password hashes of other systems need beside the hashes."""

profile_parts = _parts("profile_parts", part_of("user_id", "users.id", String(32)))
"""What a dialect keeps of a person."""

shared_parts = Table(
    "shared_parts",
    metadata,
    key("dialect", String(64)),
    key("name", Text()),
    Column("id", Text, nullable=False),
    Column("value", Json, nullable=False),
    UniqueConstraint("dialect", "id"),
)
"""Members that all people have alike at a dialect when they name the same thing."""

# Of older programs, from here to the tenants. Nothing reads or writes these; migrations have read
# them: see `profile_parts` and `second_factors`.
organizations = Table(
    "organizations",
    metadata,
    key("id", String(24)),
    Column("name", Text, nullable=False, unique=True),
)

organization_memberships = Table(
    "organization_memberships",
    metadata,
    part_of("user_id", "users.id", String(32)),
    Column("organization_id", String(24), ForeignKey("organizations.id"), nullable=False),
    Column("roles", Json, nullable=False),
    Column("user_type", Text, nullable=False),
)

cloud_groups = Table(
    "cloud_groups",
    metadata,
    key("id", String(16)),
    Column("name", Text, nullable=False, unique=True),
    Column("permission", Text, nullable=False),
)

cloud_profiles = Table(
    "cloud_profiles",
    metadata,
    part_of("user_id", "users.id", String(32)),
    Column("nickname", Text, nullable=False),
    Column("group_id", String(16), ForeignKey("cloud_groups.id"), nullable=False),
    Column("totp_sealed", LargeBinary),
)

tenants = Table(
    "tenants",
    metadata,
    key("id"),
    Column("name", Text),
)

tenant_parts = _parts("tenant_parts", part_of("tenant_id", "tenants.id"))
"""What a dialect keeps of a tenant."""

developer_accounts = Table(
    "developer_accounts",
    metadata,
    key("id"),
    Column("name", Text),
)

tenant_memberships = Table(
    "tenant_memberships",
    metadata,
    part_of("user_id", "users.id", String(32)),
    part_of("place_id", "tenants.id"),
    Column("part", Json, nullable=False),
    Index("ix_tenant_memberships_place_id", "place_id"),
)
"""`part` is what the dialect whose part has places keeps of the membership."""

account_memberships = Table(
    "account_memberships",
    metadata,
    part_of("user_id", "users.id", String(32)),
    part_of("place_id", "developer_accounts.id"),
    Column("part", Json, nullable=False),
    Index("ix_account_memberships_place_id", "place_id"),
)
"""The same for developer accounts."""

applications = Table(
    "applications",
    metadata,
    key("id", String(255)),
    Column("secret_hash", Text, nullable=False),
    Column("all_tenants", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("credential_version", BigInteger),
)

application_parts = _parts(
    "application_parts", part_of("application_id", "applications.id", String(255))
)
"""What a dialect keeps of an application."""

application_tenants = Table(
    "application_tenants",
    metadata,
    part_of("application_id", "applications.id", String(255)),
    part_of("tenant_id", "tenants.id"),
    Index("ix_application_tenants_tenant_id", "tenant_id"),
)

oauth_clients = Table(
    "oauth_clients",
    metadata,
    key("client_id", String(255)),
    Column("secret_hash", Text),
    Column("disabled", Boolean, nullable=False),
    Column("registration", Json, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("credential_version", BigInteger),
)

registrations = Table(
    "registrations",
    metadata,
    part_of("client_id", "oauth_clients.client_id", String(255)),
    Column("token_digest", String(64), nullable=False),
    Column("used_at", BigInteger, nullable=False),
)
"""Clients that registered themselves, or that a document describes; those have no token."""

logouts = Table(
    "logouts",
    metadata,
    key("session_id", String(32)),
    part_of("client_id", "oauth_clients.client_id", String(255)),
    Column("subject", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("family", String(32), nullable=False),
    Column("kept_until", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("due_at", BigInteger),
    Column("claimed_until", BigInteger),
    Column("attempts", Integer, nullable=False),
    Index("ix_logouts_client_id", "client_id"),
    Index("ix_logouts_subject", "subject"),
    Index("ix_logouts_family", "family"),
    Index("ix_logouts_due_at", "due_at"),
)
"""Clients that are told when a session ends. `family` is their newest one in that session, and
`due_at` is empty until the session has ended.
"""

keys = Table(
    "keys",
    metadata,
    key("id", String(8)),
    Column("use", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("activates_at", BigInteger),
    Column("retiring_at", BigInteger),
    Column("public", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("use", "sequence"),
)

intents = Table(
    "intents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("resource", Text),
    Column("context", Text),
    Column("cause", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # an id is never given twice: settling an intent read long ago must not forget a newer one
    sqlite_autoincrement=True,
)
