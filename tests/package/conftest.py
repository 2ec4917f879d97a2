"""The two files that go to a package index, built as a release builds them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(source, place):
    """Build the sdist and the wheel of a folder with the build back end of the lock; no network."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(place)]
    built = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def sdist(distributions):
    return distributions[0]


@pytest.fixture(scope="session")
def wheel(distributions):
    return distributions[1]
