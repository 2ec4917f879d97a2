"""Several worker processes on one port: one service, replaced when they die, stopped together."""

import os
import signal
from pathlib import Path

from tests.http.wire import WIRES

from reticket.testing import running_server
from reticket.testing.waiting import until

AKINON = WIRES[0]


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_workers_are_one_service_and_a_dead_worker_is_replaced(tmp_path):
    with running_server(tmp_path, settings={"RETICKET_WORKERS": "2"}) as server:
        until(lambda: len(children(server.process.pid)) == 2)
        token = AKINON.sign_in(server.url)
        for _ in range(20):
            answer = AKINON.refresh(server.url, token)
            assert AKINON.is_good(answer)
            token = AKINON.token_of(answer[2])
        before = children(server.process.pid)
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(set(children(server.process.pid)) - {before[0]}) == 2)
        assert AKINON.is_good(AKINON.refresh(server.url, token))
        left = children(server.process.pid)
    assert server.process.returncode == 0
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
