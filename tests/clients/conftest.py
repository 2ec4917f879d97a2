"""Real clients: `make test-clients`. `make test` needs none of them; where they are wanted and one
is missing, its tests fail.
"""

import os
from dataclasses import dataclass

import pytest
from tests.clients.applications import APPLICATIONS, PORTS, REFUSALS, TITLES, Application
from tests.clients.person import Person
from tests.clients.programs import PROGRAMS
from tests.clients.service import running_service

from reticket.testing.server import free_port

WANTED = os.environ.get("RETICKET_CLIENTS", "").split()
"""Names of clients."""
TESTS = {
    "test_applications.py": APPLICATIONS,
    "test_programs.py": PROGRAMS,
    "test_step.py": ("step",),
}
collect_ignore = [file for file, known in TESTS.items() if not set(WANTED) & set(known)]


@dataclass(frozen=True, slots=True)
class Running:
    """An application beside a service; `refusal` is a word that it shows after one."""

    issuer: str
    application: Application
    refusal: str


@pytest.fixture(scope="module", params=[name for name in WANTED if name in APPLICATIONS])
def running(request, tmp_path_factory):
    """Each application with the quick start of docs/clients.md, and a service with its client."""
    name, port = request.param, free_port()
    folder = tmp_path_factory.mktemp("client")
    addresses = {f":{PORTS[name]}/": f":{port}/"}
    with (
        running_service(TITLES.get(name, name), folder, addresses) as service,
        APPLICATIONS[name](service.url, port, folder) as application,
    ):
        yield Running(service.url, application, REFUSALS.get(name, "denied"))


@pytest.fixture
def person():
    with Person() as person:
        yield person


@pytest.fixture(scope="module", params=[name for name in WANTED if name in PROGRAMS])
def program(request, tmp_path_factory):
    """The name of each program, and the issuer of a service with its client."""
    with running_service(request.param, tmp_path_factory.mktemp("service"), {}) as service:
        yield request.param, service.url
