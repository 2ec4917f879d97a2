"""People who sign up in a realm of a dialect, and how many of them one owner may create."""

from __future__ import annotations

from reticket.core.access.new_passwords import check_new_password
from reticket.core.access.origins import origin_of
from reticket.core.access.password_changes import Note, Remember
from reticket.core.commands import Audit, Increment, IssueResetCode, SignUp
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import Caller
from reticket.core.people import User
from reticket.core.policy import whole_seconds
from reticket.core.ports import Directory, SecretHasher
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.queues.fair_worker_pool import FairWorkerPool
from reticket.core.storage.budget import of_address
from reticket.core.storage.caller_storage import CallerStorage, requester_of

HOUR = 3600


class SignUps:
    """Performs the command. Belongs to one event loop."""

    def __init__(
        self,
        directory: Directory,
        pool: WorkerPool,
        passwords: FairWorkerPool,
        hasher: SecretHasher,
        callers: CallerStorage,
        note: Note,
        remember: Remember,
    ) -> None:
        self._directory = directory
        self._pool, self._passwords = pool, passwords
        self._hasher = hasher
        self._callers = callers
        self._note = note
        self._remember = remember

    async def sign_up(self, command: SignUp, caller: Caller) -> User:
        """Create a person. The hash waits for its turn, as that of a sign-in does."""
        person = command.person
        check_new_password(command.password, (person.email, person.user_name))
        await self.expect_room("sign-up", command, caller)
        requester = requester_of(command.owner, caller)
        hashed = await self._passwords.run(requester, self._hasher.hash, command.password)
        try:
            user = await self._pool.run(self._created, command, hashed, caller)
        except Refusal as refusal:
            self._note(Audit(command.resource, "refused", refusal.cause or refusal.code), caller)
            raise
        self._note(Audit(command.resource, "signed_up", subject=user.id), caller)
        return user

    async def expect_room(
        self, what: str, command: SignUp | IssueResetCode, caller: Caller
    ) -> None:
        """Count one more of the owner. TOO_MANY_ATTEMPTS beyond the command's limit in an hour."""
        owner = command.owner or of_address(caller.address)
        key = f"{what}:{command.resource}:{owner.kind}:{owner.name}"
        counting = Increment(key, HOUR, owner=command.owner, most=command.most)
        counted = await self._callers.increment(counting, caller)
        if counted.total > command.most:
            self._note(Audit(command.resource, "refused", Cause.LIMITED), caller)
            wait = whole_seconds(counted.left)
            raise Refusal(Code.TOO_MANY_ATTEMPTS, Cause.LIMITED, retry_after=wait)

    def _created(self, command: SignUp, hashed: str, caller: Caller) -> User:
        user_id = self._directory.sign_up(command.realm, command.person, hashed)
        self._directory.catch_up_now()
        user = self._directory.user(user_id)
        if user is None:
            raise Unavailable("a person was deleted at once")
        self._remember(user, origin_of(caller, command.through, user.realm))
        return user
