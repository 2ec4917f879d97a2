"""Places at addresses of the loopback, behind proxies that can hold back what they pass on."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

GLANCE = 0.02
"""Seconds between two looks whether a cut is mended."""


@contextmanager
def proxies(places: int) -> Iterator[Proxies]:
    """Everything that they pass on ends with the body."""
    found = Proxies(places)
    try:
        yield found
    finally:
        found.close()


class Proxies:
    """What is sent over a cut comes when it is mended, as with TCP."""

    name = "proxies"

    def __init__(self, places: int) -> None:
        self._net = random.randrange(1, 255)
        self._homes = {self.home(place): place for place in range(places)}
        self._cut: set[int] = set()
        self._alone: set[int] = set()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closed = False

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Everywhere."""
        yield

    def home(self, place: int) -> str:
        return f"127.77.{self._net}.{place + 1}"

    def address(self, place: int) -> str:
        return f"127.78.{self._net}.{place + 1}"

    def forward(self, place: int, *ports: int) -> None:
        for port in ports:
            listening = socket.create_server((self.address(place), port))
            self._beside(self._accept, place, port, listening)

    @contextmanager
    def cut(self, place: int) -> Iterator[None]:
        with _within(self._cut, place):
            yield

    @contextmanager
    def cut_from_peers(self, place: int) -> Iterator[None]:
        with _within(self._alone, place):
            yield

    def close(self) -> None:
        self._closed = True
        for each in list(self._sockets):
            _hang_up(each)
        for each in self._threads:
            each.join()

    def _beside(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads = [thread, *(each for each in self._threads if each.is_alive())]
        thread.start()
        return thread

    @contextmanager
    def _kept(self, one: socket.socket) -> Iterator[None]:
        with closing(one):
            self._sockets.add(one)
            try:
                yield
            finally:
                self._sockets.discard(one)

    def _accept(self, place: int, port: int, listening: socket.socket) -> None:
        with self._kept(listening), suppress(OSError):
            while not self._closed:
                coming, (source, _) = listening.accept()
                self._beside(self._serve, self._homes.get(source), place, port, coming)

    def _serve(self, peer: int | None, place: int, port: int, coming: socket.socket) -> None:
        with self._kept(coming), suppress(OSError):
            self._await_mended(peer, place)
            going = socket.create_connection((self.home(place), port))
            with self._kept(going):
                back = self._beside(self._pass_on, peer, place, going, coming)
                self._pass_on(peer, place, coming, going)
                back.join()

    def _pass_on(
        self, peer: int | None, place: int, one: socket.socket, other: socket.socket
    ) -> None:
        """Until one end closes; the other does not hear of that over a cut."""
        with suppress(OSError):
            while said := one.recv(65_536):
                self._await_mended(peer, place)
                other.sendall(said)
            self._await_mended(peer, place)
        for each in (one, other):
            _hang_up(each)

    def _await_mended(self, peer: int | None, place: int) -> None:
        while place in self._cut if peer is None else self._alone & {peer, place}:
            if self._closed:
                raise OSError("the proxies are closed")
            time.sleep(GLANCE)


def _hang_up(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextmanager
def _within(places: set[int], place: int) -> Iterator[None]:
    places.add(place)
    try:
        yield
    finally:
        places.discard(place)
