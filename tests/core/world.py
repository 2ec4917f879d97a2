"""An engine over a memory store, with a directory, a ring and an audit log that a test can bend."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.core.adopting import Known, adopting
from tests.core.outbox import Outbox

from reticket.core.adoption.model import Adoption
from reticket.core.commands import BeginSession, Refresh
from reticket.core.model import Caller
from reticket.core.people import Client, User
from reticket.core.policy import Policy
from reticket.core.ports import Event
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.sessions.engine import Engine
from reticket.core.tokens.keys import MacKey
from reticket.core.tokens.kinds import TokenKind
from reticket.core.tokens.mint import Mint
from reticket.core.tokens.old_form import OldFormOf, no_old_form
from reticket.crypto.macs import HmacKey
from reticket.dialects.akinon.user import AKINON_2026
from reticket.stores.memory import MemoryStore
from reticket.testing import FakeClock

ADA = User(
    "a" * 32, "ada", "ada@example.com", "Ada", None, False, True, 1, 0, (), ()
)  # fmt: skip
SHOP = Client("shop", True, False, {}, 0)
CALLER = Caller("192.0.2.1", "0" * 32, "a test")
OPAQUE = TokenKind("test.opaque", AKINON_2026, symmetric=True)
JWT = TokenKind(
    "test.jwt",
    AKINON_2026,
    symmetric=True,
    refresh_claims=lambda facts: {"sub": "x"},
    old_form=True,
)
RESOURCES = {each.name: each for each in (OPAQUE, JWT)}


@dataclass
class Keys:
    """MAC keys by the time from which on they sign; `dead` ones are not found any more."""

    turns: list[tuple[int, str]] = field(default_factory=lambda: [(0, "one")])
    dead: set[str] = field(default_factory=set)

    @property
    def snapshot(self) -> Keys:
        return self

    @property
    def macs(self) -> Keys:
        return self

    def __getitem__(self, label: str) -> Labelled:
        return Labelled(self, label)


@dataclass
class Labelled:
    """The keys of one label."""

    keys: Keys
    label: str

    def at(self, moment: int) -> MacKey:
        return self._key([name for since, name in self.keys.turns if since <= moment][-1])

    @property
    def likeliest_first(self) -> list[MacKey]:
        return [self._key(name) for _, name in self.keys.turns if name not in self.keys.dead]

    def end_of(self, key: MacKey) -> int | None:
        turns = [(since, self._key(name).id) for since, name in self.keys.turns]
        return next(
            (turns[n + 1][0] for n, (_, each) in enumerate(turns[:-1]) if each == key.id), None
        )

    @property
    def by_id(self) -> dict[bytes, MacKey]:
        return {key.id: key for key in self.likeliest_first}

    def _key(self, name: str) -> MacKey:
        secret = hashlib.sha256(f"{name}/{self.label}".encode()).digest()
        return HmacKey(hashlib.sha256(name.encode()).digest()[:4], secret)


class People:
    """A directory of users by id."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {ADA.id: ADA}
        self.clients: dict[str, Client] = {SHOP.id: SHOP}
        self.waiting: set[str] = set()
        self.catch_ups = 0
        self.logouts = Outbox()

    def catch_up(self) -> None:
        self.catch_ups += 1

    catch_up_now = catch_up

    def user(self, user_id: str) -> User | None:
        return self.users.get(user_id)

    def client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    def client_at_hand(self, client_id: str) -> None:
        return None

    def pending(self, subject: str) -> bool:
        return subject in self.waiting

    def change(self, **members: Any) -> None:
        self.users[ADA.id] = replace(self.users[ADA.id], **members)


class Audit:
    """The recorded events, and which of them were recorded durably."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.durable: list[Event] = []
        self.lost = 0

    def record(self, events: list[Event], *, durable: bool = False) -> None:
        self.events += events
        self.durable += events if durable else []

    def lose(self, count: int) -> None:
        self.lost += count

    def tend(self) -> int:
        """Nothing is held back, and nothing lost."""
        return 0

    def close(self) -> None:
        """Nothing is open."""

    @property
    def names(self) -> list[str]:
        return [event.event for event in self.events]


class World:
    """One service in one thread; close it."""

    def __init__(self, **policy: Any) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore(self.clock)
        self.keys, self.people, self.audit = Keys(), People(), Audit()
        self.old_form_of: OldFormOf = no_old_form
        self.mint = Mint(
            self.keys,
            lambda value: json.dumps(value).encode(),
            json.loads,
            old_form_of=lambda *said: self.old_form_of(*said),
        )
        self.policy = replace(AKINON_2026, **policy)
        self.pool = WorkerPool("store")
        self.numbers = iter(range(2**31))
        self.adoptions: list[Adoption] = []
        self.known = Known()
        self.adopting = adopting(
            self.adoptions, self.known, self.policy, self.store, self.pool, self.clock
        )
        self.engine = Engine(
            RESOURCES, self.policies(), self.store, self.people, self.mint, self.audit, self.pool,
            self.clock, lambda size: next(self.numbers).to_bytes(size, "big"), self.adopting,
        )  # fmt: skip

    def policies(self) -> Mapping[str, Policy]:
        return dict.fromkeys(RESOURCES, self.policy)

    async def begin(self, resource=OPAQUE, context=None):
        return await self.engine.begin(BeginSession(resource.name, ADA, context), None, CALLER)

    async def refresh(self, token, resource=OPAQUE, **more):
        return await self.engine.refresh(Refresh(resource.name, token, **more), CALLER)

    def family(self, issued):
        return self.store.find(issued.family.id)

    def close(self) -> None:
        self.pool.close()
