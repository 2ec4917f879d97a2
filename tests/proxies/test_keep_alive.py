"""The service keeps idle connections longer than the pools of proxies do, so none is reset."""

import time
from pathlib import Path

from tests.http.wire import WIRES
from tests.proxies.conftest import port_of
from tests.proxies.servers import CONFIGURATIONS

from reticket.settings import Settings

POOLS = {"caddy": 120, "nginx": 60, "haproxy": 5}
"""Seconds that an idle connection to a server is kept by default: Caddy `keepalive`, nginx
`keepalive_timeout`, HAProxy `pool-purge-delay`.
"""

FORMER = 5.0
"""Seconds after which uvicorn closes, and between two polls of the device grant."""

ESTABLISHED = "01"
AKINON = WIRES[0]


def upstream(port):
    """The connections to a port of this machine: the ports of their other ends."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        row[1]
        for row in rows
        if row[3] == ESTABLISHED and int(row[2].rpartition(":")[2], 16) == port
    }


def test_idle_connections_outlive_every_pool():
    assert sorted(POOLS) == sorted(CONFIGURATIONS)
    assert Settings().connections.idle_timeout > max(POOLS.values())


def test_a_connection_that_was_idle_for_longer_than_five_seconds_is_used_again(service, proxy):
    token = AKINON.sign_in(proxy)
    before = upstream(port_of(service.url))
    assert before
    until = time.monotonic() + FORMER + 1.5
    while time.monotonic() < until:
        assert upstream(port_of(service.url)) & before
        time.sleep(0.1)
    kept = upstream(port_of(service.url)) & before
    for _ in range(5):
        answer = AKINON.refresh(proxy, token)
        assert AKINON.is_good(answer)
        token = AKINON.token_of(answer[2])
    after = upstream(port_of(service.url))
    assert after <= kept | before
    assert after & kept
