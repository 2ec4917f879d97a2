"""Generated clients: `make test-generated`. `make test` needs no generator; where one is wanted and
missing, its tests fail.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.generated.generators import GENERATORS, OpenapiPythonClient, OpenapiTypescript
from tests.generated.service import DOCUMENTS, running_service, served

WANTED = os.environ.get("RETICKET_GENERATORS", "").split()
"""Names of generators."""
collect_ignore = [
    *([] if WANTED else ["test_lives.py"]),
    *([] if "openapi-generator" in WANTED else ["test_java.py"]),
]


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients that one generator wrote into a folder, of the documents of a service."""

    generator: OpenapiPythonClient | OpenapiTypescript
    folder: Path


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module", params=WANTED)
def clients(request, service, tmp_path_factory):
    """Of each document, as it is served."""
    generator, folder = GENERATORS[request.param], tmp_path_factory.mktemp("clients")
    generator.begin(folder)
    for name in DOCUMENTS:
        (folder / f"{name}.json").write_bytes(served(service[0], name))
        generator.generate(folder, name)
    generator.compile(folder)
    return Clients(generator, folder)
