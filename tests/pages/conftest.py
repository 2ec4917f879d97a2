import httpx
import pytest
from tests.http.wire import TRUST
from tests.pages.instance import running_service
from tests.pages.people import Person

from reticket.testing.waiting import PATIENCE


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def person(server):
    with httpx.Client(base_url=server.url, timeout=PATIENCE, verify=TRUST) as http:
        yield Person(http)
