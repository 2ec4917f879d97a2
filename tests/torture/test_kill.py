"""`kill -9` under load: after each restart every client goes on with the newest token it knows."""

import http.client
import os
import threading

import pytest
from tests.http.wire import WIRES

from reticket.testing import running_server
from reticket.testing.server import free_port

ROUNDS = 50 if os.environ.get("RETICKET_TORTURE") else 5
CLIENTS_EACH = 6
LOAD = 0.3
"""Seconds under load before each kill."""

CUT = (OSError, http.client.HTTPException)


class Client(threading.Thread):
    """Refreshes in a chain until it is cut off; `refused` is an answer that was not good."""

    def __init__(self, url, wire, token):
        super().__init__()
        self.url, self.wire, self.token = url, wire, token
        self.refreshes, self.refused = 0, None

    def run(self):
        try:
            while self.refused is None:
                self.refresh()
        except CUT:
            return

    def refresh(self):
        answer = self.wire.refresh(self.url, self.token)
        if self.wire.is_good(answer):
            self.token = self.wire.token_of(answer[2])
            self.refreshes += 1
        else:
            self.refused = answer[0], answer[2]

    def again(self):
        """The same client after a restart; it refreshes once before anybody is killed again."""
        other = Client(self.url, self.wire, self.token)
        other.refreshes = self.refreshes
        other.refresh()
        return other


@pytest.mark.timeout(600)
def test_no_client_is_signed_out_by_kills(tmp_path):
    port = free_port()
    clients = []
    for number in range(ROUNDS):
        with running_server(tmp_path, port=port) as server:
            clients = [one.again() for one in clients] or [
                Client(server.url, wire, wire.sign_in(server.url))
                for wire in WIRES
                for _ in range(CLIENTS_EACH)
            ]
            for client in clients:
                client.start()
            threading.Event().wait(LOAD)
            server.process.kill()
            server.process.wait()
            for client in clients:
                client.join()
        lost = [(one.wire.name, *one.refused) for one in clients if one.refused]
        assert not lost, f"round {number + 1}"
    assert sum(one.refreshes for one in clients) > ROUNDS * len(clients)
