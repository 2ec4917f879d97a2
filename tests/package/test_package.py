"""The content of the sdist and the wheel, and their metadata."""

import hashlib
import re
import subprocess
import tarfile
from email import message_from_bytes
from zipfile import ZipFile

import pytest
from tests.package.conftest import ROOT, build

from reticket import __version__

APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""SHA-256 of the license's text as the Apache Software Foundation publishes it."""

BESIDE_SOURCES = {".gitignore", "LICENSE", "PKG-INFO", "docs/package.md", "pyproject.toml"}


def tracked():
    """The tracked files of the package, and its new files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src/reticket"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in said.split() if (ROOT / name).exists()}


def names(sdist):
    with tarfile.open(sdist) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def metadata(wheel):
    with ZipFile(wheel) as archive:
        return message_from_bytes(archive.read(f"reticket-{__version__}.dist-info/METADATA"))


def test_the_license_is_the_standard_text():
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def test_the_sdist_has_the_sources_and_what_a_build_needs_and_nothing_else(sdist):
    assert names(sdist) == tracked() | BESIDE_SOURCES


def test_the_wheel_has_the_package_and_nothing_else(wheel):
    with ZipFile(wheel) as archive:
        found = set(archive.namelist())
    package = {name.removeprefix("src/") for name in tracked()}
    assert {name for name in found if ".dist-info/" not in name} == package
    assert f"reticket-{__version__}.dist-info/licenses/LICENSE" in found


def test_the_sdist_builds_the_same_wheel(sdist, wheel, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build(tmp_path / f"reticket-{__version__}", tmp_path / "dist")[1]
    assert again.read_bytes() == wheel.read_bytes()


def test_a_second_build_makes_the_same_bytes(sdist, wheel, tmp_path):
    again = build(ROOT, tmp_path)
    assert [each.read_bytes() for each in again] == [sdist.read_bytes(), wheel.read_bytes()]


def test_the_license_is_an_expression_and_no_classifier(metadata):
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    found = metadata.get_all("Classifier")
    assert [each for each in found if each.startswith("License ::")] == []


def test_what_developers_need_is_not_offered_as_an_extra(metadata):
    assert metadata.get_all("Provides-Extra") == ["postgresql", "valkey"]


def test_the_version_is_the_package_s(metadata):
    assert metadata["Version"] == __version__


def test_the_long_description_has_no_link_that_would_lead_nowhere(metadata):
    text = metadata.get_payload()
    assert text.startswith("# reticket\n")
    assert re.findall(r"\]\(|\]\[|<a |<img |https?://", text) == []
