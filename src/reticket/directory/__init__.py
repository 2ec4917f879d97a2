"""People, tenants, developer accounts, applications and keys at rest: SQLAlchemy Core, Alembic."""
