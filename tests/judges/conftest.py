import pytest
from joserfc.jwk import ECKey
from tests.judges.browser import Browser
from tests.judges.instance import running_service


@pytest.fixture(scope="session")
def key():
    """The key of the clients that have no secret."""
    return ECKey.generate_key("P-256", {"kid": "judge", "alg": "ES256", "use": "sig"})


@pytest.fixture(scope="session")
def url(tmp_path_factory, key):
    with running_service(tmp_path_factory.mktemp("service"), key.as_dict(private=False)) as running:
        yield running.url


@pytest.fixture
def browser(url):
    with Browser(url) as browser:
        yield browser
