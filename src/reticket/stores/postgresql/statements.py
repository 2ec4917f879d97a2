"""Every SQL statement about families. Each names the ids that it needs, except the listings.

Rows are always locked in order of id, so that transactions never deadlock.
"""

from __future__ import annotations

from typing import Any

from reticket.core.model import Selection
from reticket.stores.postgresql.connections import CLOCK
from reticket.stores.postgresql.rows import COLUMNS, pack

LOCK_ROWS = f"""
WITH held AS MATERIALIZED (
    SELECT {COLUMNS} FROM families WHERE {{where}} ORDER BY id FOR UPDATE {{unless}}
)
SELECT now, held.* FROM (SELECT count(*), {CLOCK} AS now FROM held) AS all_held
LEFT JOIN held ON true
"""  # noqa: S608
"""The count makes the clock read after the last row is locked. An earlier time could precede
another transaction's rotation.
"""
LOCK_BATCH = LOCK_ROWS.format(where="id = ANY(%s::uuid[])", unless="")
LOCK_FREE = LOCK_ROWS.format(where="id = ANY(%s::uuid[])", unless="SKIP LOCKED")
"""Skips locked rows: waiting for one row would delay the whole batch."""

EXISTING = "SELECT uuid_send(id) FROM families WHERE id = ANY(%s::uuid[])"
EMIT_LOG_RECORD = "SELECT pg_logical_emit_message(true, 'reticket', '')"
"""Writes a log record, so that COMMIT waits for the standby. A revocation that finds no live family
must wait too: the standby may not have the earlier revocation yet.
"""

SELECT = f"SELECT {COLUMNS} FROM families"  # noqa: S608

UPDATE = """
UPDATE families SET
    context = decode(new.context, 'hex'), expires_at = new.expires_at,
    generation = new.generation, parent = new.parent, floor = new.floor,
    open_from = new.open_from, rotated_at = new.rotated_at, revoked_at = new.revoked_at,
    revoked_cause = decode(new.revoked_cause, 'hex')
FROM unnest(
    %s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::text[]
) AS new (
    id, context, expires_at, generation, parent, floor, open_from, rotated_at, revoked_at,
    revoked_cause
) WHERE families.id = new.id
"""
INSERT = """
INSERT INTO families (
    id, context, expires_at, generation, parent, floor, open_from, rotated_at, revoked_at,
    revoked_cause, traits, subject, ends_at, previous_sign_in, terms
)
SELECT id, decode(context, 'hex'), expires_at, generation, parent, floor, open_from, rotated_at,
    revoked_at, decode(revoked_cause, 'hex'), traits, decode(subject, 'hex'), ends_at,
    previous_sign_in, decode(terms, 'hex')
FROM unnest(
    %s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::text[], %s::uuid[], %s::text[], %s::bigint[], %s::bigint[],
    %s::text[]
) AS new (
    id, context, expires_at, generation, parent, floor, open_from, rotated_at, revoked_at,
    revoked_cause, traits, subject, ends_at, previous_sign_in, terms
)
ON CONFLICT (id) DO NOTHING RETURNING true
"""
INSERT_TRAITS = """
INSERT INTO traits (id, resource, client, scope, policy, device)
SELECT id, decode(resource, 'hex'), decode(client, 'hex'), decode(scope, 'hex'),
    decode(policy, 'hex'), decode(device, 'hex')
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS new (id, resource, client, scope, policy, device)
ON CONFLICT (id) DO NOTHING
"""
EXPIRE = """
DELETE FROM families WHERE id IN (
    SELECT id FROM families WHERE id = ANY(%s::uuid[]) AND expires_at < %s
    ORDER BY id FOR UPDATE SKIP LOCKED
) RETURNING true
"""
WALK = "SELECT uuid_send(id), expires_at FROM families WHERE {where} ORDER BY id LIMIT 4096"


def conditions_of(selection: Selection) -> dict[str, Any]:
    """The conditions of a selection as SQL, each with its parameter."""
    conditions: dict[str, Any] = {}
    if selection.family is not None:
        conditions["id = %s::uuid"] = selection.family.hex()
    for column in ("subject", "context"):
        text = getattr(selection, column)
        if text is not None:
            conditions[f"{column} = decode(%s, 'hex')"] = pack(text)
    for column in ("resource", "client"):
        text = getattr(selection, column)
        if text is not None:
            shared = f"SELECT id FROM traits WHERE {column} = decode(%s, 'hex')"  # noqa: S608
            conditions[f"traits IN ({shared})"] = text.encode().hex()
    if selection.live_at is not None:
        conditions["revoked_at IS NULL AND least(expires_at, ends_at) > %s"] = selection.live_at
    return conditions


def where(conditions: dict[str, Any]) -> str:
    """All conditions joined by AND, or `true`."""
    return " AND ".join(conditions) or "true"
