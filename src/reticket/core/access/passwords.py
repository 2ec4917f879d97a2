"""Performs the commands on passwords, reset codes and people who sign up."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.core import commands as asked
from reticket.core.access.new_passwords import check_new_password
from reticket.core.access.origins import Origin
from reticket.core.access.password_changes import PasswordChanges, PasswordResets
from reticket.core.access.reset_codes import ResetCodes
from reticket.core.access.sign_in_queue import SignInQueue
from reticket.core.access.sign_ups import SignUps
from reticket.core.commands import Audit
from reticket.core.errors import Code, Refusal
from reticket.core.model import Caller
from reticket.core.people import User
from reticket.core.performing import Performer, by
from reticket.core.service_parts import ServiceParts
from reticket.core.sessions.audit_events import dialect_event
from reticket.core.storage.caller_storage import CallerStorage


def of_passwords(
    parts: ServiceParts, callers: CallerStorage, queue: SignInQueue
) -> Iterator[Performer]:
    """The commands, each on the pools where its work belongs."""
    directory, pools, hasher = parts.directory, parts.pools, parts.hasher

    def note(event: Audit, caller: Caller) -> None:
        parts.engine.note(dialect_event(parts.clock(), event, caller))

    def remember(user: User, origin: Origin) -> None:
        directory.remember_network(user.id, origin.place, parts.clock())

    codes = ResetCodes(directory, parts.shared, parts.entropy)
    changes = PasswordChanges(
        directory, pools.directory, pools.store, pools.passwords, hasher,
        parts.upkeep.apply_intents, note, remember,
    )  # fmt: skip
    resets = PasswordResets(directory, parts.users, codes, hasher)
    sign_ups = SignUps(
        directory, pools.directory, pools.passwords, hasher, callers, note, remember
    )  # fmt: skip

    async def change(command: asked.ChangePassword, caller: Caller) -> User:
        return await changes.change(command, caller, queue)

    async def issue(command: asked.IssueResetCode, caller: Caller) -> asked.ResetCode | None:
        await sign_ups.expect_room("reset", command, caller)
        made = await callers.run(caller, codes.issue, command.name, caller)
        subject = made.user.id if made else None
        note(Audit(command.resource, "reset_code_issued", subject=subject), caller)
        return made

    async def redeem(command: asked.RedeemResetCode, caller: Caller) -> User:
        check_new_password(command.password, (command.name.text,))
        try:
            user = await callers.run(caller, resets.owner, command, caller)
        except Refusal as refusal:
            if refusal.code is Code.TOO_MANY_ATTEMPTS:
                await pools.passwords.linger()
            raise
        return await changes.reset(command, caller, user, resets)

    yield by(asked.SignUp, sign_ups.sign_up)
    yield by(asked.ChangePassword, change)
    yield by(asked.SetPassword, changes.set)
    yield by(asked.IssueResetCode, issue)
    yield by(asked.RedeemResetCode, redeem)
