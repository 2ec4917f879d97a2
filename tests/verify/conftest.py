import pytest
from tests.verify.issuing import issuing

from reticket.testing import running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def issuer(server):
    with issuing(server) as made:
        yield made
