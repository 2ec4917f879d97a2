"""Readers of other systems' people; docs/moving/readers.md lists them. Each is a module with
`read(source, meter)`, which yields places and rows. `SIGN` matches the beginning of its exports and
of no rows of ours. A name that begins with `_` is that of no reader.
"""

from __future__ import annotations

import codecs
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from reticket.moving.streams import Meter, Unreadable

Rows = Iterator[tuple[str, Mapping[str, object] | Unreadable]]
"""Each row with its place in the source, such as `line 7`."""
Read = Callable[[Path | str, Meter], Rows]
"""Tells the meter how far it is. SourceError when the source cannot be read any further."""

HEAD = 4096
"""Bytes of a file that `guessed` needs at most."""


@cache
def names() -> Sequence[str]:
    """The names of all readers, which are those of the systems."""
    found = [module.name for module in pkgutil.iter_modules(__path__)]
    return sorted(name for name in found if not name.startswith("_"))


def reader(name: str) -> Read:
    """The reader of a system. `name` is one of `names()`."""
    return cast(Read, importlib.import_module(f"{__name__}.{name}").read)


def guessed(head: bytes) -> str | None:
    """The reader of a file with this beginning, if it is known as an export."""
    start = head[:HEAD].removeprefix(codecs.BOM_UTF8)
    return next((name for name in names() if _sign(name).match(start)), None)


def _sign(name: str) -> re.Pattern[bytes]:
    return cast("re.Pattern[bytes]", importlib.import_module(f"{__name__}.{name}").SIGN)
