"""A picture of some characters, which people must read after failed sign-ins, by setting."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass
from functools import partial

from reticket.core.addresses import network_of
from reticket.core.commands import (
    Asking,
    Audit,
    Compute,
    Increment,
    Pop,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Cause, Unavailable
from reticket.core.identifiers import random_uuid
from reticket.dialects.cloudreve.document import open_to_all
from reticket.dialects.cloudreve.drive_schemas import Captcha, CaptchaResponse
from reticket.dialects.cloudreve.network_limit import WINDOW, NetworkLimit
from reticket.dialects.cloudreve.schemas import succeeded
from reticket.dialects.cloudreve.tokens import USER
from reticket.dialects.cloudreve.user import current_user
from reticket.wire import Operation, Route, WireRequest

LIFETIME = 600
"""Seconds for which a picture may be solved."""

LENGTH = 6
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Characters that people tell apart in any letter case."""

MOST_PICTURES = 100
"""Pictures that one network gets in a window. Each costs some milliseconds."""

SIZE = (240, 60)
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Captchas:
    """Owns when a sign-in needs a picture.

    Args:
        after: failed sign-ins of one network in a window after which it does; 0 for never.
        limit: of the pictures that one network may get.
    """

    after: int
    limit: NetworkLimit

    def make(self, request: WireRequest) -> Operation:
        """A picture, and the ticket that names it. A ticket is good for one attempt."""
        yield from current_user(request)
        yield from self.limit.count(request)
        random: bytes = yield from RandomBytes(16 + LENGTH)
        ticket = random_uuid(lambda size: random[:size])
        text = "".join(ALPHABET[byte % len(ALPHABET)] for byte in random[16:])
        yield from PutIfAbsent(_key(ticket), text, LIFETIME)
        picture = yield from Compute(partial(picture_of, text))
        image = f"data:image/png;base64,{b64encode(picture).decode()}"
        return succeeded(Captcha(image, ticket))

    def is_wanted(self, request: WireRequest) -> Asking[bool]:
        """Whether the network of a request has failed so often that it needs a picture."""
        if not self.after:
            return False
        failures = yield from Increment(_failures_of(request), WINDOW, add=0)
        return failures.total >= self.after

    def lets_pass(self, request: WireRequest, ticket: str, text: str) -> Asking[bool]:
        """Whether no picture is wanted, or the text is that of the ticket's picture. The ticket is
        used up.
        """
        if not (yield from self.is_wanted(request)):
            return True
        known = (yield from Pop(_key(ticket))) if ticket else None
        solved = known is not None and hmac.compare_digest(
            known.encode(), text.strip().lower().encode()
        )
        if not solved:
            yield from Audit(USER, "refused", Cause.WRONG_CAPTCHA)
        return solved

    def note_failure(self, request: WireRequest) -> Asking[None]:
        """Count a failed sign-in. A network whose share of the storage is full is not counted
        here; the limits of failed sign-ins hold for it.
        """
        if self.after:
            try:
                yield from Increment(_failures_of(request), WINDOW, most=self.after)
            except Unavailable:
                return


def picture_of(text: str) -> bytes:
    """The picture as PNG."""
    # imported at the first picture: it takes 20 MB of memory
    from captcha.image import ImageCaptcha

    return ImageCaptcha(*SIZE).generate(text).getvalue()


def _failures_of(request: WireRequest) -> str:
    return f"cloudreve:failures:{network_of(request.caller.address)}"


def _key(ticket: str) -> str:
    return f"cloudreve:picture:{hashlib.sha256(ticket.encode()).hexdigest()}"


def route(captchas: Captchas) -> Route:
    """The route of pictures."""
    return Route(
        "GET",
        "/site/captcha",
        captchas.make,
        open_to_all(
            "Captcha", "A picture of six characters, for one attempt.", CaptchaResponse, area="Site"
        ),
        begins=True,
    )
