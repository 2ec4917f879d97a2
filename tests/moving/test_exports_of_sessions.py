"""The statements of the page make rows that `reticket import sessions` reads.

They run in PostgreSQL, on the tables of Hydra 2, simplejwt's `token_blacklist` and
django-oauth-toolkit 3.
"""

from __future__ import annotations

import json
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from tests.docs.tables import page
from tests.stores.postgresql.data_folder import packaged

from reticket.adoption.digests import DIGESTS
from reticket.moving.sessions.rows import read_row

STATEMENTS = re.findall(r"```sql\n(.*?)```", page("moving.md"), re.DOTALL)
TABLES = """
CREATE TABLE component (id varchar(36) PRIMARY KEY, name varchar(255), provider_id varchar(36));
CREATE TABLE component_config (component_id varchar(36), name varchar(255), value text);
INSERT INTO component VALUES ('1', 'hmac-generated-hs512', 'hmac-generated'),
    ('2', 'aes-generated', 'aes-generated');
INSERT INTO component_config VALUES ('1', 'secret', 'its secret'), ('1', 'kid', 'k'),
    ('2', 'secret', 'another');
CREATE TABLE hydra_oauth2_refresh (
    signature varchar(255) PRIMARY KEY, subject varchar(255), client_id varchar(255),
    granted_scope text, active bool, expires_at timestamp
);
INSERT INTO hydra_oauth2_refresh VALUES
    ('living', '7f2c', 'spa', 'openid|offline', true, '2999-01-02 03:04:05.678'),
    ('used', '7f2c', 'spa', 'openid', false, '2999-01-02 03:04:05'),
    ('expired', '7f2c', 'spa', 'openid', true, '2020-01-02 03:04:05'),
    ('endless', '7f2c', 'spa', 'openid', true, NULL);
CREATE TABLE token_blacklist_outstandingtoken (
    id bigint PRIMARY KEY, jti varchar(255), user_id integer, expires_at timestamptz
);
CREATE TABLE token_blacklist_blacklistedtoken (id bigint PRIMARY KEY, token_id bigint);
INSERT INTO token_blacklist_outstandingtoken VALUES
    (1, 'living', 7, '2999-01-02 03:04:05+00'), (2, 'ended', 7, '2999-01-02 03:04:05+00'),
    (3, 'expired', 7, '2020-01-02 03:04:05+00'), (4, 'of nobody', NULL, '2999-01-02 03:04:05+00');
INSERT INTO token_blacklist_blacklistedtoken VALUES (1, 2);
CREATE TABLE oauth2_provider_application (id bigint PRIMARY KEY, client_id varchar(100));
CREATE TABLE oauth2_provider_accesstoken (id bigint PRIMARY KEY, scope text);
CREATE TABLE oauth2_provider_refreshtoken (
    id bigint PRIMARY KEY, token varchar(255), user_id bigint, application_id bigint,
    access_token_id bigint, created timestamptz, revoked timestamptz
);
INSERT INTO oauth2_provider_application VALUES (1, 'spa');
INSERT INTO oauth2_provider_accesstoken VALUES (1, 'read write');
INSERT INTO oauth2_provider_refreshtoken VALUES
    (1, 'living', 7, 1, 1, '2999-01-02 03:04:05+00', NULL),
    (2, 'without', 7, 1, NULL, '2999-01-02 03:04:05+00', NULL),
    (3, 'ended', 7, 1, 1, '2999-01-02 03:04:05+00', now());
"""
IN_SECONDS = round(datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def connection():
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        running = packaged(Path(folder) / "data")
        running.start()
        with psycopg.connect(running.get_uri()) as connection:
            connection.execute(TABLES)
            yield connection
        running.cleanup()


def exported(connection, table):
    """The rows that the statement over that table makes, as the import reads them."""
    (statement,) = (each for each in STATEMENTS if table in each)
    return [read_row(json.dumps(row).encode()) for (row,) in connection.execute(statement)]


def test_the_secret_of_a_realm_is_found(connection):
    (statement,) = (each for each in STATEMENTS if "component_config" in each)
    assert connection.execute(statement).fetchall() == [("its secret",)]


def test_living_tokens_of_hydra_become_rows(connection):
    (row,) = exported(connection, "hydra_oauth2_refresh")
    assert (row.digest, row.foreign_id, row.client) == ("living", "7f2c", "spa")
    assert (row.scope, row.ends()) == ("openid offline", IN_SECONDS * 1000)
    assert DIGESTS["signature"].checked(row.digest)


def test_tokens_of_simplejwt_that_are_not_blacklisted_become_rows(connection):
    (row,) = exported(connection, "token_blacklist_outstandingtoken")
    assert (row.id, row.foreign_id, row.ends()) == ("living", "7", IN_SECONDS * 1000)


def test_tokens_of_the_toolkit_that_are_not_revoked_become_rows(connection):
    living, without = exported(connection, "oauth2_provider_refreshtoken")
    assert (living.digest, living.foreign_id, living.client) == ("living", "7", "spa")
    assert (living.scope, without.scope) == ("read write", None)
    assert living.ends() == (IN_SECONDS + 14 * 86_400) * 1000
