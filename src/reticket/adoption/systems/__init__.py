"""Systems whose JWTs are known: one module for each, found by listing this package.

Each has `SYSTEM`, and knows its claims only.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import MappingProxyType

from reticket.adoption.system import System


@cache
def systems() -> MappingProxyType[str, System]:
    """The systems by name."""
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    found = {name: importlib.import_module(f"{__name__}.{name}").SYSTEM for name in names}
    return MappingProxyType(found)
