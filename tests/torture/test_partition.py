"""A cut of either kind: silent, where it is meant to be and nowhere else, and mended afterwards."""

import socket
import threading
from contextlib import ExitStack, suppress

import pytest
from tests.torture.partition import network
from tests.torture.proxies import proxies

from reticket.testing.waiting import until

PLACES = 3
PATIENCE = 0.3


class Echo(threading.Thread):
    """Answers whatever is said at a place."""

    def __init__(self, net, place):
        super().__init__(daemon=True)
        self.net, self.place = net, place
        with net.inside():
            self.listening = socket.create_server((net.home(place), 0))
        self.port = self.listening.getsockname()[1]
        net.forward(place, self.port)
        self.start()

    def run(self):
        with suppress(OSError):
            while True:
                coming, _ = self.listening.accept()
                threading.Thread(target=self.answer, args=(coming,), daemon=True).start()

    def answer(self, coming):
        with coming, suppress(OSError):
            while said := coming.recv(1):
                coming.sendall(said)

    def line(self, source=None):
        """A connection, from outside or from another place."""
        there = self.net.address(self.place), self.port
        if source is None:
            return socket.create_connection(there, 5)
        with self.net.inside():
            return socket.create_connection(there, 5, (self.net.home(source), 0))

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


@pytest.fixture(params=[network, proxies])
def lines(request):
    """The network, and lines to each place from outside and from the next place."""
    with ExitStack() as stack:
        net = stack.enter_context(request.param(PLACES))
        echoes = [Echo(net, place) for place in range(PLACES)]
        for each in echoes:
            stack.callback(each.close)
        outside = [stack.enter_context(each.line()) for each in echoes]
        peers = [stack.enter_context(each.line((each.place + 1) % PLACES)) for each in echoes]
        yield net, outside, peers


def answered(lines):
    return [_answers(line) for line in lines]


def _answers(line, patience=PATIENCE):
    """Whether it does; whoever cuts it off says nothing."""
    line.settimeout(patience)
    line.sendall(b"x")
    try:
        return line.recv(1) == b"x"
    except TimeoutError:
        return False


def goes_on(line):
    """What was said into a cut may come with the answer to what is said later."""
    until(lambda: _answers(line))


def test_a_node_cut_off_from_outside_reaches_its_peers(lines):
    net, outside, peers = lines
    assert answered(outside + peers) == [True] * 6
    with net.cut(1):
        assert answered(outside) == [True, False, True]
        assert answered(peers) == [True] * 3
    for each in outside:
        goes_on(each)


def test_a_node_cut_off_from_its_peers_is_reached_from_outside(lines):
    net, outside, peers = lines
    with net.cut_from_peers(1):
        assert answered(outside) == [True] * 3
        assert answered(peers) == [False, False, True]
    for each in peers:
        goes_on(each)
