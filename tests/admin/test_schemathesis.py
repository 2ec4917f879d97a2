"""The admin API against its own document, tried with generated requests."""

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi
from tests.admin.conftest import BASE

from reticket.admin import Admin, AdminContext
from reticket.core.policy import PRESETS
from reticket.oauth.provider import Provider
from reticket.openapi import build_document

load_all_checks()

NOT_HERE = [
    openapi.positive_data_acceptance,  # what a member names must be there, too
    openapi.ignored_auth,  # tried in test_access
]


def operations():
    document = build_document(Admin(AdminContext.closed(Provider("http://127.0.0.1", PRESETS))))
    for path, methods in document["paths"].items():
        for method in methods:
            yield pytest.param(path, method.upper(), id=f"{method} {path}")


@pytest.mark.parametrize(("path", "method"), list(operations()))
def test_the_admin_api_conforms_to_its_openapi_document(api, path, method):
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi/admin.json")
    schema.config.update(base_url=api.url + BASE)
    operation = schema[path][method]
    headers = {"Authorization": f"Bearer {api.token}"}

    @given(case=st.one_of(operation.as_strategy(), operation.as_strategy(GenerationMode.NEGATIVE)))
    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    def keeps_it(case):
        case.call_and_validate(headers=headers, excluded_checks=NOT_HERE)

    keeps_it()
