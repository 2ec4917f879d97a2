"""Stored people, tenants, developer accounts, applications and keys: SQLAlchemy Core, Alembic."""
