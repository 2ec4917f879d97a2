"""The running service against its own documents, tried with generated requests."""

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks as openapi

from reticket.testing import running_server

load_all_checks()

NOT_HERE = {
    # The vendors' documents let a token be absent, null or empty, and their servers refuse it.
    "kibo": [openapi.positive_data_acceptance, openapi.ignored_auth],
    "akinon": [openapi.positive_data_acceptance, openapi.ignored_auth],
    # HTTP 200 for every refusal, and 404 for a wrong method: its clients want it so.
    "cloudreve": [
        openapi.negative_data_rejection,
        openapi.missing_required_header,
        openapi.unsupported_method,
        openapi.ignored_auth,
    ],
}
BASES = {"kibo": "/api", "akinon": "/api/v1", "cloudreve": "/api/v4"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("schemathesis")) as running:
        yield running


@pytest.fixture(params=sorted(BASES))
def api(request, server):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi/{request.param}.json")
    schema.config.update(base_url=server.url + BASES[request.param])
    return schema


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_service_keeps_its_word(case):
    name = next(name for name, base in BASES.items() if case.operation.base_url.endswith(base))
    case.call_and_validate(excluded_checks=NOT_HERE[name])
