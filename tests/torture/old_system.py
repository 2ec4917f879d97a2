"""Another system whose sessions go on here: its tokens, and those that it has ended.

Its JWTs are without number. Of its opaque tokens there are as many as were imported.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from unittest import mock

import jwt
from tests.http.wire import ADA, WIRES, Wire
from tests.torture.history import FOREIGN, Said
from tests.torture.services import Services

from reticket.core.adoption.model import Adoption
from reticket.core.policy import DAY
from reticket.runtime.opening import Builder
from reticket.testing.waiting import until

KEY = secrets.token_hex(32)
JWTS = ("akinon", "cloudreve")
CONTEXTS = {"kibo.developer": "77", "kibo.adminuser": "1000"}
"""The kinds with opaque tokens, and the contexts that their tokens need."""


class OldSystem:
    """Adopted while the services run.

    Args:
        many: opaque tokens of each kind, and as many JWTs of ended sessions.
    """

    def __init__(self, services: Services, many: int) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._end = int(time.time()) + 10 * DAY
        self._until = time.strftime("%Y-%m-%d", time.gmtime(self._end))
        self._many = many
        self._adopt()
        self._adoptions = self._read()
        self._opaque = {kind: self._import_opaque(kind) for kind in CONTEXTS}
        self._ended = {kind: self._import_ended(kind) for kind in JWTS}
        wires = [wire for wire in WIRES if wire.name in (*JWTS, *CONTEXTS)]
        self._probes = [(each, wire, self.token(wire)) for each in services.all for wire in wires]
        until(self._is_known_everywhere, "the adoptions at every service")

    def token(self, wire: Wire) -> str | None:
        """A token of a living session; None where there are none, or no more."""
        if wire.name in JWTS:
            return self._jwt(wire.name)
        with self._lock:
            return next(self._opaque.get(wire.name, iter(())), None)

    def ended(self, wire: Wire) -> str | None:
        """A token of a session that was ended there."""
        with self._lock:
            return next(self._ended.get(wire.name, iter(())), None)

    def _adopt(self) -> None:
        for kind in JWTS:
            with mock.patch.dict(self._services.settings, OLD_KEY=KEY):
                self._services.command(
                    "key", "adopt", "--system", "simplejwt", "--kind", f"{kind}.user",
                    "--name", kind, "--algorithm", "HS256", "--key-env", "OLD_KEY",
                    "--option", "email_claim=email", "--until", self._until,
                )  # fmt: skip
        for kind in CONTEXTS:
            self._import([], kind, "--digest", "sha256-hex", "--kind", kind, "--until", self._until)

    def _read(self) -> dict[str, Adoption]:
        """The records, from which the ids of sessions are derived."""
        with mock.patch.dict(os.environ, self._services.environment, clear=True):
            builder = Builder()
            instance = builder.open(builder.load(None, {"data": self._services.all[0].data}))
            found = {each.name: each for each in instance.directory.adoptions.all()}
            instance.close()
        return found

    def _import(self, rows: list[dict[str, object]], name: str, *more: str) -> None:
        said = "".join(f"{json.dumps(row)}\n" for row in rows)
        self._services.command("import", "sessions", "-", "--adoption", name, *more, said=said)

    def _import_opaque(self, kind: str) -> Iterator[str]:
        made = [secrets.token_urlsafe(32) for _ in range(self._many)]
        rows = [
            {
                "digest": hashlib.sha256(token.encode()).hexdigest(), "email": ADA,
                "expires_at": self._end, "context": CONTEXTS[kind],
            }
            for token in made
        ]  # fmt: skip
        self._import(rows, kind)
        for token, row in zip(made, rows, strict=True):
            self._note(token, kind, str(row["digest"]))
        return iter(made)

    def _import_ended(self, kind: str) -> Iterator[str]:
        names = [secrets.token_hex(16) for _ in range(self._many)]
        rows = [{"id": each, "email": ADA, "revoked": True} for each in names]
        self._import(rows, kind, "--all-ended")
        return iter([self._jwt(kind, each) for each in names])

    def _jwt(self, kind: str, name: str = "") -> str:
        name = name or secrets.token_hex(16)
        claims = {
            "token_type": "refresh", "jti": name, "user_id": 7, "email": ADA, "exp": self._end,
        }  # fmt: skip
        token = jwt.encode(claims, KEY, "HS256")
        self._note(token, kind, name)
        return token

    def _note(self, token: str, kind: str, identity: str) -> None:
        FOREIGN[token] = Said(self._adoptions[kind].session_of(identity).hex(), 1)

    def _is_known_everywhere(self) -> bool:
        return all(
            wire.is_good(wire.refresh(each.url, token)) for each, wire, token in self._probes
        )
