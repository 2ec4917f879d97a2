"""A whole service in memory behind the dialect, with a clock that moves: real rules, real keys,
people and clients that a test can bend.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from base64 import b64encode
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from joserfc.jws import JWSRegistry
from tests.core.adopting import Known
from tests.core.world import Audit
from tests.crypto.conftest import Keys
from tests.dialects.oauth.token_people import (
    ADA,
    KEY,
    REDIRECT,
    SECRETS,
    Consents,
    Hasher,
    People,
    Registrar,
)

from reticket.adoption.reader import AdoptedTokens
from reticket.core.access.attempts import Attempts
from reticket.core.access.failure_limits import FailureLimits
from reticket.core.access.known_programs import KnownPrograms
from reticket.core.access.programs import ProgramAuthenticator
from reticket.core.access.secret_check import SecretCheck
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.access.sign_in_context import SignInContexts
from reticket.core.adoption.adopting import Adopting
from reticket.core.adoption.model import Adoption, Granted, Stated
from reticket.core.errors import ReticketError
from reticket.core.fetching.fetcher import FetchLimits
from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.core.messages import without_mailer
from reticket.core.model import Caller, Family, RefreshToken, Selection
from reticket.core.policy import (
    BROWSER_2026,
    DEVICE_2026,
    FAPI_2_SESSION_2026,
    SERVICE_2026,
)
from reticket.core.ports import Event
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.service import Service
from reticket.core.service_parts import ServiceParts, WorkerPools
from reticket.core.sessions.engine import Engine
from reticket.core.storage.budget import DEFAULT_BUDGET, Budget
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.core.storage.upkeep import Upkeep
from reticket.core.tokens.faces import from_text, to_text
from reticket.core.tokens.mint import Mint
from reticket.crypto.verified import VerifiedSecrets
from reticket.dialects.oauth import Options, build
from reticket.dialects.oauth.grants.codes import (
    CODE_LIFETIME,
    ISSUED_CODE_LIFETIME,
    AuthorizationGrant,
    code_key,
    issued_code_key,
    issued_code_of,
)
from reticket.http.edge import carried_out
from reticket.oauth.provider import Provider
from reticket.runtime.adopted_sessions import granted_to
from reticket.stores.memory import MemoryEphemeral, MemoryStore
from reticket.testing import FakeClock
from reticket.wire import WireRequest

ISSUER = "https://id.example.com"
TOKEN = f"{ISSUER}/oauth/token"
CALLER = Caller("192.0.2.1", "0" * 32, "a test")
VERIFIER = "v" * 64
CHALLENGE = to_text(hashlib.sha256(VERIFIER.encode()).digest())
PRESETS = {
    "BROWSER": BROWSER_2026,
    "DEVICE": DEVICE_2026,
    "SERVICE": SERVICE_2026,
    "FAPI_2_SESSION": FAPI_2_SESSION_2026,
}

SEEN = ("oauth:proof:", "oauth:assertion:", "oauth:polled:")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def error(self) -> str | None:
        return self.said.get("error")


class World:
    """Close it."""

    def __init__(self, budget: Budget = DEFAULT_BUDGET, kinds: Any = (), **options: Any) -> None:
        self.clock, self.people, self.audit = FakeClock(), People(), Audit()
        self.store, self.ephemeral = MemoryStore(self.clock), MemoryEphemeral(self.clock)
        self.ring_keys = Keys(self.clock)
        self.ring = self.ring_keys.ring(options.get("signing_algorithm", "ES256"))
        self.dialect = build(Options(ISSUER, PRESETS, **options))
        resources = {each.name: each for each in (*self.dialect.kinds, *kinds)}
        self.mint = Mint(self.ring, lambda value: json.dumps(value).encode(), json.loads)
        self.consents = Consents()
        callers, hashes = FairWorkerPool("callers", 1, 64), FairWorkerPool("passwords", 1, 64)
        fetches = FairWorkerPool("fetches", 2, 64)
        self.pools = WorkerPools(
            WorkerPool("store"), WorkerPool("directory"), callers, hashes, fetches,
            WorkerPool("messages"), FairWorkerPool("handovers", 1, 64),
        )  # fmt: skip
        self.registrar = Registrar(self.people)
        self.fetched, self.elsewhere = [], {}
        """What other servers answer, by URL; anything else is unreachable."""
        self.adoptions, self.known = [], Known()
        self.adopted = AdoptedTokens(lambda: tuple(self.adoptions), self.clock)
        engine = Engine(
            resources, {name: each.policy for name, each in resources.items()}, self.store,
            self.people, self.mint, self.audit, self.pools.store, self.clock, os.urandom,
            Adopting(
                self.adopted, self.known, self.known, self._grant, self.store, self.pools.store,
                self.clock,
            ),
        )  # fmt: skip
        secrets = SecretCheck(self.people, Hasher(), VerifiedSecrets(os.urandom))
        attempts = Attempts(BudgetedEphemeral(self.ephemeral), self._tell, self.clock)
        contexts = SignInContexts(self.people, attempts, FailureLimits(), self.clock)
        authenticator = UserAuthenticator(self.people, secrets, attempts, contexts)
        verified = KnownPrograms(BudgetedEphemeral(self.ephemeral), self.clock)
        programs = ProgramAuthenticator(self.people, secrets, attempts, FailureLimits(), verified)
        self.upkeep = Upkeep(self.store, self.ephemeral, self.people, self.audit)
        parts = ServiceParts(
            resources, engine, authenticator, None, programs, self.people, self.mint, self.pools,
            self.clock, self.store, self.ephemeral, BudgetedEphemeral(self.ephemeral, budget),
            self.ring, self.upkeep, os.urandom, Hasher(), self.consents, self._ask_other,
            FetchLimits(), self.registrar, without_mailer, None,
        )  # fmt: skip
        self.service = Service(parts)
        self.performers = defaultdict(lambda: self._performed)
        self.before = None
        self._runner = asyncio.Runner()
        self._number = 0

    def _ask_other(self, request):
        """The port: answers from `elsewhere`."""
        self.fetched.append(request)
        return self.elsewhere.get(request.url, Unfetched(FetchFault.UNREACHABLE))

    def _grant(self, adoption: Adoption, stated: Stated) -> Granted | None:
        provider, client = Provider(ISSUER, PRESETS), adoption.client or stated.client
        return granted_to(adoption.kind, client, stated.scope, {}, self.people.client, provider)

    def _tell(self, event: Event) -> None:
        self.audit.record([event])

    def close(self) -> None:
        self._runner.close()
        self.pools.close()

    def token(self, client: str | None = None, form: Any = (), **said: Any) -> Reply:
        """Send a token request as a client of the world; None sends no client credentials."""
        headers = said.pop("headers", {})
        if client in SECRETS:
            headers = {"authorization": basic(client, SECRETS[client]), **headers}
        elif client == "keyed":
            said = {**asserting(self), **said}
        elif client is not None:
            said = {"client_id": client, **said}
        pairs = [*said.items(), *(form.items() if isinstance(form, dict) else form)]
        return self.post("/token", urlencode(pairs), headers)

    def post(self, path: str, body: str | bytes, headers: dict[str, str] | None = None) -> Reply:
        return self._runner.run(self._answer(self.request(path, body, headers or {})))

    def together(self, *requests: WireRequest) -> list[Reply]:
        async def all_of_them() -> list[Reply]:
            return await asyncio.gather(*(self._answer(each) for each in requests))

        return self._runner.run(all_of_them())

    def request(self, path: str, body: str | bytes, headers: dict[str, str]) -> WireRequest:
        sent = {"content-type": "application/x-www-form-urlencoded", **headers}
        return WireRequest(
            "POST", f"/oauth{path}", b"",
            [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
            body if isinstance(body, bytes) else body.encode(), CALLER,
        )  # fmt: skip

    async def _answer(self, request: WireRequest) -> Reply:
        routes = {"/oauth" + each.path: each for each in self.dialect.routes}
        try:
            operation = routes[request.path].operate(request)
            response = await carried_out(operation, self.performers, CALLER)
        except ReticketError as error:
            response = self.dialect.refuse(request, error)
        headers = {name.decode(): value.decode() for name, value in response.headers}
        headers["content-type"] = (response.content_type or b"").decode()
        return Reply(response.status, headers, response.body)

    async def _performed(self, command: Any, caller: Caller) -> Any:
        """As the service does; a test may do something before it."""
        if self.before is not None:
            await self.before(command)
        return await self.serve(command, caller)

    def serve(self, command: Any, caller: Caller) -> Any:
        return self.service.performers[type(command)](command, caller)

    def code(self, client: str = "spa", **said: Any) -> str:
        """An authorization code after a consent."""
        self._number += 1
        code = f"code-{self._number}"
        family = self.clock().to_bytes(6, "big") + b"\x70\x01" + b"\x80" + os.urandom(7)
        grant = AuthorizationGrant(**{
            "family": family.hex(), "client_id": client, "subject": ADA.id,
            "credential_version": 1, "email": ADA.email, "redirect_uri": REDIRECT,
            "scope": "openid orders.read orders.write", "challenge": CHALLENGE,
            "auth_time": self.clock() // 1000, "amr": ("pwd",), **said,
        })  # fmt: skip
        self.ephemeral.put_if_absent(code_key(code), CODE_LIFETIME, grant.to_json())
        self.ephemeral.put_if_absent(
            issued_code_key(code), ISSUED_CODE_LIFETIME, issued_code_of(grant).to_json()
        )
        return code

    def exchange(self, code: str, client: str | None = "spa", **said: Any) -> Reply:
        return self.token(client, **{**_code_form(code), **said})

    def exchange_of(self, code: str, client: str = "spa") -> WireRequest:
        """The same, to be sent later."""
        form = urlencode({"client_id": client, **_code_form(code)})
        return self.request("/token", form, {})

    def pair(self, client: str = "spa", headers: Any = None, **said: Any) -> dict[str, Any]:
        """Tokens of a fresh family."""
        reply = self.exchange(self.code(client, **said), client, headers=headers or {})
        assert reply.status == 200, reply
        return reply.said

    def refresh(self, token: str, client: str = "spa", **said: Any) -> Reply:
        return self.token(client, grant_type="refresh_token", refresh_token=token, **said)

    def adopt(self, other: World) -> None:
        """Go on with what another service has stored."""
        self.store.absorb(other.families())
        for key in other.ring_keys.store.rows.values():
            self.ring_keys.store.rows[key.id] = key
        self.ring.reload()

    def read(self, token: str) -> RefreshToken:
        """What a refresh token says."""
        return self.mint.read_refresh(self.dialect.kinds[0], token)

    def audited(self) -> list[tuple[str, str | None]]:
        """The audit events so far, with their causes."""
        for _ in range(2):
            self._runner.run(self.pools.store.run(lambda: None))
        return [(event.event, event.cause) for event in self.audit.events]

    def families(self) -> list[Family]:
        return list(self.store.page(Selection(), 1000).families)

    def spendable(self) -> tuple[list[Family], set[str]]:
        """Everything that a request could use up, without the marks of proofs and programs."""
        kept = set(self.ephemeral._entries)
        return self.families(), {
            key for key in kept if not key.startswith((*SEEN, "known-program"))
        }

    def kept(self) -> set[str]:
        """The keys of everything that lives for seconds."""
        return {*self.ephemeral._entries, *self.ephemeral._counters}

    def proof(self, key: Any = KEY, nonce: str | None = None, **claims: Any) -> dict[str, str]:
        """The header of a proof for the token endpoint."""
        said = {"htm": "POST", "htu": TOKEN, "iat": self.clock() // 1000,
                "jti": os.urandom(8).hex()}  # fmt: skip
        said |= {"nonce": nonce} if nonce else {}
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
        return {"dpop": signed(header, {**said, **claims}, key)}


def _code_form(code: str) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER}  # fmt: skip


def asserting(world: World, key: Any = KEY, header: Any = None, **claims: Any) -> dict[str, str]:
    """The parameters of `private_key_jwt`."""
    now = world.clock() // 1000
    said = {"iss": "keyed", "sub": "keyed", "aud": ISSUER, "exp": now + 60, "iat": now,
            "jti": os.urandom(8).hex(), **claims}  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed(header or {"alg": "ES256", "kid": "k1"}, said, key),
    }


def signed(header: Any, claims: Any, key: Any, algorithm: str = "ES256") -> str:
    text = f"{to_text(json.dumps(header).encode())}.{to_text(json.dumps(claims).encode())}"
    return f"{text}.{to_text(JWSRegistry.algorithms[algorithm].sign(text.encode(), key))}"


def basic(client: str, secret: str) -> str:
    pair = f"{quote_plus(client)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def claims_of(token: str) -> dict[str, Any]:
    return json.loads(from_text(token.split(".")[1]) or b"")
