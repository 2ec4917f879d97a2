import pytest
from tests.dialects.oauth.token_world import World


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()
