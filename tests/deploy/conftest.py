"""The files of `deploy/`, tried with the programs that they are for: `make test-deploy`.
`make test` needs none of these programs and looks at the text of the files alone.
"""

import os
import tempfile
from pathlib import Path

import pytest
from tests.deploy.proxies import PROXIES, Certificate, running
from tests.torture.postgresql import PostgreSQL

from reticket.testing import running_server

if not os.environ.get("RETICKET_DEPLOY"):
    collect_ignore_glob = ["test_with_*.py"]

SETTINGS = {
    "RETICKET_WORKERS": "2",
    "RETICKET_ISSUER": "https://id.example.com",
    "RETICKET_TRUSTED_PROXIES": "127.0.0.1,::1",
    "RETICKET_METRICS_TOKEN": "scrape-0123456789-0123456789-0123456789",
}


@pytest.fixture(scope="session")
def place():
    """A folder that the users of the proxies can get into; pytest's own are shut for them."""
    with tempfile.TemporaryDirectory(prefix="reticket-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """Two workers over a PostgreSQL server, which has sessions and directory."""
    with PostgreSQL.fresh() as database:
        stores = {"RETICKET_SESSIONS": database.url, "RETICKET_DIRECTORY": database.url}
        folder = tmp_path_factory.mktemp("service")
        with running_server(folder, settings=SETTINGS | stores) as server:
            yield server


@pytest.fixture(scope="session", params=sorted(PROXIES))
def proxy(request, service, place):
    """The proxy with the file of `deploy/`, in front of the service."""
    folder = place / request.param
    folder.mkdir()
    with running(request.param, folder, service.url, Certificate(folder)) as proxy:
        yield proxy
