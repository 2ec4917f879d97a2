"""How digests are computed: a module for each family, found by listing this package.

Each has `NAMES`, the first parts of the stored texts that it reads, and `read(text, configs)`,
which raises HashRefused.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol, cast

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.configs import Checked
from reticket.crypto.hashes.known import Configs, KnownHash


class Algorithm(Protocol):
    """What a module has."""

    NAMES: Sequence[str]

    def read(self, text: str, configs: Configs) -> KnownHash:
        """The hash of a stored text whose first part is one of the names. HashRefused."""
        ...


def name_of(text: str) -> str:
    """The first part of a stored text; empty when it has none."""
    return text.split("$", 2)[1] if text.startswith("$") else ""


def form_of(text: str) -> str:
    """The name of the form of a stored text. bcrypt's begin with its version."""
    name = name_of(text)
    return "bcrypt" if name in ("2a", "2b", "2y") else name


def read_hash(text: str, configs: Configs) -> KnownHash:
    """The hash of a stored text. HashRefused when it is unknown, damaged or out of bounds."""
    algorithm = algorithms().get(name_of(text))
    if algorithm is None:
        raise HashRefused("no known form has its prefix")
    return algorithm.read(text, configs)


def config_kinds() -> Mapping[str, type[Checked]]:
    """The types of configurations, by the names of the forms that need one."""
    found = {name: getattr(module, "Config", None) for name, module in algorithms().items()}
    return {name: kind for name, kind in found.items() if kind is not None}


@cache
def algorithms() -> Mapping[str, Algorithm]:
    """Each algorithm, by every name that it reads."""
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    modules = [cast(Algorithm, importlib.import_module(f"{__name__}.{name}")) for name in names]
    return {name: module for module in modules for name in module.NAMES}
