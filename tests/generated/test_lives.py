"""Each client works as its generator wrote it, at the first server of its document."""

import json

import pytest
from tests.generated.service import (
    DOCUMENTS,
    REDIRECT,
    VERIFIER,
    code_of_a_person,
    served,
)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_generated_client_signs_in_and_refreshes_and_signs_out(clients, service, name):
    url, secret = service
    said = {
        "SERVER": first_server(url, name),
        "OAUTH_SERVER": first_server(url, "oauth"),
        "OPERATOR_SECRET": secret,
        "CODE": code_of_a_person(url),
        "VERIFIER": VERIFIER,
        "REDIRECT": REDIRECT,
    }
    clients.generator.live(clients.folder, name, said)


def first_server(url, name):
    return json.loads(served(url, name))["servers"][0]["url"]
