import pytest

from reticket.testing import running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("service")) as running:
        yield running
