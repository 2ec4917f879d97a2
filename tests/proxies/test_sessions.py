"""People and programs behind a proxy: they sign in, refresh, and send many requests in a row."""

import uuid

import pytest
from tests.attacks.answers import whole_answers
from tests.attacks.desync import GARBAGE, REFRESH, request
from tests.attacks.target import connected, target_of
from tests.http.wire import WIRES, call

MANY = 300


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_every_dialect_signs_in_and_refreshes(proxy, wire):
    token = wire.sign_in(proxy)
    for _ in range(3):
        answer = wire.refresh(proxy, token)
        assert wire.is_good(answer)
        token = wire.token_of(answer[2])


def test_many_requests_in_one_write_are_answered_in_their_order(proxy):
    ids = [uuid.uuid4().hex for _ in range(MANY)]
    with connected(target_of(proxy)) as connection:
        connection.sendall(b"".join(request(REFRESH, GARBAGE, each) for each in ids))
        stream = b""
        while len(found := whole_answers(stream)) < MANY:
            piece = connection.recv(65_536)
            assert piece, f"closed after {len(found)} answers"
            stream += piece
    assert [each.headers["x-correlation-id"] for each in found] == ids


def test_a_large_body_passes(proxy):
    body = '{"refreshToken":"x","padding":"' + "a" * 900_000 + '"}'
    status, _, said = call(proxy, "POST", "/api/v1/auth/refresh-token", body)
    assert (status, b"apiError" in said) == (401, True)


def test_paths_that_the_proxy_forbids_stay_forbidden(proxy):
    for path in ("/metrics", "/metrics?a=b"):
        assert call(proxy, "GET", path)[0] == 403
