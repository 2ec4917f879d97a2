"""A network between the processes of an engine and everybody else that can be cut, silently.

What is cut off hears nothing, not even that it is: no connection is refused, reset or closed.
In a network namespace where the machine allows one; elsewhere through proxies.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

from tests.torture.namespaces import namespace
from tests.torture.proxies import proxies


class Network(Protocol):
    """Numbered places for processes. Clients outside find each at its own address.

    Attributes:
        name: for the table.
    """

    name: str

    def inside(self) -> AbstractContextManager[None]:
        """What this thread starts or connects meanwhile is inside, where nothing is cut."""
        ...

    def home(self, place: int) -> str:
        """The address that a process there has, and is seen to come from."""
        ...

    def address(self, place: int) -> str:
        """The address at which it is found."""
        ...

    def forward(self, place: int, *ports: int) -> None:
        """Somebody there listens at these ports."""
        ...

    def cut(self, place: int) -> AbstractContextManager[None]:
        """No client outside reaches it; its peers do."""
        ...

    def cut_from_peers(self, place: int) -> AbstractContextManager[None]:
        """The other places do not reach it, nor it them; everybody outside does."""
        ...


@contextmanager
def network(places: int) -> Iterator[Network]:
    """The best that this machine allows."""
    with ExitStack() as stack:
        chosen: Network
        try:
            chosen = stack.enter_context(namespace(places))
        except (OSError, subprocess.CalledProcessError):
            chosen = stack.enter_context(proxies(places))
        yield chosen
