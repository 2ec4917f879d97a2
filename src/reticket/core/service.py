"""Performs what dialects ask for: each command on the lane that it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reticket.core.commands import (
    Begin,
    Command,
    End,
    FindTenant,
    FindUser,
    OpenFactorSession,
    ReadAccess,
    Refresh,
    SecondFactor,
    SignIn,
    SignInApplication,
)
from reticket.core.conveyor import Lane
from reticket.core.engine import Engine
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.mint import Mint
from reticket.core.model import AccessToken, Caller, Holder, Issued
from reticket.core.people import Tenant, User
from reticket.core.ports import Clock, Directory
from reticket.core.resource import Resource
from reticket.core.sign_in import SignInDesk


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where work runs.

    Args:
        store: one thread; writes families.
        directory: a few threads; reads people.
        passwords: as many threads as hashes may run at once.
    """

    store: Lane
    directory: Lane
    passwords: Lane

    def close(self) -> None:
        """Work off what was accepted."""
        for lane in (self.passwords, self.directory, self.store):
            lane.close()


class Service:
    """The one door for dialects: `perform`."""

    def __init__(
        self,
        resources: Sequence[Resource],
        engine: Engine,
        desk: SignInDesk,
        directory: Directory,
        mint: Mint,
        lanes: Lanes,
        clock: Clock,
    ) -> None:
        self._resources = {resource.name: resource for resource in resources}
        self._engine = engine
        self._desk = desk
        self._directory = directory
        self._mint = mint
        self._lanes = lanes
        self._clock = clock
        self._performers: dict[type, Callable[[Any, Caller], Awaitable[Any]]] = {
            Refresh: engine.refresh,
            End: engine.end,
            Begin: self._begin,
            SignIn: self._sign_in,
            SignInApplication: self._sign_in_application,
            OpenFactorSession: self._open_factor_session,
            SecondFactor: self._second_factor,
            ReadAccess: self._read_access,
            FindTenant: self._find_tenant,
            FindUser: self._find_user,
        }

    def perform(self, command: Command, caller: Caller) -> Awaitable[Any]:
        """Carry a command out for a caller; results and errors as the command's class says."""
        return self._performers[type(command)](command, caller)

    async def _begin(self, command: Begin, caller: Caller) -> Issued:
        previous = None
        if isinstance(command.holder, User):
            previous = await self._lanes.directory.run(
                self._directory.signed_in, command.holder.id, self._clock()
            )
        return await self._engine.begin(command, previous, caller)

    async def _sign_in(self, command: SignIn, caller: Caller) -> User:
        return await self._lanes.passwords.run(self._desk.user, command, caller)

    async def _sign_in_application(self, command: SignInApplication, caller: Caller) -> Holder:
        return await self._lanes.passwords.run(self._desk.application, command, caller)

    async def _open_factor_session(self, command: OpenFactorSession, caller: Caller) -> str:
        return await self._lanes.passwords.run(self._desk.open_factor_session, command)

    async def _second_factor(self, command: SecondFactor, caller: Caller) -> User:
        return await self._lanes.passwords.run(self._desk.second_factor, command, caller)

    async def _read_access(self, command: ReadAccess, caller: Caller) -> tuple[AccessToken, Holder]:
        access = self._verify(command)
        holder = await self._lanes.directory.run(self._look_up, access)
        if holder is None:
            raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.SUBJECT_GONE)
        return access, holder

    def _verify(self, command: ReadAccess) -> AccessToken:
        refusal: Refusal | None = None
        for name in command.resources:
            try:
                return self._mint.read_access(self._resources[name], command.token, self._clock())
            except Refusal as error:
                refusal = refusal if refusal and error.cause is Cause.FORGED else error
        raise refusal or Refusal(Code.INVALID_ACCESS_TOKEN, Cause.FORGED)

    def _look_up(self, access: AccessToken) -> Holder | None:
        self._directory.catch_up()
        return self._engine.holder_of(access.resource, access.subject)

    async def _find_tenant(self, command: FindTenant, caller: Caller) -> Tenant | None:
        return await self._lanes.directory.run(self._tenant, command.tenant_id)

    def _tenant(self, tenant_id: int) -> Tenant | None:
        self._directory.catch_up()
        return self._directory.tenant(tenant_id)

    async def _find_user(self, command: FindUser, caller: Caller) -> User | None:
        return await self._lanes.directory.run(self._user, command.email)

    def _user(self, email: str) -> User | None:
        self._directory.catch_up()
        return self._directory.user_by_email(email)
