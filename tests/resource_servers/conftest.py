"""Two services, of which one signs all access tokens; and the resource server of each language.

`make test` runs those in Python, `make test-node` that in Node, `make test-clients` all others.
"""

import os
from contextlib import ExitStack

import pytest
from tests.resource_servers.programs import PROGRAMS, started
from tests.resource_servers.tokens import Issuer, issuer

CHOSEN = os.environ.get("RESOURCE_SERVERS", "python").split()
SIGNED = {
    "RETICKET_DIALECTS__AKINON__ACCESS_ALGORITHM": "ES256",
    "RETICKET_DIALECTS__CLOUDREVE__ACCESS_ALGORITHM": "ES256",
}


@pytest.fixture(scope="session")
def issuers(tmp_path_factory):
    """By whether all access tokens are signed."""
    with ExitStack() as running:
        yield {
            is_signed: running.enter_context(issuer(tmp_path_factory.mktemp("service"), settings))
            for is_signed, settings in ((True, SIGNED), (False, {}))
        }


@pytest.fixture(scope="session", params=CHOSEN)
def checking(request, tmp_path_factory, issuers: dict[bool, Issuer]):
    """Check a token with a service, by a way; True when it was accepted."""
    folder = tmp_path_factory.mktemp("program")
    command = PROGRAMS[request.param](folder)
    with ExitStack() as running:
        programs = {
            is_signed: running.enter_context(started(command, **one.environment))
            for is_signed, one in issuers.items()
        }

        yield lambda is_signed, *said: programs[is_signed].check(*said)
