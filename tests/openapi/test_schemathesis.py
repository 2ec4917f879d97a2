"""The running service against its own documents, tried with generated requests."""

from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi
from tests.dialects.every import BUILT, FIXTURES

from reticket.openapi import build_document
from reticket.testing import running_server
from reticket.wire_paths import root_of

load_all_checks()

NOT_HERE = {
    name: [getattr(openapi, check) for check in fixtures.lenient]
    for name, fixtures in FIXTURES.items()
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("schemathesis")) as running:
        yield running


def operations():
    for name, dialect in BUILT.items():
        document = build_document(dialect)
        for path, methods in document["paths"].items():
            for method in methods:
                yield pytest.param(name, path, method.upper(), id=f"{name} {method} {path}")


@pytest.mark.parametrize(("name", "path", "method"), list(operations()))
def test_the_service_conforms_to_its_documents(server, name, path, method):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi/{name}.json")
    schema.config.update(base_url=server.url + root_of(BUILT[name]))
    operation = schema[path][method]
    others = set(build_document(BUILT[name])["paths"]) - {path}

    @given(case=st.one_of(operation.as_strategy(), operation.as_strategy(GenerationMode.NEGATIVE)))
    @settings(max_examples=30, deadline=None, derandomize=True, database=None)
    def keeps_it(case):
        assume(not is_for_another(case, others))
        case.call_and_validate(excluded_checks=NOT_HERE[name])

    keeps_it()


def is_for_another(case, paths):
    """Whether the request has a documented path of its own: such a path comes before one with
    parameters (OpenAPI 3.0.3, Paths Object).
    """
    return unquote(case.formatted_path) in paths


def test_a_path_without_parameters_comes_first(server):
    document = build_document(BUILT["cloudreve"])
    operation = schemathesis.openapi.from_dict(document)["/site/config/{section}"]["GET"]
    paths = set(document["paths"])
    assert is_for_another(operation.Case(path_parameters={"section": "login"}), paths)
    assert not is_for_another(operation.Case(path_parameters={"section": "no section"}), paths)


def test_a_nonconforming_response_is_detected(server):
    document = build_document(BUILT["akinon"])
    del document["paths"]["/auth/login"]["post"]["responses"]["400"]
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=server.url + BUILT["akinon"].base_path)
    case = schema["/auth/login"]["POST"].Case(body={"username": "", "password": ""})
    with pytest.raises(FailureGroup):
        case.call_and_validate(excluded_checks=NOT_HERE["akinon"])
