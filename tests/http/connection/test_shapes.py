"""One request is one request: every shape is what its table says, however it is cut."""

import pytest
from tests.http.connection.shapes import ANSWERED, REFUSED, SHAPES
from tests.http.connection.stream import at_once, byte_by_byte, is_open, opened, read_answers

from reticket.testing import running_server


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("shapes")) as running:
        yield running.url


@pytest.mark.parametrize("sent", [at_once, byte_by_byte])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_stream_holds_the_requests_that_its_table_says(url, shape, sent):
    with opened(url) as line:
        sent(line, shape.stream)
        answers = read_answers(line, len(shape.statuses))
        assert tuple(answer.status for answer in answers) == shape.statuses
        assert [answer.says_close for answer in answers[:-1]] == [False] * (len(answers) - 1)
        assert answers[-1].says_close is not shape.stays
        assert is_open(line) is shape.stays


def test_names_of_shapes_are_unique():
    assert len({shape.name for shape in SHAPES}) == len(ANSWERED) + len(REFUSED)
