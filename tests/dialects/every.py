"""Every dialect of the package, whichever there are, with its fixture file."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from reticket import dialects
from reticket.testing.dialect_fixtures import load_fixtures
from reticket.testing.dialect_samples import samples_of

FOLDER = Path(__file__).parent
MODULES = dialects.modules()
BUILT = {name: module.build() for name, module in MODULES.items()}
FIXTURES = {name: load_fixtures(FOLDER / name / "fixtures.yaml") for name in MODULES}
VARIANTS = [(name, said) for name, fixtures in FIXTURES.items() for said in fixtures.variants]
EXCHANGES = [
    pytest.param(name, exchange, id=f"{name}: {exchange.name}")
    for name, fixtures in FIXTURES.items()
    for exchange in fixtures.exchanges
]


def _samples(name: str) -> Mapping[str, Any]:
    """The results that a fixture file names: of `samples.py` beside it, or the usual ones."""
    own = f"tests.dialects.{name}.samples"
    return import_module(own).SAMPLES if find_spec(own) else samples_of(BUILT[name])


SAMPLES = {name: _samples(name) for name in MODULES}
