import pytest
from tests.dialects.oauth.browser import Browser, PagesWorld


@pytest.fixture
def world():
    made = PagesWorld()
    yield made
    made.close()


@pytest.fixture
def browser(world):
    return Browser(world)
