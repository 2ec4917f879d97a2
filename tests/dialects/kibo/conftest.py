from collections.abc import Mapping
from typing import Any

import pytest
from tests.dialects.kibo.samples import ADA, SAMPLES

from reticket.core.people import User


@pytest.fixture(scope="session")
def ada() -> User:
    return ADA


@pytest.fixture(scope="session")
def samples() -> Mapping[str, Any]:
    return SAMPLES
