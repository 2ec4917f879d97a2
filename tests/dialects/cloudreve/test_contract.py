import pytest

from reticket.dialects import cloudreve
from reticket.testing.dialect_contract import DialectContract
from reticket.wire import Dialect


class TestCloudreve(DialectContract):
    @pytest.fixture
    def dialect(self) -> Dialect:
        return cloudreve.build()
