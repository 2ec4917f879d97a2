"""The quick starts name the clients of vendors that `make test-vendors` installs."""

import json
import re
import tomllib

from tests.docs.tables import ROOT

PAGES = ("kibo", "cloudreve")


def installed():
    """Rows of the tables, up to the version."""
    package = json.loads((ROOT / "tests/vendors/node/package.json").read_text())
    for name, version in package["dependencies"].items():
        yield f"| `{name}`, npm | {version} |"
    group = read("pyproject.toml")["dependency-groups"]["vendors"]
    for name, _, version in (pinned.partition("==") for pinned in group):
        yield f"| `{name}`, PyPI | {version} |"
    pom = (ROOT / "tests/vendors/java/pom.xml").read_text()
    for name, version in re.findall(
        r"<artifactId>(mozu[\w-]+)</artifactId>\s*<version>(.+?)<", pom
    ):
        yield f"| `{name}`, Maven | {version} |"
    for name, version in {**pinned_crates(), "cloudreve-cli": command_version()}.items():
        yield f"| `{name}`, Cargo | {version} |"


def pinned_crates():
    """Those of one version alone: the others are none of a vendor."""
    crates = read("tests/vendors/rust/Cargo.toml")["dependencies"].items()
    return {name: said.removeprefix("=") for name, said in crates if str(said).startswith("=")}


def command_version():
    return re.search(r"^CLOUDREVE_CLI := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]


def read(name):
    return tomllib.loads((ROOT / name).read_text())


def test_the_pages_have_each_client_with_the_version_that_is_installed():
    said = "".join((ROOT / f"docs/quickstart/{page}.md").read_text() for page in PAGES)
    assert [row for row in installed() if row not in said] == []
