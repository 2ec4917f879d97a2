import pytest
from tests.core.world import World


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()
