"""Clients of vendors, unmodified: `make test-vendors`. `make test` needs none of them. Where a kind
of them is wanted and one is missing, its tests fail.
"""

import os
from functools import partial

import pytest
from tests.vendors import programs, services

WANTED = os.environ.get("RETICKET_VENDORS", "").split()
"""Registries, and "web"."""
TESTS = {
    "test_graphql_client.py": "npm",
    "test_mozu_node_sdk.py": "npm",
    "test_rest_sdk.py": "npm",
    "test_sdk_authentication.py": "npm",
    "test_cloudreve_api.py": "crates",
    "test_cloudreve_cli.py": "crates",
    "test_cloudreve_package.py": "pypi",
    "test_cloudreve_sdk_api.py": "crates",
    "test_cloudreve_web.py": "web",
    "test_mozu_api_java.py": "maven",
    "test_mozurestsdk.py": "pypi",
}
collect_ignore = [file for file, registry in TESTS.items() if registry not in WANTED]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The address of a service."""
    with services.over_http(tmp_path_factory.mktemp("service")) as url:
        yield url


@pytest.fixture
def on_node(url, tmp_path):
    """Starts a program of Node at the service."""

    def start(name, **variables):
        return programs.node(name, tmp_path, {"RETICKET_URL": url} | variables)

    return start


@pytest.fixture
def on_python(url, tmp_path):
    """Starts a program of Python at the service."""
    return partial(programs.python, folder=tmp_path, variables={"RETICKET_URL": url})


@pytest.fixture
def on_java(url, tmp_path):
    """Starts a program of Java at the service."""
    return partial(programs.java, folder=tmp_path, variables={"RETICKET_URL": url})


@pytest.fixture
def on_rust(url, tmp_path):
    """Starts a program of Rust at the service."""
    return partial(programs.rust, folder=tmp_path, variables={"RETICKET_URL": url})
