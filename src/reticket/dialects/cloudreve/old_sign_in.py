"""How a real Cloudreve server is asked whose password it is, while its people move in (ADR
0028). It always answers with status 200, and its envelope has the result.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

import msgspec

from reticket.core.errors import Cause
from reticket.core.fetching.model import Fetched, FetchRequest, json_request
from reticket.core.handover import (
    Answer,
    Confirmed,
    Denied,
    NoAnswer,
    OldServer,
    OldSignIn,
    text_or_none,
)

_DENIED: Mapping[int, Cause] = {
    203: Cause.FACTOR_REQUIRED,
    40001: Cause.WRONG_SECRET,
    40017: Cause.DISABLED,
    40018: Cause.INACTIVE,
    40080: Cause.WRONG_SECRET,
}
"""Codes by which the server lets nobody in. 203 asks for a second factor, 40001 says that no
e-mail or password looks so.
"""


class _User(msgspec.Struct):
    email: str
    nickname: str | None = None


class _Data(msgspec.Struct):
    user: _User


class _Envelope(msgspec.Struct):
    code: int
    data: msgspec.Raw = msgspec.Raw(b"null")


def ask(server: OldServer, name: str, password: str) -> Generator[FetchRequest, Fetched, Answer]:
    """Sign in. The session that begins there ends by its own time."""
    body = msgspec.json.encode({"email": name, "password": password})
    said = yield json_request(f"{server.url}/session/token", body)
    envelope = msgspec.json.decode(said.body, type=_Envelope)
    if envelope.code in _DENIED:
        return Denied(_DENIED[envelope.code])
    if envelope.code != 0:
        return NoAnswer(f"code_{envelope.code}")
    user = msgspec.json.decode(envelope.data, type=_Data).user
    return Confirmed(user.email, nickname=text_or_none(user.nickname))


OLD_SIGN_IN = OldSignIn(ask, "https://drive.example.com/api/v4")
