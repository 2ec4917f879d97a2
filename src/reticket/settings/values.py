"""The types of settings, each with its texts.

Knows no setting. A bad value raises ValueError, and `settings.loading` turns it into a sentence.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, FilePath
from pydantic.networks import IPvAnyNetwork

from reticket.core.addresses import normal_network
from reticket.core.policy import DAY, Reuse

CENTURY = 36_525 * DAY
TOGETHER = "together"
"""The type of errors about settings that do not fit together; their message is the sentence."""


@dataclass(frozen=True, slots=True)
class Accepts:
    """The accepted values of a setting, as words that follow "must be".

    Args:
        words: for errors and for the reference.
        default: the default as text, when it depends on the machine or on another setting.
    """

    words: str
    default: str | None = None


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a truth value is not a number")
    return value


def _path_text(value: Any) -> Any:
    if value == "" or "\0" in str(value):
        raise ValueError("no path")
    return value


def items(value: Any) -> Any:
    """A list, which a variable contains as text: words, or a JSON array."""
    if not isinstance(value, str):
        return value
    words = value.replace(",", " ").split()
    if not value.lstrip().startswith("["):
        return words
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return words


def _normal(networks: tuple[IPvAnyNetwork, ...]) -> tuple[IPvAnyNetwork, ...]:
    """The networks in normal form: IPv4-mapped ones become IPv4 networks."""
    return tuple(normal_network(network) for network in networks)


def _star_alone(origins: tuple[str, ...]) -> tuple[str, ...]:
    if "*" in origins and len(origins) > 1:
        raise ValueError("* among others")
    return origins


def _key_bytes(value: Any) -> bytes:
    key = base64.b64decode(value, validate=True)
    if len(key) != 32:
        raise ValueError("not 32 bytes")
    return key


def _address_and_port(value: Any) -> Any:
    host, _, port = str(value).rpartition(":")
    address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    if (address.version == 6) != host.startswith("["):
        raise ValueError("brackets are for IPv6 alone")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        raise ValueError("no port")
    return str(address), int(port)


def _not_public(value: tuple[str, int]) -> tuple[str, int]:
    address = ipaddress.ip_address(value[0])
    if not address.is_private or address.is_unspecified:
        raise ValueError("neither loopback nor private")
    return value


def _leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def by_policy(table: Any) -> Any:
    """Nested tables as `{policy: {member: value}}`; names of presets in upper case.

    Later entries win: variables come after the file's, and spell presets in lower case.
    """
    if not isinstance(table, Mapping):
        raise ValueError("not a table")
    changes: dict[str, dict[str, Any]] = {}
    for (*names, member), value in _leaves(table):
        name = ".".join(names)
        changes.setdefault(name if "." in name else name.upper(), {})[member] = value
    if "" in changes:
        raise ValueError("a member without a policy")
    return changes


def frozen(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only table."""
    return MappingProxyType(dict(table))


Int = Annotated[int, BeforeValidator(_no_bool)]
Port = Annotated[Int, Field(ge=0, le=65_535), Accepts("a whole number from 0 to 65535")]
Count = Annotated[Int, Field(ge=1, le=2**31 - 1), Accepts("a whole number of at least 1")]
Size = Annotated[
    Int, Field(ge=1024, le=2**31 - 1), Accepts("a whole number of bytes, at least 1024")
]
Seconds = Annotated[
    Int, Field(ge=1, le=CENTURY), Accepts("a whole number of seconds, from 1 to a century")
]
Span = Annotated[
    Int, Field(ge=0, le=CENTURY), Accepts("a whole number of seconds, from 0 to a century")
]
Wait = Annotated[
    float, BeforeValidator(_no_bool), Field(ge=0, le=3600), Accepts("seconds, from 0 to 3600")
]
Timeout = Annotated[
    float,
    BeforeValidator(_no_bool),
    Field(gt=0, le=3600),
    Accepts("seconds, more than 0 and at most 3600"),
]
Switch = Annotated[bool, Accepts("true or false")]
Host = Annotated[str, Field(min_length=1), Accepts("a host name or an IP address")]
Location = Annotated[Path, BeforeValidator(_path_text), Accepts("a path")]
ExistingFile = Annotated[FilePath, Accepts("the path of a file that exists")]
NETWORKS = "a list of IP addresses and networks such as 10.0.0.0/8"
Networks = Annotated[
    tuple[IPvAnyNetwork, ...], BeforeValidator(items), AfterValidator(_normal), Accepts(NETWORKS)
]
Origins = Annotated[
    tuple[Annotated[str, Field(pattern=r"^(\*|[a-z][a-z0-9+.-]*://[^/?#\s@*A-Z]+)$")], ...],
    BeforeValidator(items),
    AfterValidator(_star_alone),
    Accepts('a list of origins such as https://shop.example.com, or "*" alone'),
]
Issuer = Annotated[
    str,
    Field(pattern=r"^https?://[^/?#\s@]+(/[^?#\s]*[^/?#\s])?$"),
    Accepts("an http:// or https:// URL without query, fragment and slash at its end"),
]
Level = Annotated[
    Literal["debug", "info", "warning", "error"], Accepts("debug, info, warning or error")
]
LogFormat = Annotated[
    Literal["auto", "json", "console"],
    Accepts("json, console, or auto, which is console on a terminal and json elsewhere"),
]
Algorithm = Annotated[Literal["ES256", "EdDSA", "RS256"], Accepts("ES256, EdDSA or RS256")]
ReuseAnswer = Annotated[Reuse, Accepts("revoke or tolerate")]
DIRECTORY_URLS = "sqlite:///PATH (four slashes: absolute) or postgresql://USER@HOST/NAME"
DirectoryUrl = Annotated[
    str, Field(pattern=r"^(sqlite:///[^?#]+|postgresql://\S+)$"), Accepts(DIRECTORY_URLS)
]
SESSIONS_URLS = (
    "sqlite:///PATH, postgresql://USER@HOST/NAME, valkey://HOST:PORT, "
    "valkey-cluster://HOST:PORT,HOST:PORT or memory:"
)
SessionsUrl = Annotated[
    str,
    Field(pattern=r"^(memory:|sqlite:///[^?#]+|(postgresql|valkey|valkey-cluster)://\S+)$"),
    Accepts(SESSIONS_URLS),
]
PrivateEndpoint = Annotated[
    tuple[str, int],
    BeforeValidator(_address_and_port),
    AfterValidator(_not_public),
    Accepts("a loopback or private IP address with a port, such as 127.0.0.1:9464"),
]
BEARER = r"^[A-Za-z0-9._~+/-]{32,256}=*$"
"""A token68 (RFC 9110 §11.2) that is too long to be guessed."""

BEARER_WORDS = "32 to 256 letters, digits and characters of ._~+/-"
BearerToken = Annotated[str, Field(pattern=BEARER), Accepts(BEARER_WORDS)]
MasterKey = Annotated[bytes, BeforeValidator(_key_bytes), Accepts("base64 of 32 bytes")]
