"""The reader alone: the same requests however a stream is cut, and no byte looked at twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.connection.shapes import LIVE, SHAPES, chunked, sized

from reticket.http.connection.limits import MOST_HEADERS, MOST_SMALL, SMALL_CHUNK, Limits
from reticket.http.connection.reader import Reader
from reticket.http.connection.refused import Refused


def requests(pieces):
    """The heads and bodies of a stream, and the status of the refusal that ended it, or None."""
    reader, found, status = Reader(Limits()), [], None
    try:
        for piece in pieces:
            reader.feed(piece)
            while found or reader.ended:
                if reader.ended:
                    head = reader.head()
                    if head is None:
                        break
                    found.append((head.method, head.path, bytearray()))
                body = reader.piece()
                found[-1][2].extend(body)
                if not body and not reader.ended:
                    break
    except Refused as refused:
        status = refused.status
    return found, status


def cut(stream, places):
    ends = sorted({place % (len(stream) + 1) for place in places} | {len(stream)})
    return [stream[a:b] for a, b in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_cut_gives_the_same_requests(shape):
    whole = requests([shape.stream])
    for place in range(1, len(shape.stream)):
        assert requests(cut(shape.stream, [place])) == whole
    assert requests([bytes([byte]) for byte in shape.stream]) == whole


@given(
    st.lists(st.sampled_from([shape.stream for shape in SHAPES]), max_size=3),
    st.lists(st.integers(0, 10_000), max_size=8),
)
def test_any_stream_cut_anywhere_gives_the_same_requests(streams, places):
    stream = b"".join(streams)
    assert requests(cut(stream, places)) == requests([stream])


@pytest.mark.parametrize("bare", [b"\r", b"\n"], ids=["CR", "LF"])
@pytest.mark.parametrize(
    "before",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nA: one",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: one",
    ],
    ids=["a head", "trailers"],
)
def test_a_cr_or_lf_alone_is_refused_before_the_rest_has_come(before, bare):
    stream = before + bare + b"two"
    assert requests([stream])[1] == 400
    assert requests([bytes([byte]) for byte in stream])[1] == 400


@pytest.mark.parametrize("length", [16_384, 16_385])
def test_a_request_line_has_a_limit(length):
    line = b"GET /" + b"a" * (length - 14) + b" HTTP/1.1"
    stream = line + b"\r\nHost: x\r\n\r\n"
    assert len(line) == length
    status = None if length == 16_384 else 414
    assert requests([stream])[1] == status
    assert requests(cut(stream, range(0, 20_000, 7)))[1] == status


@pytest.mark.parametrize("length", [16_384, 16_385])
def test_a_header_has_a_limit(length):
    stream = LIVE[:-2] + b"A: " + b"a" * (length - 3) + b"\r\n\r\n"
    status = None if length == 16_384 else 431
    assert requests([stream])[1] == status
    assert requests(cut(stream, range(0, 20_000, 7)))[1] == status


@pytest.mark.parametrize("length", [65_536, 65_537])
def test_all_headers_have_a_limit(length):
    first = b"GET /health/live HTTP/1.1\r\n"
    line = b"A: " + b"a" * 995 + b"\r\n"
    headers = b"Host: x\r\n" + line * 65
    headers += b"B: " + b"b" * (length - len(headers) - 3)
    stream = first + headers + b"\r\n\r\n"
    status = None if length == 65_536 else 431
    assert requests([stream])[1] == status
    assert requests(cut(stream, range(0, 70_000, 7)))[1] == status


@pytest.mark.parametrize("count", [MOST_HEADERS, MOST_HEADERS + 1])
def test_the_number_of_headers_is_limited(count):
    """Each header takes memory of its own once it is read, however short it is."""
    stream = LIVE[:-2] + b"A:\r\n" * (count - 1) + b"\r\n"
    assert LIVE.count(b"\r\n") == 3
    assert requests([stream])[1] == (None if count == MOST_HEADERS else 431)


def test_headers_without_an_end_are_refused_at_their_limit():
    reader = Reader(Limits())
    reader.feed(b"GET / HTTP/1.1\r\n")
    assert reader.head() is None

    def send_headers():
        for _ in range(100):
            reader.feed(b"A: " + b"a" * 995 + b"\r\n")
            reader.head()

    with pytest.raises(Refused, match="headers_too_long"):
        send_headers()
    assert reader.pending < 70_000


@pytest.mark.parametrize("count", [MOST_SMALL, MOST_SMALL + 1])
def test_the_number_of_small_chunks_is_limited(count):
    """A small chunk costs as much as a large one, and one read may bring thousands of them."""
    small = chunked(*[b"x" * (SMALL_CHUNK - 1)] * count)
    assert requests([small])[1] == (None if count == MOST_SMALL else 400)


def test_the_number_of_large_chunks_is_not_limited():
    large = chunked(*[b"x" * SMALL_CHUNK] * (MOST_SMALL + 1))
    ((_, _, body),), status = requests([large])
    assert (len(body), status) == (SMALL_CHUNK * (MOST_SMALL + 1), None)


def test_trailers_have_a_limit():
    assert requests([chunked(b"x", trailers=b"A: b\r\n" * 12_000)])[1] == 431


class Looked(bytearray):
    """A buffer that counts the bytes that searches look at."""

    looked = 0

    def find(self, what, start=0, end=None):
        found = super().find(what, start, len(self) if end is None else end)
        Looked.looked += (found if found >= 0 else len(self)) - start
        return found


@pytest.mark.parametrize("stream", [
    LIVE[:-2] + b"A: " + b"a" * 16_000 + b"\r\n\r\n",
    chunked(b"x", trailers=b"A: " + b"b" * 16_000 + b"\r\n"),
    b"GET /" + b"a" * 16_000,
])  # fmt: skip
def test_bytes_that_come_one_by_one_are_searched_a_bounded_number_of_times(stream):
    reader = Reader(Limits())
    reader._buffer, Looked.looked = Looked(), 0
    for byte in stream:
        reader.feed(bytes([byte]))
        if reader.ended:
            reader.head()
        reader.piece()
    assert len(stream) < Looked.looked < 10 * len(stream)


def test_a_body_is_not_kept_by_the_reader():
    reader = Reader(Limits())
    reader.feed(sized(body=b"x" * 100_000))
    assert reader.head().length == 100_000
    assert len(reader.piece()) == 100_000
    assert reader.pending == 0
    assert reader.ended


def test_an_absolute_target_replaces_the_host():
    reader = Reader(Limits())
    reader.feed(b"GET http://y:8/a%20b?c=d HTTP/1.1\r\nA: b\r\nHost: x\r\n\r\n")
    head = reader.head()
    assert (head.path, head.raw_path, head.query) == ("/a b", b"/a%20b", b"c=d")
    assert head.headers == [(b"host", b"y:8"), (b"a", b"b")]


def test_header_names_are_lower_case_and_values_are_stripped():
    reader = Reader(Limits())
    reader.feed(b"GET / HTTP/1.1\r\nHost:x\r\nA-B: \t c  d\t \r\nE:\r\n\r\n")
    assert reader.head().headers == [(b"host", b"x"), (b"a-b", b"c  d"), (b"e", b"")]
