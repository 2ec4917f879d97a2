"""Places in a Linux network namespace, for who may make one. It is gone with this process."""

from __future__ import annotations

import ctypes
import os
import random
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

NEW_NETWORK = 0x4000_0000
"""CLONE_NEWNET."""

NOWHERE = "02:00:00:00:00:00"
"""An address on the wire that nobody has: what is sent there vanishes."""

DEAD_END = 77
"""The table of routes by which everything vanishes. A route that is none would be told of."""


@contextmanager
def namespace(places: int) -> Iterator[Namespace]:
    """A namespace that lives as long as this process. OSError or CalledProcessError where the
    machine does not allow it.
    """
    command = ["unshare", "--net", "cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        _await_own_network(holder)
        found = Namespace(holder.pid, places)
        with found.inside():
            _ip("link set lo up")
            _ip("rule add pref 10 lookup local")
            _ip("rule del pref 0")
            _ip("link add dead type veth peer name deader")
            _ip("link set dead arp off up")
            _ip("link set deader up")
            _ip(f"route add default dev dead table {DEAD_END}")
        for place in range(places):
            found.connect(place)
        found.check()
        yield found


def _await_own_network(holder: subprocess.Popen[bytes]) -> None:
    ours, theirs = Path("/proc/self/ns/net"), Path(f"/proc/{holder.pid}/ns/net")
    while holder.poll() is None:
        if os.readlink(ours) != os.readlink(theirs):
            return
    raise OSError("no network namespace is to be had")


class Namespace:
    """All places in one namespace, with a pair of virtual interfaces for each."""

    name = "namespaces"

    def __init__(self, holder: int, places: int) -> None:
        self._holder, self._places = holder, places
        self._net = f"198.18.{random.randrange(256)}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        with _opened("/proc/thread-self/ns/net") as outside:
            with _opened(f"/proc/{self._holder}/ns/net") as within:
                _move_to(within)
            try:
                yield
            finally:
                _move_to(outside)

    def home(self, place: int) -> str:
        return f"{self._net}.{4 * place + 2}"

    address = home

    def forward(self, place: int, *ports: int) -> None:
        """Nothing is between."""

    @contextmanager
    def cut(self, place: int) -> Iterator[None]:
        self._lead(place, NOWHERE, NOWHERE)
        try:
            yield
        finally:
            self._lead(place, *_wires(place))

    @contextmanager
    def cut_from_peers(self, place: int) -> Iterator[None]:
        mine = self.home(place)
        others = [self.home(number) for number in range(self._places) if number != place]
        pairs = [pair for other in others for pair in ((mine, other), (other, mine))]
        with self.inside():
            for one, other in pairs:
                _ip(f"rule add pref 5 from {one} to {other} lookup {DEAD_END}")
        try:
            yield
        finally:
            with self.inside():
                for one, other in pairs:
                    _ip(f"rule del pref 5 from {one} to {other} lookup {DEAD_END}")

    def connect(self, place: int) -> None:
        """A pair of interfaces, each of which knows where the other is without asking."""
        outer, inner = _wires(place)
        ours = self._interface(place)
        _ip(
            f"link add {ours} address {outer} type veth "
            f"peer name way{place} address {inner} netns {self._holder}"
        )
        _ip(f"addr add {self._outer(place)}/30 dev {ours}")
        _ip(f"link set {ours} up")
        with self.inside():
            _ip(f"addr add {self.home(place)}/30 dev way{place}")
            _ip(f"link set way{place} up")
        self._lead(place, outer, inner)

    def check(self) -> None:
        """Whether somebody outside reaches somebody inside. OSError when not."""
        with self.inside():
            listening = socket.create_server((self.home(0), 0))
        with closing(listening), socket.create_connection(listening.getsockname(), 2):
            pass

    def _lead(self, place: int, outer: str, inner: str) -> None:
        """Say where the ends of a pair are on the wire."""
        _ip(f"neigh replace {self.home(place)} lladdr {inner} dev {self._interface(place)}")
        with self.inside():
            _ip(f"neigh replace {self._outer(place)} lladdr {outer} dev way{place}")

    def _outer(self, place: int) -> str:
        return f"{self._net}.{4 * place + 1}"

    def _interface(self, place: int) -> str:
        return f"rt{self._holder}w{place}"


def _wires(place: int) -> tuple[str, str]:
    """Addresses of both interfaces of a pair."""
    return f"02:00:00:00:01:{place:02x}", f"02:00:00:00:02:{place:02x}"


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    file = os.open(path, os.O_RDONLY)
    try:
        yield file
    finally:
        os.close(file)


def _move_to(space: int) -> None:
    """Move this thread alone into the namespace."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(space, NEW_NETWORK):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
