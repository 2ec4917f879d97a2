import pytest

from reticket.dialects import akinon
from reticket.testing.dialect_contract import DialectContract
from reticket.wire import Dialect


class TestAkinon(DialectContract):
    @pytest.fixture(params=[False, True], ids=["open", "token required"])
    def dialect(self, request: pytest.FixtureRequest) -> Dialect:
        return akinon.build(akinon.Options(require_access_token=request.param))
