"""Sign-in by passkey: it begins as at the real server, and nobody can finish it.

Clients want `authn` true in the site's configuration, and then ask for a sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from reticket.core.commands import RandomBytes
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.identifiers import random_uuid
from reticket.core.tokens.faces import to_text
from reticket.dialects.cloudreve import inputs
from reticket.dialects.cloudreve.document import open_to_all
from reticket.dialects.cloudreve.drive_schemas import (
    PasskeyOptions,
    PasskeyRequest,
    PasskeyResponse,
    PasskeySession,
    PasskeySignInRequest,
)
from reticket.dialects.cloudreve.schemas import (
    SignInResponse,
    succeeded,
)
from reticket.dialects.cloudreve.user import current_user
from reticket.wire import Operation, Route, WireRequest

AREA = "Session/Passkey"
TIMEOUT = 300_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The beginning of a sign-in.

    Args:
        host: the name of the site's host.
    """

    host: str

    def __call__(self, request: WireRequest) -> Operation:
        """A challenge, and the id of a session. Nothing is stored: no passkey is registered."""
        yield from current_user(request)
        challenge: bytes = yield from RandomBytes(32)
        random: bytes = yield from RandomBytes(16)
        options = PasskeyRequest(to_text(challenge), TIMEOUT, self.host)
        session_id = random_uuid(lambda size: random[:size])
        return succeeded(PasskeySession(PasskeyOptions(options), session_id))


def finish(request: WireRequest) -> Operation:
    """No session can be finished."""
    yield from current_user(request)
    inputs.passkey(request.body)
    raise Refusal(Code.NOT_FOUND, Cause.NO_SESSION)


def routes(issuer: str) -> tuple[Route, ...]:
    """The routes of passkeys. `issuer`: the address of the site."""
    begin = Begin(urlsplit(issuer).hostname or "")
    return (
        Route(
            "PUT",
            "/session/authn",
            begin,
            open_to_all(
                "Begin with a passkey",
                "A challenge for a passkey. No passkey is registered, so nobody can finish.",
                PasskeyResponse,
                area=AREA,
            ),
        ),
        Route(
            "POST",
            "/session/authn",
            finish,
            open_to_all(
                "Finish with a passkey",
                "Code `404`, since no passkey is registered.",
                SignInResponse,
                area=AREA,
                body=PasskeySignInRequest,
            ),
        ),
    )
