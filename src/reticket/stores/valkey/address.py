"""The URL of a Valkey server or cluster, read into its parts. The password is shown nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from reticket.core.errors import StartupError

PORT = 6379
MOST_REPLICAS = 9
_URL = re.compile(
    r"(?P<scheme>[a-z-]+):(//(?P<netloc>[^/?#]*))?(?P<path>[^?#]*)(\?(?P<query>[^#]*))?(#.*)?"
)
"""Several hosts in brackets are more than the standard library's parser bears."""

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]@/\s]+))(?::(?P<port>\d{1,5}))?")
_FORM = (
    "write valkey://host:6379/0 or valkey-cluster://host:6379,host:6379, with user:password@ "
    "before the host (special characters as %XX) and ?wait=1&tls=yes&ca=FILE behind it where needed"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the servers are and how they are spoken to.

    Args:
        hosts: names and ports; of a cluster as many as are known, any of them will do.
        clustered: whether they are a cluster.
        database: its number; a cluster has 0 only.
        wait: replicas that must have a revocation before it is acknowledged.
        tls: whether to speak TLS.
        ca: file of the certificates to trust, or None for the system's.
    """

    hosts: tuple[tuple[str, int], ...]
    clustered: bool
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    wait: int = 0
    tls: bool = False
    ca: str | None = None

    def __str__(self) -> str:
        return ", ".join(f"{host}:{port}" for host, port in self.hosts)


def parse(url: str) -> Address:
    """`valkey://[user:password@]host[:port][/database][?wait=N&tls=yes&ca=FILE]`; of a
    `valkey-cluster` several hosts, separated by commas. StartupError says what is wrong.
    """
    parts = _URL.fullmatch(url)
    if parts is None:
        raise StartupError(f"the URL of Valkey cannot be read: {_FORM}")
    clustered = parts["scheme"] == "valkey-cluster"
    who, _, where = (parts["netloc"] or "").rpartition("@")
    username, _, password = who.partition(":")
    options = _options(parts["query"] or "")
    return Address(
        hosts=_hosts(where, clustered),
        clustered=clustered,
        database=_database(parts["path"], clustered),
        username=unquote(username) or None,
        password=unquote(password) or None,
        wait=_number(options.get("wait", "0"), "wait", MOST_REPLICAS),
        tls=_choice(options.get("tls", "no"), "tls"),
        ca=options.get("ca"),
    )


def _hosts(where: str, clustered: bool) -> tuple[tuple[str, int], ...]:
    found = [_HOST.fullmatch(each) for each in where.split(",")]
    hosts = tuple(
        (match["v6"] or match["name"], int(match["port"] or PORT)) for match in found if match
    )
    if len(hosts) < len(found) or any(not 0 < port < 65_536 for _, port in hosts):
        raise StartupError(f"the URL of Valkey names no host, or a bad one: {_FORM}")
    if len(hosts) > 1 and not clustered:
        raise StartupError(f"valkey:// takes one host; of a cluster {_FORM}")
    return hosts


def _database(path: str, clustered: bool) -> int:
    number = _number(path.strip("/") or "0", "the database", 1_000_000)
    if number and clustered:
        raise StartupError("a Valkey cluster has the database 0 only: leave the number out")
    return number


def _options(query: str) -> dict[str, str]:
    """An unknown one is not repeated: it may be the rest of a password with `?` in it."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"wait", "tls", "ca"})
    if unknown:
        raise StartupError(f"the URL of Valkey has an option that there is not: {_FORM}")
    return options


def _number(text: str, name: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise StartupError(f"{name} in the URL of Valkey is a number from 0 to {most}")
    return int(text)


def _choice(text: str, name: str) -> bool:
    if text not in ("yes", "no"):
        raise StartupError(f"{name} in the URL of Valkey is yes or no")
    return text == "yes"
