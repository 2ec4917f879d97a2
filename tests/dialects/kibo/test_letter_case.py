import pytest
from msgspec.structs import replace

from reticket.core.errors import Code, Refusal
from reticket.dialects.kibo.letter_case import AnyLetterCase
from reticket.testing.dialect_fixtures import request_of
from reticket.wire import Route, WireRequest, WireResponse


def _named(name):
    def operate(request: WireRequest):
        yield from ()
        said = " ".join([name, *(f"{key}={value}" for key, value in request.parameters.items())])
        return WireResponse(200, said.encode())

    return operate


FINDER = AnyLetterCase(
    "/api",
    [
        Route("GET", "/Things/{id}", _named("thing")),
        Route("POST", "/Things/Add-One", _named("add")),
        Route("GET", "/Things/{id}/State", _named("state")),
        Route("GET", "/Things/New", _named("new"), begins=True),
    ],
)


def answer(method, path):
    operation = FINDER.answer(replace(request_of({"method": method, "path": path})))
    with pytest.raises(StopIteration) as done:
        next(operation)
    return done.value.value.body


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/api/things/AbC", b"thing id=AbC"),
        ("HEAD", "/api/THINGS/AbC/", b"thing id=AbC"),
        ("POST", "/api/things/add-one", b"add"),
        ("GET", "/api/things/{ID}/STATE", b"state id={ID}"),
        ("GET", "/api/things/new", b"new"),
    ],
)
def test_a_path_is_found_in_any_letter_case_and_a_value_keeps_its_own(method, path, said):
    assert answer(method, path) == said


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/things/add-one", Code.METHOD_NOT_ALLOWED),
        ("HEAD", "/api/things/new", Code.METHOD_NOT_ALLOWED),
        ("PUT", "/api/things/7", Code.METHOD_NOT_ALLOWED),
        ("GET", "/api/things/", Code.NO_ROUTE),
        ("GET", "/api/things//state", Code.NO_ROUTE),
        ("GET", "/api/other/7", Code.NO_ROUTE),
        ("GET", "/api", Code.NO_ROUTE),
    ],
)
def test_another_path_or_method_is_refused(method, path, code):
    with pytest.raises(Refusal) as refused:
        answer(method, path)
    assert refused.value.code is code
