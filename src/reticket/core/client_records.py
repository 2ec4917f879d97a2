"""Performs the commands on what is kept of clients: consents, registrations and log-outs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reticket.core import commands as asked
from reticket.core.consents import Consent, Consents
from reticket.core.logouts import Logout, Logouts
from reticket.core.model import Caller
from reticket.core.performing import Performer, by
from reticket.core.ports import Clock
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.registrations import Registrations
from reticket.core.storage.caller_storage import CallerStorage


def of_consents(kept: Consents, callers: CallerStorage) -> Iterator[Performer]:
    """The commands on consents, in the caller's turn."""

    async def find(command: asked.FindConsent, caller: Caller) -> tuple[str, ...] | None:
        return await callers.run(caller, kept.scopes_of, command.user_id, command.client)

    async def keep(command: asked.KeepConsent, caller: Caller) -> None:
        said = command.user_id, command.client, command.scopes
        await callers.run(caller, kept.keep, *said)

    async def forget(command: asked.ForgetConsent, caller: Caller) -> bool:
        return await callers.run(caller, kept.forget, command.user_id, command.client_id)

    async def every(command: asked.ListConsents, caller: Caller) -> Sequence[Consent]:
        return await callers.run(caller, kept.of_user, command.user_id)

    yield by(asked.FindConsent, find)
    yield by(asked.KeepConsent, keep)
    yield by(asked.ForgetConsent, forget)
    yield by(asked.ListConsents, every)


def of_registrations(registrations: Registrations) -> Iterator[Performer]:
    """The commands of clients that register themselves."""
    yield by(asked.RegisterClient, registrations.register)
    yield by(asked.CheckRegistrationToken, registrations.check)
    yield by(asked.ChangeRegistration, registrations.change)
    yield by(asked.RemoveClient, registrations.remove)
    yield by(asked.NoteClientUse, registrations.note_use)


def of_logouts(
    kept: Logouts, callers: CallerStorage, directory: WorkerPool, clock: Clock
) -> Iterator[Performer]:
    """The commands on log-outs. A client is remembered in the turn of its caller; nobody waits for
    the others.
    """

    async def remember(command: asked.RememberClient, caller: Caller) -> None:
        await callers.run(caller, kept.remember, command.client)

    async def claim(command: asked.ClaimLogouts, caller: Caller) -> Sequence[Logout]:
        return await directory.run(kept.claim, clock(), command.most)

    async def postpone(command: asked.PostponeLogout, caller: Caller) -> None:
        await directory.run(kept.postpone, command.logout, command.due_at, command.attempts)

    async def settle(command: asked.SettleLogout, caller: Caller) -> None:
        await directory.run(kept.settle, command.logout)

    yield by(asked.RememberClient, remember)
    yield by(asked.ClaimLogouts, claim)
    yield by(asked.PostponeLogout, postpone)
    yield by(asked.SettleLogout, settle)
