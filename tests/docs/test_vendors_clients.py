"""The quick starts name the clients of vendors that `make test-vendors` installs."""

import json
import tomllib

from tests.docs.tables import ROOT

PAGES = ("kibo", "cloudreve")


def installed():
    """Rows of the tables, up to the version."""
    package = json.loads((ROOT / "tests/vendors/node/package.json").read_text())
    for name, version in package["dependencies"].items():
        yield f"| `{name}`, npm | {version} |"
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["vendors"]
    for name, _, version in (pinned.partition("==") for pinned in group):
        yield f"| `{name}`, PyPI | {version} |"


def test_the_pages_have_each_client_with_the_version_that_is_installed():
    said = "".join((ROOT / f"docs/quickstart/{page}.md").read_text() for page in PAGES)
    assert [row for row in installed() if row not in said] == []
