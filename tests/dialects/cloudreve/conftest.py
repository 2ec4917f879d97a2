import pytest
from tests.dialects.cloudreve.samples import ADA, FAMILY

from reticket.core.model import Family
from reticket.core.people import User


@pytest.fixture(scope="session")
def ada() -> User:
    return ADA


@pytest.fixture(scope="session")
def family() -> Family:
    return FAMILY
