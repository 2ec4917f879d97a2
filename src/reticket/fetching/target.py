"""The server and the path that a URL names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from reticket.core.fetching.model import FetchFault
from reticket.fetching.faults import Failed

LONGEST_URL = 2048
HTTPS = {"https": 443}
HTTP_TOO = {"https": 443, "http": 80}
"""Ports by scheme."""

_VISIBLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[0-9a-z._-]{1,253}|\[[0-9a-f:.]+\]")


class Target(NamedTuple):
    """Where a request goes.

    Args:
        host: in lower case, without brackets and without a dot at its end.
        path: with its query, as in the request line.
        scheme: https, or http where that is allowed.
    """

    host: str
    port: int
    path: str
    scheme: str = "https"

    @property
    def authority(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == HTTP_TOO[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, schemes: Mapping[str, int] = HTTPS) -> Target:
    """The target of a URL without user information and fragment. Failed: BAD_URL."""
    parts, port = _split(url)
    place = parts.netloc.rpartition("@")[2].lower()
    name = place if port is None else place.rpartition(":")[0]
    is_plain = "@" not in parts.netloc and "#" not in url and "\\" not in url
    if parts.scheme not in schemes or not is_plain or not _NAME.fullmatch(name) or port == 0:
        raise Failed(FetchFault.BAD_URL)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = name.strip("[]").rstrip(".")
    return Target(host, port or schemes[parts.scheme], path, parts.scheme)


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > LONGEST_URL or not _VISIBLE.fullmatch(url):
        raise Failed(FetchFault.BAD_URL)
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise Failed(FetchFault.BAD_URL) from None
