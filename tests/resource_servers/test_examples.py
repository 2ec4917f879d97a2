"""The drive's file service and the shop's API of the page, with tokens that clients get."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from socket import create_connection

import pytest
from tests.http.wire import call
from tests.resource_servers.page import blocks
from tests.resource_servers.programs import NODE_MODULES
from tests.resource_servers.tokens import forged, issuer

from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until

MOST_LINES = 50
CHOSEN = os.environ.get("RESOURCE_SERVERS", "python").split()
FILES, SHOP = "A drive's file service", "A shop's API"


@pytest.fixture(scope="module")
def issuing(tmp_path_factory):
    settings = {"RETICKET_DIALECTS__KIBO__PERSON_IN_TOKENS": "true"}
    with issuer(tmp_path_factory.mktemp("service"), settings) as made:
        yield made


@contextmanager
def serving(command, environment):
    """The address of a program that listens there."""
    port = free_port()
    process = subprocess.Popen(command, env={**os.environ, **environment, "PORT": str(port)})
    try:
        until(lambda: _listens(process, port), "the resource server")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(PATIENCE)


def _listens(process, port):
    assert process.poll() is None
    with suppress(OSError), create_connection(("127.0.0.1", port), 1):
        return True
    return False


def bearer(token, **headers):
    return {"Authorization": f"Bearer {token}", **headers}


@pytest.mark.parametrize(("language", "section"), [("python", FILES), ("js", SHOP)])
def test_each_example_is_short(language, section):
    (program,) = blocks(language, section)
    assert len([line for line in program.splitlines() if line.strip()]) <= MOST_LINES


if "python" in CHOSEN:

    def test_the_file_service_gives_people_their_own_files(issuing, tmp_path):
        (tmp_path / "files.py").write_text(blocks("python", FILES)[0])
        token, refresh = issuing.pair("cloudreve.user")
        own = tmp_path / "drive" / issuing.inside.user.short_id
        own.mkdir(parents=True)
        (own / "a b.txt").write_text("mine")
        (tmp_path / "drive" / "other.txt").write_text("not mine")
        environment = {**issuing.environment, "FOLDER": str(tmp_path / "drive")}
        with serving([sys.executable, str(tmp_path / "files.py")], environment) as url:
            assert call(url, "GET", "/a%20b.txt", headers=bearer(token))[::2] == (200, b"mine")
            assert call(url, "GET", "/%2e%2e/other.txt", headers=bearer(token))[0] == 404
            for bad in (refresh, forged(token), issuing.pair("akinon.user")[0], ""):
                assert call(url, "GET", "/a%20b.txt", headers=bearer(bad))[0] == 401
            assert call(url, "GET", "/a%20b.txt")[0] == 401
            issuing.new_credentials()
            until(lambda: call(url, "GET", "/a%20b.txt", headers=bearer(token))[0] == 401)


if "node" in CHOSEN:

    def test_the_shop_gives_the_orders_of_the_tenant_of_a_token(issuing, tmp_path):
        shutil.copytree(NODE_MODULES / "jose", tmp_path / "node_modules" / "jose")
        (tmp_path / "shop.mjs").write_text(blocks("js", SHOP)[0])
        until(lambda: issuing.signs_in("kibo.adminuser"))
        token, refresh = issuing.pair("kibo.adminuser")
        with serving(["node", str(tmp_path / "shop.mjs")], issuing.environment) as url:
            of_tenant = {"x-vol-tenant": "1000"}
            status, _, body = call(url, "GET", "/orders", headers=bearer(token, **of_tenant))
            assert (status, body) == (200, b'{"orders":["a-1","a-2"]}')
            claims = {"x-vol-user-claims": token, **of_tenant}
            assert call(url, "GET", "/orders", headers=claims)[0] == 200
            for tenant in ("1001", ""):
                headers = bearer(token, **{"x-vol-tenant": tenant})
                assert call(url, "GET", "/orders", headers=headers)[0] == 403
            for bad in (refresh, forged(token), issuing.pair("kibo.developer")[0]):
                assert call(url, "GET", "/orders", headers=bearer(bad, **of_tenant))[0] == 401
            assert call(url, "GET", "/orders", headers=of_tenant)[0] == 401
