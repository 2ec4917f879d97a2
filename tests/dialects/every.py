"""Every dialect of the package, whichever there are, with its fixture file."""

from pathlib import Path

from reticket import dialects
from reticket.testing.dialect_fixtures import load_fixtures

FOLDER = Path(__file__).parent
MODULES = dialects.modules()
BUILT = {name: module.build() for name, module in MODULES.items()}
FIXTURES = {name: load_fixtures(FOLDER / name / "fixtures.yaml") for name in MODULES}
VARIANTS = [(name, said) for name, fixtures in FIXTURES.items() for said in fixtures.variants]
