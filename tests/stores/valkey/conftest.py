"""Servers for the session, empty for each test, and a clock of the engine that a test moves."""

import pytest
from tests.stores.valkey.servers import Cluster, Standalone, emptied

from reticket.core.policy import SECOND
from reticket.stores.valkey import open_store
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.ephemeral import SWEPT_LATER
from reticket.testing import FakeClock
from reticket.testing.clock import START


@pytest.fixture(scope="session")
def standalone(tmp_path_factory):
    started = Standalone(tmp_path_factory.mktemp("valkey") / "standalone")
    yield started
    started.close()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    started = Cluster(tmp_path_factory.mktemp("valkey") / "cluster")
    yield started
    started.close()


@pytest.fixture(params=["standalone", "cluster"])
def servers(request):
    """Both kinds of servers, empty."""
    return emptied(request.getfixturevalue(request.param))


class EngineClock(FakeClock):
    """Tells the engine another time, which stands still until it is moved: what lives is given
    back the time that the test takes, and loses what `forward` says.
    """

    def __init__(self, servers, patch):
        super().__init__()
        self._servers = servers
        self._left = {}
        real = Engine.milliseconds
        self.ahead = START - real(servers.primaries()[0].time())
        shifted = staticmethod(lambda reply: real(reply) + self.ahead)
        patch.setattr(Engine, "milliseconds", shifted)

    def forward(self, seconds):
        super().forward(seconds)
        passed = round(seconds * SECOND)
        self.ahead += passed
        for primary in self._servers.primaries():
            for key in list(primary.scan_iter()):
                self._age(primary, key, passed)

    def _age(self, primary, key, passed):
        found = primary.pttl(key)
        left, given = self._left.get(key, (0, 0))
        if found > given:
            left = -(-found // SECOND) * SECOND
        left -= passed
        given = left + SECOND * (left > SWEPT_LATER)
        self._left[key] = left, given
        if found > 0:
            primary.pexpire(key, given)


@pytest.fixture
def engine_clock(servers, monkeypatch):
    return EngineClock(servers, monkeypatch)


@pytest.fixture
def opened(servers):
    """Opens both ports, as often as it is called."""
    made = []

    def open_them(patience=2.0, query=""):
        made.extend(open_store(servers.url + query, FakeClock(), patience))
        return made[-2:]

    yield open_them
    for each in made:
        each.close()


@pytest.fixture
def store(opened):
    return opened()[0]
