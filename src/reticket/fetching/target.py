"""The server and the path that a URL names."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from reticket.core.fetching.model import FetchFault
from reticket.fetching.faults import Failed

LONGEST_URL = 2048
PORT = 443

_VISIBLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[0-9a-z._-]{1,253}|\[[0-9a-f:.]+\]")


class Target(NamedTuple):
    """Where a request goes.

    Args:
        host: in lower case, without brackets and without a dot at its end.
        path: with its query, as in the request line.
    """

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORT else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """The target of an https URL without user information and fragment. Failed: BAD_URL."""
    parts, port = _split(url)
    host = parts.netloc.rpartition("@")[2]
    name = host.lower() if port is None else host.lower().rpartition(":")[0]
    is_plain = "@" not in parts.netloc and "#" not in url and "\\" not in url
    if parts.scheme != "https" or not is_plain or not _NAME.fullmatch(name) or port == 0:
        raise Failed(FetchFault.BAD_URL)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(name.strip("[]").rstrip("."), port or PORT, path)


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > LONGEST_URL or not _VISIBLE.fullmatch(url):
        raise Failed(FetchFault.BAD_URL)
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise Failed(FetchFault.BAD_URL) from None
