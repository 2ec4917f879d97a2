"""The service and the model agree on how many requests a stream of bytes holds."""

import os
import time
from itertools import count
from random import Random

import pytest
from tests.attacks.answers import answers
from tests.attacks.target import PATIENCE, received, send, target_of
from tests.fuzz import model, streams
from tests.fuzz.model import EndSession

from reticket.testing import running_server

STREAMS = 300
MINUTES = 10 if os.environ.get("RETICKET_TORTURE") else 0
"""0: so many streams as above; else as many as go into that time, every run others."""

REFUSALS = {400, 414, 431, 505}
"""Said at once: neither faults of the service itself (500) nor patience that has ended (408)."""


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("service")) as running:
        yield target_of(running.url)


def seeds():
    """The same at every run of `make test`; in `make torture` others, for ten minutes."""
    if not MINUTES:
        yield from range(STREAMS)
        return
    until = time.monotonic() + 60 * MINUTES
    for seed in count(time.time_ns()):
        if time.monotonic() > until:
            return
        yield seed


@pytest.mark.timeout(60 * MINUTES + 300)
def test_a_stream_of_bytes_holds_as_many_requests_as_rfc9112_says(target):
    for seed in seeds():
        random = Random(seed)
        stream = streams.stream(random)
        fault = disagreement(target, model.read(stream), streams.pieces(random, stream), random)
        assert fault is None, f"seed {seed}: {fault}\n{stream!r}"


def test_rfc9110_9_3_2_a_refusal_of_head_has_no_body(target):
    broken = b"HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n"
    with target.connect() as connection:
        send(connection, [broken])
        (answer,) = answers(received(connection)[0], ("HEAD",))
    assert answer.status in (400, 404)


def disagreement(target, reading, pieces, random):
    """The difference between the service's answers and the model's; None when there is none."""
    with target.connect() as connection:
        send(connection, pieces, random.choice((0, 0, 0, 0.001)))
        stream, closed = said(connection, reading)
    try:
        found = answers(stream, (*reading.methods, reading.begun))
    except ValueError as error:
        return str(error)
    wanted = len(reading.methods)
    statuses = [each.status for each in found]
    if closed and len(found) <= wanted and _closed_early(found, reading):
        return None
    seen = f"{statuses} closed={closed}, where the model has {reading}"
    if reading.end is EndSession.OPEN:
        return None if len(found) == wanted and not closed else seen
    if reading.end is EndSession.CLOSED:
        return None if len(found) == wanted and closed else seen
    if reading.end is EndSession.PARTIAL:
        return None if len(found) == wanted or _is_refusal(found[wanted:]) else seen
    if reading.end is EndSession.REFUSED:
        return None if closed and _is_refusal(found[wanted:]) else seen
    if reading.end is EndSession.UNFINISHED:
        return None if len(found) in (wanted, wanted + 1) else seen
    return None if closed and len(found) in (wanted, wanted + 1) else seen


def said(connection, reading):
    """The answers of the service, until it closes the connection or the model expects no more."""
    connection.settimeout(PATIENCE)
    stream, closed = b"", False
    ends = reading.end in (EndSession.OPEN, EndSession.PARTIAL, EndSession.UNFINISHED)
    while not closed and not (ends and _are_there(stream, reading)):
        try:
            piece = connection.recv(65_536)
        except TimeoutError:
            break
        except ConnectionError:
            piece = b""
        stream, closed = stream + piece, not piece
    return stream, closed


def _are_there(stream, reading):
    try:
        return len(answers(stream, tuple(reading.methods))) >= len(reading.methods)
    except ValueError:
        return False


def _is_refusal(rest):
    return len(rest) == 1 and rest[0].status in REFUSALS


def _closed_early(found, reading):
    """A service may answer before it has read a body, and close then: it says so. A body that is
    none to it is something else, and the model must agree.
    """
    last = found[-1] if found else None
    return bool(
        last
        and last.status not in REFUSALS
        and last.headers.get("connection", "").lower() == "close"
        and reading.bodies[len(found) - 1]
    )
