"""The command that asks another server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reticket.core.commands.command import Command
from reticket.core.fetching.copies import SHORTEST
from reticket.core.fetching.model import FetchRequest, FetchResult


@dataclass(frozen=True, slots=True)
class Fetch(Command[FetchResult]):
    """Ask another server, by https only. Result: `Fetched`, or `Unfetched` with the fault.

    The answer of a GET is cached as its headers say, for a minute at least and a day at most.

    Args:
        newer: the known copy lacks something, so fetch again; but at most once a minute.
        keep: seconds for which the copy is used after its time, while no newer one can be had.
        is_kept: whether an answer with that body is cached; without it every one is. Quick.
        version: of the document, where its address is used with several; a copy of another version
            is not used.
        shortest: seconds for which an answer is cached at least, whatever its headers say.
    """

    request: FetchRequest
    newer: bool = False
    keep: int = 0
    is_kept: Callable[[bytes], bool] | None = None
    version: str = ""
    shortest: int = SHORTEST
