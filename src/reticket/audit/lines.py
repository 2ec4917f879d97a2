"""An event as a line of JSON, and back. Its members are those of `Event`, two by another name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, get_type_hints

import msgspec

from reticket.core.policy import SECOND
from reticket.core.ports import Event
from reticket.core.texts import escaped_lines

NAMES = {"resource": "kind", "family": "session"}
"""Members of `Event` that a line has by another name; lines of former versions have them as they
are. A line that was read without its `family` would demand the end of many sessions.
"""

_HINTS = get_type_hints(Event)
_Line: type[msgspec.Struct] = msgspec.defstruct(
    "Line",
    [("at", str), *((name, _HINTS[name], None) for name in Event._fields[1:])],
    omit_defaults=True,
    rename=NAMES,
)
"""`Event` with a time in words: `at` is RFC 3339 with milliseconds."""

_FORMER = {name: f"former_{name}" for name in NAMES}
_Read: type[msgspec.Struct] = msgspec.defstruct(
    "Read",
    [(former, str | None, None) for former in _FORMER.values()],
    bases=(_Line,),
    rename={former: name for name, former in _FORMER.items()},
)
"""A line of this version or of a former one."""

BEGINNING = b'{"at":"'
"""Of each line; in none does it stand elsewhere, since what callers say is quoted."""

_encoder = msgspec.json.Encoder(enc_hook=str)
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Read)


def encode(events: Sequence[Event]) -> bytes:
    """A line each; members that are None are left out. What acts on a terminal is escaped: the
    members have it, the file does not.
    """
    written = _encoded([_Line(_rfc3339(event.at), *event[1:]) for event in events])
    if written.isascii() and b"\x7f" not in written:
        return written
    return escaped_lines(written.decode()).encode()


def decode(line: bytes) -> Event:
    """The event of a line of any version. msgspec.DecodeError or ValueError when it is none."""
    members = msgspec.structs.asdict(_decoder.decode(line))
    for name, former in _FORMER.items():
        said = members.pop(former)
        members[name] = members[name] or said
    return Event(**members | {"at": _milliseconds(members["at"])})


def _encoded(lines: Sequence[msgspec.Struct]) -> bytes:
    try:
        return _encoder.encode_lines(lines)
    except (UnicodeEncodeError, OverflowError):  # slower, but it takes lone surrogates
        return b"".join(map(_slowly, lines))


def _slowly(line: msgspec.Struct) -> bytes:
    """The same form to the byte: rotation looks for words in it."""
    members = msgspec.structs.asdict(line).items()
    said = {NAMES.get(name, name): value for name, value in members if value is not None}
    return json.dumps(said, default=str, separators=(",", ":")).encode() + b"\n"


@lru_cache(maxsize=64)
def _rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / SECOND, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * SECOND)
