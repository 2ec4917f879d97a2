"""The wire dialects. Each is a module or package with `build(options)`, which returns a Dialect,
and with a class `Options`, which says what an operator may set. A name that begins with `_` is
that of no dialect.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from reticket.core.errors import StartupError
from reticket.core.policy import PRESETS, Policy
from reticket.core.profiles import Profiles

if TYPE_CHECKING:
    from reticket.wire import Dialect


def modules() -> Mapping[str, ModuleType]:
    """Every dialect's module, by the dialect's name. StartupError for one that is no dialect."""
    return {name: _module(name) for name in _names(tuple(__path__))}


def with_defaults() -> list[Dialect]:
    """Every dialect as it is where no setting says otherwise."""
    return [module.build() for module in modules().values()]


def presets() -> dict[str, Policy]:
    """Every preset by its name: those of all dialects after those that belong to none."""
    declared = [preset for dialect in with_defaults() for preset in dialect.presets]
    return {**PRESETS, **{preset.name: preset for preset in declared}}


def profiles(dialects: Iterable[Dialect]) -> Profiles:
    """What these dialects tell the directory."""
    known = list(dialects)
    return Profiles(
        kinds=[kind for dialect in known for kind in dialect.kinds],
        people=[dialect.person for dialect in known if dialect.person is not None],
        tenants=[dialect.tenant for dialect in known if dialect.tenant is not None],
        programs=[dialect.program for dialect in known if dialect.program is not None],
        realms=[realms for dialect in known for realms in dialect.realms],
    )


@cache
def _names(places: Sequence[str]) -> Sequence[str]:
    """The names of the dialects in these folders, which are read once."""
    names = [found.name for found in pkgutil.iter_modules(places)]
    return sorted(name for name in names if not name.startswith("_"))


def _module(name: str) -> ModuleType:
    module = importlib.import_module(f"{__name__}.{name}")
    for needed in ("Options", "build"):
        if not hasattr(module, needed):
            raise StartupError(
                f"{module.__name__} is no dialect, since it has no {needed}; "
                f"name it _{name} if it helps one"
            )
    return module
