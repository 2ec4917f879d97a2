import pytest

from reticket.dialects import oauth
from reticket.testing.dialect_contract import DialectContract
from reticket.wire import Dialect


class TestOAuth(DialectContract):
    @pytest.fixture
    def dialect(self) -> Dialect:
        return oauth.build()
