"""What is asked of another server, and what it answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

JSON = "application/json"


class FetchFault(StrEnum):
    """Why there is no answer: for the audit log, and for a person who registers an address."""

    BAD_URL = "bad_url"
    NO_ADDRESS = "no_address"
    REFUSED_ADDRESS = "refused_address"
    UNREACHABLE = "unreachable"
    BAD_CERTIFICATE = "bad_certificate"
    TIMED_OUT = "timed_out"
    REDIRECTED = "redirected"
    BAD_STATUS = "bad_status"
    BAD_TYPE = "bad_type"
    ENCODED = "encoded"
    TOO_LARGE = "too_large"
    BAD_HTTP = "bad_http"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A good answer.

    Args:
        status: 200 of a GET, any of 200 to 299 of a POST, or one that the request expects.
        lifetime: seconds for which its headers let it be cached.
        headers: those that the request wanted.
    """

    status: int
    content_type: str
    body: bytes = field(repr=False)
    lifetime: int = 0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Unfetched(NamedTuple):
    """The fetch failed. `status` is that of the answer, if one was read."""

    fault: FetchFault
    status: int | None = None


FetchResult: TypeAlias = Fetched | Unfetched


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One request to another server.

    Args:
        url: an https URL.
        accept: accepted media types. One that begins with `+` is a suffix (RFC 6839). Without any,
            the type is not checked.
        body: of a POST; None makes a GET.
        body_type: the media type of the body.
        headers: further headers, with names in lower case.
        expected: further statuses with which an answer is read, from 400 on.
        wanted: names of headers of the answer, in lower case.
    """

    url: str
    accept: tuple[str, ...] = ()
    body: bytes | None = field(default=None, repr=False)
    body_type: str = "application/x-www-form-urlencoded"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    expected: tuple[int, ...] = ()
    wanted: tuple[str, ...] = ()


def json_request(
    url: str,
    body: bytes | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    expected: tuple[int, ...] = (),
) -> FetchRequest:
    """A request whose body, if it has one, and whose answer are JSON."""
    return FetchRequest(url, (JSON,), body, JSON, headers, expected)


Exchange: TypeAlias = Callable[[FetchRequest], FetchResult]
"""The port: sends one request and reads its answer. It blocks, for some seconds at most."""
