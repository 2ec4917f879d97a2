"""New passwords: by the old one, by somebody who may set it, and by a reset code.

Each ends all sessions of the person before it is answered.
"""

from __future__ import annotations

from collections.abc import Callable

from reticket.core.access.new_passwords import check_new_password
from reticket.core.access.origins import Origin, origin_of
from reticket.core.access.reset_codes import ResetCodes
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.access.sign_in_queue import SignInQueue
from reticket.core.addresses import network_of
from reticket.core.commands import Audit, ChangePassword, RedeemResetCode, SetPassword, SignIn
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import Caller
from reticket.core.people import User
from reticket.core.ports import Directory, SecretHasher
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.queues.fair_queue import Requester
from reticket.core.queues.fair_worker_pool import FairWorkerPool

Note = Callable[[Audit, Caller], None]

Remember = Callable[[User, Origin], None]
"""Notes that the person is known at an origin, as after a sign-in."""


class PasswordResets:
    """Owns the check of a reset code, and its use. Synchronous."""

    def __init__(
        self,
        directory: Directory,
        users: UserAuthenticator,
        codes: ResetCodes,
        hasher: SecretHasher,
    ) -> None:
        self._directory = directory
        self._users = users
        self._codes = codes
        self._hasher = hasher

    def owner(self, command: RedeemResetCode, caller: Caller) -> User:
        """The person whose code it is; costs no hash, and the code stays good.
        INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS; INVALID_PARAMETER for a password that is one of the
        person's names.
        """
        user = self._users.with_code(command, caller, self._codes.find)
        check_new_password(command.password, (user.email, user.user_name))
        return user

    def redeem(self, user: User, password: str) -> User:
        """Replace the password of that person. The credential version decides between parallel
        callers with one code, so a failing store costs no code. INVALID_CREDENTIALS.
        """
        hashed, version = self._hasher.hash(password), user.credential_version
        if not self._directory.replace_password(user.id, hashed, version):
            raise Refusal(Code.INVALID_CREDENTIALS, Cause.USED)
        self._codes.forget(user)
        if user.factor_missing:
            self._directory.recover_factor(user.id)
        return user


class PasswordChanges:
    """Performs the commands. Belongs to one event loop.

    Args:
        directory / store / passwords: the pools.
        end_sessions: applies what the records demand; runs on the store's pool.
        note: records an event.
        remember: without it, the owner of a new password is a stranger where it was chosen.
    """

    def __init__(
        self,
        records: Directory,
        directory: WorkerPool,
        store: WorkerPool,
        passwords: FairWorkerPool,
        hasher: SecretHasher,
        end_sessions: Callable[[], object],
        note: Note,
        remember: Remember,
    ) -> None:
        self._records = records
        self._directory, self._store, self._passwords = directory, store, passwords
        self._hasher = hasher
        self._end_sessions = end_sessions
        self._note = note
        self._remember = remember

    async def change(self, command: ChangePassword, caller: Caller, queue: SignInQueue) -> User:
        """Replace a password after a check of the old one."""
        user = command.user
        check_new_password(command.new, (user.email, user.user_name))
        old = SignIn(
            command.resource, user.email, command.old, factor=command.factor, realm=user.realm,
            through=command.through,
        )  # fmt: skip
        found = await queue.person(old, caller)
        if found.id != user.id:
            raise Refusal(Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)
        changed = await self._replaced("password_changed", command, found, command.new, caller)
        return await self._recognised(changed, command, caller)

    async def set(self, command: SetPassword, caller: Caller) -> User:
        """Replace a password without the old one."""
        user = command.user
        check_new_password(command.password, (user.email, user.user_name))
        return await self._replaced("password_set", command, user, command.password, caller)

    async def reset(
        self, command: RedeemResetCode, caller: Caller, user: User, resets: PasswordResets
    ) -> User:
        """Replace the password of a person whose reset code was right."""
        requester = Requester(network_of(caller.address), user.id, known=True)
        await self._passwords.run(requester, resets.redeem, user, command.password)
        if user.factor_missing:
            event = Audit(command.resource, "missing_factor_settled", subject=user.id)
            self._note(event, caller)
        changed = await self._ended("password_reset", command, user, caller)
        return await self._recognised(changed, command, caller)

    async def _recognised(
        self, user: User, command: ChangePassword | RedeemResetCode, caller: Caller
    ) -> User:
        origin = origin_of(caller, command.through, user.realm)
        await self._directory.run(self._remember, user, origin)
        return user

    async def _replaced(
        self,
        event: str,
        command: ChangePassword | SetPassword,
        user: User,
        password: str,
        caller: Caller,
    ) -> User:
        requester = Requester(network_of(caller.address), user.id, known=True)
        hashed = await self._passwords.run(requester, self._hasher.hash, password)
        replace, version = self._records.replace_password, user.credential_version
        if not await self._directory.run(replace, user.id, hashed, version):
            raise Unavailable("the password was changed by somebody else meanwhile")
        return await self._ended(event, command, user, caller)

    async def _ended(
        self,
        event: str,
        command: ChangePassword | SetPassword | RedeemResetCode,
        user: User,
        caller: Caller,
    ) -> User:
        """The person as of now, whose sessions have ended. The event does not depend on their end,
        which may fail; no session is refreshed until it was made up for.
        """
        self._note(Audit(command.resource, event, subject=user.id), caller)
        await self._store.run(self._end_sessions)
        return await self._directory.run(self._as_of_now, user.id)

    def _as_of_now(self, user_id: str) -> User:
        self._records.catch_up_now()
        user = self._records.user(user_id)
        if user is None:
            raise Refusal(Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)
        return user
