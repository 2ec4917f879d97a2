"""An event as a line of JSON, and back. The members of a line are the fields of `Event`."""

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
"""Fields of `Event` that a line names differently. Lines of former versions have the field's own
name. A revocation line that was read without its `family` would revoke many sessions.
"""

_HINTS = get_type_hints(Event)
_Line: type[msgspec.Struct] = msgspec.defstruct(
    "Line",
    [("at", str), *((name, _HINTS[name], None) for name in Event._fields[1:])],
    omit_defaults=True,
    rename=NAMES,
)
"""`Event` with its time as text: `at` is RFC 3339 with milliseconds."""

_FORMER_NAMES = {name: f"former_{name}" for name in NAMES}
_Read: type[msgspec.Struct] = msgspec.defstruct(
    "Read",
    [(former, str | None, None) for former in _FORMER_NAMES.values()],
    bases=(_Line,),
    rename={former: name for name, former in _FORMER_NAMES.items()},
)
"""A line of this version or of a former one."""

LINE_START = b'{"at":"'
"""The start of every line. It cannot occur inside a line, since quotes in values are escaped."""

_encoder = msgspec.json.Encoder(enc_hook=str)
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Read)


def encode(events: Sequence[Event]) -> bytes:
    """One line for each event, without members that are None.

    Control characters are escaped twice: a reader of the JSON gets them, a terminal does not.
    """
    lines = [_Line(_rfc3339(event.at), *event[1:]) for event in events]
    try:
        written = _encoder.encode_lines(lines)
    except (UnicodeEncodeError, OverflowError):  # the slow way accepts lone surrogates
        written = b"".join(map(_encoded_slowly, lines))
    if written.isascii() and b"\x7f" not in written:
        return written
    return escaped_lines(written.decode()).encode()


def decode(line: bytes) -> Event:
    """The event of a line of any version. msgspec.DecodeError or ValueError when it is none."""
    members = msgspec.structs.asdict(_decoder.decode(line))
    for name, former in _FORMER_NAMES.items():
        present = members.pop(former)
        members[name] = members[name] or present
    return Event(**members | {"at": _milliseconds(members["at"])})


def _encoded_slowly(line: msgspec.Struct) -> bytes:
    """The same form to the byte, which rotation relies on."""
    members = msgspec.structs.asdict(line).items()
    present = {NAMES.get(name, name): value for name, value in members if value is not None}
    return json.dumps(present, default=str, separators=(",", ":")).encode() + b"\n"


@lru_cache(maxsize=64)
def _rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / SECOND, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * SECOND)
