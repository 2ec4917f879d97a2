"""Passes on what is sent to one address at another, unless it is told to hold it back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from multiprocessing.connection import Connection

GLANCE = 0.02
"""Seconds between two looks whether a cut is mended."""


def relay(orders: Connection, homes: Sequence[str]) -> None:
    """Do as told until killed; each order is answered when it is carried out."""
    working = Relay(homes)
    while True:
        verb, *words = orders.recv()
        getattr(working, verb)(*words)
        orders.send(verb)


class Relay:
    """Owns threads: one for each port and two for each connection.

    Args:
        homes: the addresses of the places.
    """

    def __init__(self, homes: Sequence[str]) -> None:
        self._homes = homes
        self._places = {home: place for place, home in enumerate(homes)}
        self._held: dict[str, set[int]] = {"cut": set(), "alone": set()}

    def forward(self, place: int, address: str, port: int) -> None:
        """Pass on from that address to the place's home."""
        _beside(self._accept, place, port, socket.create_server((address, port)))

    def begin(self, what: str, place: int) -> None:
        """Hold back: what comes from outside (`cut`), or what is between places (`alone`)."""
        self._held[what].add(place)

    def end(self, what: str, place: int) -> None:
        """Let it go on."""
        self._held[what].discard(place)

    def _accept(self, place: int, port: int, listening: socket.socket) -> None:
        while True:
            coming, (source, _) = listening.accept()
            _beside(self._serve, self._places.get(source), place, port, coming)

    def _serve(self, peer: int | None, place: int, port: int, coming: socket.socket) -> None:
        with closing(coming), suppress(OSError):
            self._await_mended(peer, place)
            with closing(socket.create_connection((self._homes[place], port))) as going:
                back = _beside(self._pass_on, peer, place, going, coming)
                self._pass_on(peer, place, coming, going)
                back.join()

    def _pass_on(
        self, peer: int | None, place: int, one: socket.socket, other: socket.socket
    ) -> None:
        """Until one end closes; the other does not hear of that over a cut."""
        with suppress(OSError):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            while said := one.recv(65_536):
                self._await_mended(peer, place)
                other.sendall(said)
            self._await_mended(peer, place)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _await_mended(self, peer: int | None, place: int) -> None:
        while self._is_held(peer, place):
            time.sleep(GLANCE)

    def _is_held(self, peer: int | None, place: int) -> bool:
        if peer is None:
            return place in self._held["cut"]
        return bool(self._held["alone"] & {peer, place})


def _beside(work, *arguments) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread
