import pytest

from reticket.dialects import kibo
from reticket.testing.dialect_contract import DialectContract
from reticket.wire import Dialect


class TestKibo(DialectContract):
    @pytest.fixture
    def dialect(self) -> Dialect:
        return kibo.build()
