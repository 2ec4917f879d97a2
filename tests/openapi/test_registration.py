"""The endpoints at which clients register themselves, tried with generated requests."""

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from tests.openapi.test_schemathesis import NOT_HERE

from reticket.testing import running_server

OPEN = {
    "RETICKET_DIALECTS__OAUTH__REGISTRATION": "open",
    "RETICKET_DIALECTS__OAUTH__REGISTRATIONS_PER_ADDRESS": "100000",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("registration"), settings=OPEN) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/oauth/register", "POST"),
        ("/oauth/register/{id}", "GET"),
        ("/oauth/register/{id}", "PUT"),
        ("/oauth/register/{id}", "DELETE"),
    ],
)
def test_the_service_conforms_to_its_document(server, path, method):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi/oauth.json")
    schema.config.update(base_url=server.url)
    operation = schema[path][method]

    @given(case=st.one_of(operation.as_strategy(), operation.as_strategy(GenerationMode.NEGATIVE)))
    @settings(max_examples=30, deadline=None, derandomize=True, database=None)
    def keeps_it(case):
        case.call_and_validate(excluded_checks=NOT_HERE["oauth"])

    keeps_it()
