"""What other systems write: a module for each, found by listing this package.

Each has `NAME`, which is the `hash_format`, `BY_PREFIX`: whether a hash tells that it is of that
system, and `MEMBERS` of a hash in columns. `read(said, config)` makes the canonical text, or
returns None for any other form.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Protocol, TypeAlias, cast

GivenHash: TypeAlias = str | Mapping[str, object]
"""A hash as a row has it: a text, or an object of columns."""


class System(Protocol):
    """What a module has."""

    NAME: str
    BY_PREFIX: bool
    MEMBERS: frozenset[str]

    def read(self, said: GivenHash, config: str) -> str | None:
        """The canonical text; None when the hash has not this form. HashRefused when it has, and
        is damaged. `config` is the name of the configuration.
        """
        ...


@cache
def systems() -> Mapping[str, System]:
    """Each system by its name."""
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    modules = [cast(System, importlib.import_module(f"{__name__}.{name}")) for name in names]
    return {module.NAME: module for module in modules}
