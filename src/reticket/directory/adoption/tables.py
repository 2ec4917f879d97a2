"""The tables of adoptions; `migrations` builds the very same ones. Times are milliseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from reticket.directory.columns import Json, key
from reticket.directory.tables import metadata

adoptions = Table(
    "adoptions",
    metadata,
    key("name", String(64)),
    Column("system", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("client", Text),
    Column("reader", Text, nullable=False),
    Column("algorithm", Text),
    Column("issuer", Text),
    Column("options", Json, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("mode", Text, nullable=False),
    Column("removed_at", BigInteger),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
)
"""The systems whose sessions go on here. A row is never deleted. `fingerprint` is a keyed digest of
the key and the kind: nothing is adopted twice.
"""

adoption_ends = Table(
    "adoption_ends",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", Text),
    Column("resource", Text),
    Column("client", Text),
    Column("context", Text),
    Column("cause", Text, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Index("ix_adoption_ends_subject", "subject"),
)
"""Ends that were asked for while sessions of another system had no row yet. An empty column matches
any.
"""
