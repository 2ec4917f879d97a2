"""The quick starts of libraries are those of the programs that `make test-clients` builds."""

import re

import pytest
from tests.clients.page import TEXT, quick_start
from tests.docs.tables import ROOT

PROGRAMS = {
    "go-oidc with x/oauth2": ("go", "go/go-oidc/main.go"),
    "goth": ("go", "go/goth/main.go"),
    "openidconnect": ("rust", "rust/src/main.rs"),
}
VERSIONS = {
    "go-oidc with x/oauth2": ("github.com/coreos/go-oidc/v3 v", "go/go.mod"),
    "goth": ("github.com/markbates/goth v", "go/go.mod"),
    "openidconnect": ('openidconnect = { version = "', "rust/Cargo.toml"),
    "Spring Security": ("starter-parent</artifactId> <version>", "spring/pom.xml"),
    "oauth2-proxy": ("OAUTH2_PROXY := v", "../../Makefile"),
    "step": ("STEP := v", "../../Makefile"),
    "openapi-python-client": ("openapi-python-client==", "../../requirements-generated.lock"),
    "openapi-typescript": (
        '"openapi-typescript": "',
        "../generated/lives/openapi_typescript/package.json",
    ),
    "openapi-generator": ("OPENAPI_GENERATOR := ", "../../Makefile"),
}


def unformatted(code):
    """Without what a formatter changes."""
    return re.sub(r",(?=[)\]}])", "", re.sub(r"\s+", "", code))


def source(name):
    return (ROOT / "tests" / "clients" / name).read_text()


@pytest.mark.parametrize("title", PROGRAMS)
def test_a_quick_start_of_a_library_is_that_of_its_program(title):
    language, name = PROGRAMS[title]
    code = unformatted(source(name))
    lines = quick_start(title, language).splitlines()
    assert len(lines) <= 3
    assert [line for line in lines if unformatted(line) not in code] == []


@pytest.mark.parametrize("title", VERSIONS)
def test_the_page_has_the_version_that_is_built(title):
    before, name = VERSIONS[title]
    spaced = re.sub(r"\s+", " ", source(name))
    version = re.match(r"[\d.]+", spaced.partition(before)[2])[0]
    assert re.search(rf"^\| .*{re.escape(title)}.* {re.escape(version)} ", TEXT, re.MULTILINE), (
        version
    )
