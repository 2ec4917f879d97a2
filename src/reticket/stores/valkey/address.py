"""The URL of a Valkey server or cluster, parsed. No message contains the password."""

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
"""A pattern of our own: `urllib` refuses several hosts in brackets."""

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]@/\s]+))(?::(?P<port>\d{1,5}))?")
_FORM = (
    "write valkey://host:6379/0 or valkey-cluster://host:6379,host:6379, with user:password@ "
    "before the host (special characters as %XX) and ?wait=1&tls=yes&ca=FILE behind it where needed"
)


@dataclass(frozen=True, slots=True)
class Address:
    """The addresses of the servers and how to connect to them.

    Args:
        hosts: names and ports; for a cluster as many as are known, any of them suffices.
        clustered: whether the servers form a cluster.
        database: its number; a cluster has only 0.
        username / password: credentials, or None.
        wait: replicas that must have a revocation before it is acknowledged.
        tls: whether connections use TLS.
        ca: file of the trusted certificates, or None for the system's.
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
    """Parse `valkey://[user:password@]host[:port][/database][?wait=N&tls=yes&ca=FILE]`.

    A `valkey-cluster` URL has several hosts, separated by commas.

    Raises:
        StartupError: says what is wrong.
    """
    parts = _URL.fullmatch(url)
    if parts is None:
        raise StartupError(f"the URL of Valkey cannot be read: {_FORM}")
    clustered = parts["scheme"] == "valkey-cluster"
    credentials, _, hosts = (parts["netloc"] or "").rpartition("@")
    username, _, password = credentials.partition(":")
    options = _options(parts["query"] or "")
    return Address(
        hosts=_hosts(hosts, clustered),
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
    """Parse the query. An unknown option is not repeated in the message: it may be part of a
    password.
    """
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"wait", "tls", "ca"})
    if unknown:
        raise StartupError(f"the URL of Valkey has an unknown option: {_FORM}")
    return options


def _number(text: str, name: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise StartupError(f"{name} in the URL of Valkey is a number from 0 to {most}")
    return int(text)


def _choice(text: str, name: str) -> bool:
    if text not in ("yes", "no"):
        raise StartupError(f"{name} in the URL of Valkey is yes or no")
    return text == "yes"
