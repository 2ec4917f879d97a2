"""Sign-ins that an old back end decides (ADR 0028): who is asked about, and who is kept.

Synchronous; runs on threads of its own, since an answer may take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from reticket.core.access.attempts import Admission, Attempts
from reticket.core.access.breaker import Breaker, Seconds
from reticket.core.access.failure_limits import FailureCounters
from reticket.core.access.new_passwords import LONGEST
from reticket.core.access.secret_check import SecretCheck
from reticket.core.access.sign_in import UserAuthenticator
from reticket.core.commands import FactorRule, SignIn
from reticket.core.entitlement import entitled
from reticket.core.errors import Cause, Unavailable
from reticket.core.handover import (
    Answer,
    Confirmed,
    Denied,
    HandedOverPeople,
    Handover,
    NoAnswer,
    ascii_lower,
)
from reticket.core.model import Caller
from reticket.core.people import NO_PASSWORD, Credentials, NewPerson, User
from reticket.core.ports import Clock, Directory, Event, SecretHasher
from reticket.core.realms import USUAL
from reticket.core.sessions import audit_events
from reticket.core.texts import has_surrogate

RETRY = 5
"""Seconds after which a person may try again when the old back end did not answer."""

Fold = Callable[[str], str]
"""The form of names that look-ups compare."""


class _Overtaken(Exception):
    """Somebody else has changed the person meanwhile; nothing was kept."""


class _Question(NamedTuple):
    """Whom the old back end is asked about.

    Args:
        email: the stored address of a known person, never what was typed; for an unknown one the
            address that will be stored.
        subject: the known person, or None.
    """

    email: str
    subject: str | None


class HandedOver:
    """Owns the decision whether the old back end is asked, and what follows from its answer.

    Args:
        handovers: by the name of the dialect; a dialect without one hands nothing over.
        tell: takes events for the audit log; may be called from any thread.
    """

    def __init__(
        self,
        handovers: Mapping[str, Handover],
        directory: Directory,
        people: HandedOverPeople,
        users: UserAuthenticator,
        secrets: SecretCheck,
        hasher: SecretHasher,
        attempts: Attempts,
        fold: Fold,
        tell: Callable[[Event], None],
        clock: Clock,
        seconds: Seconds,
    ) -> None:
        self._handovers = handovers
        self._directory, self._people = directory, people
        self._users = users
        self._secrets, self._hasher = secrets, hasher
        self._attempts = attempts
        self._fold = fold
        self._tell, self._clock = tell, clock
        self._breakers = {
            name: Breaker(f"the old back end of {name}", each.failures, each.pause, seconds)
            for name, each in handovers.items()
        }

    def serves(self, command: SignIn) -> bool:
        """Whether sign-ins of that kind are handed over."""
        is_usual = command.realm == USUAL and _is_sendable(command.password)
        return is_usual and _dialect_of(command) in self._handovers

    def is_wanted(self, command: SignIn) -> bool:
        """Whether the old back end is to be asked. It is not for people who have a password here,
        are disabled or were deleted. Nor is it for those whom the dialect would refuse anyway.
        """
        self._directory.catch_up_now()
        credentials = self._directory.user_credentials(command.name)
        if credentials is None:
            keeps_unknown = self._handovers[_dialect_of(command)].keeps_unknown
            is_new = self._is_plain(command.email) and self._people.is_unused(command.name)
            return keeps_unknown and is_new
        user = self._directory.user(credentials.subject)
        return user is not None and _lacks_password(credentials) and _may_sign_in(user, command)

    def authenticate(self, command: SignIn, caller: Caller, admission: Admission) -> User | None:
        """The person, who is kept with a hash of the password. None when the person has got a
        password meanwhile: check that as usual.

        Raises:
            Refusal: as a sign-in; a wrong password counts.
            Unavailable: the old back end did not answer, and nothing counts. Or its answer is bad,
                which counts for the caller's network.
        """
        guards = admission.guards
        try:
            with self._attempts.counted(guards, command.resource, caller, command.through):
                question = self._question(command)
                answer = self._answer(command, question.email, caller)
                if not isinstance(answer, NoAnswer):
                    user = self._judged(command, question, caller, guards, answer)
        except _Overtaken:
            return None
        if isinstance(answer, NoAnswer):
            self._attempts.give_back(_of_accounts(guards))
            raise _unavailable(answer)
        return self._users.let_in(user, command, caller, admission)

    def _question(self, command: SignIn) -> _Question:
        credentials = self._directory.user_credentials(command.name)
        user = None if credentials is None else self._directory.user(credentials.subject)
        if user is not None:
            return _Question(user.email, user.id)
        if not self._is_plain(command.email):
            raise _Overtaken
        return _Question(ascii_lower(command.email), None)

    def _is_plain(self, email: str) -> bool:
        """Whether folding only lowers ASCII letters. Any other address may fold to the address of
        somebody else.
        """
        return self._fold(email) == ascii_lower(email)

    def _answer(self, command: SignIn, email: str, caller: Caller) -> Answer:
        """The answer. A bad one shuts no breaker: it may be that of one account. Unavailable."""
        dialect = _dialect_of(command)
        handover, breaker = self._handovers[dialect], self._breakers[dialect]
        breaker.enter()
        answer = _asked(handover, email, command.password)
        if isinstance(answer, NoAnswer):
            asked = command.resource, answer.reason, handover.way, caller
            self._tell(audit_events.handover_failed(self._clock(), *asked))
            if answer.is_down:
                breaker.failed()
                raise _unavailable(answer)
        breaker.answered()
        return answer

    def _judged(
        self,
        command: SignIn,
        asked: _Question,
        caller: Caller,
        guards: FailureCounters,
        answer: Confirmed | Denied,
    ) -> User:
        """A refusal takes as long as a wrong password does."""
        if self._question(command) != asked:
            raise _Overtaken
        if isinstance(answer, Confirmed) and ascii_lower(answer.email) == ascii_lower(asked.email):
            return self._kept(command, asked, caller, guards, answer)
        self._secrets.matches(None, command.password)
        cause = _cause_of(answer, asked.subject)
        raise self._attempts.failed(guards, command.resource, asked.subject, cause, caller)

    def _kept(
        self,
        command: SignIn,
        asked: _Question,
        caller: Caller,
        guards: FailureCounters,
        answer: Confirmed,
    ) -> User:
        hashed = self._hasher.hash(command.password)
        handover = self._handovers[_dialect_of(command)]
        if not self._is_kept(asked, handover, answer, hashed):
            raise _Overtaken
        kept = self._directory.user_credentials(command.name)
        if kept is None or kept.secret_hash != hashed:
            raise _Overtaken
        detail = {"way": handover.way, "created": asked.subject is None}
        event = audit_events.of_person(
            self._clock(), "handed_over", command.resource, kept.subject, caller, detail
        )
        self._tell(event)
        return self._users.accepted(command, caller, guards, kept, right=True)

    def _is_kept(
        self, asked: _Question, handover: Handover, answer: Confirmed, hashed: str
    ) -> bool:
        if asked.subject is not None:
            return self._people.keep_password(asked.subject, hashed)
        parts = handover.parts(answer)
        person = NewPerson(asked.email, None, answer.first_name, answer.last_name, parts)
        return self._people.keep_person(person, hashed)


def _asked(handover: Handover, email: str, password: str) -> Answer:
    """The answer. A fault of a way counts as no answer; its text may have what was asked."""
    try:
        return handover.ask(email, password)
    except Exception:
        return NoAnswer("bad_answer")


def _unavailable(answer: NoAnswer) -> Unavailable:
    return Unavailable(f"the old back end did not answer: {answer.reason}", RETRY)


def _of_accounts(guards: FailureCounters) -> FailureCounters:
    """All counters but that of the network, unless there is none."""
    own = [guard for guard in guards if guard.forgiven]
    return own if len(own) < len(guards) else ()


def _is_sendable(password: str) -> bool:
    """Whether it may be a password there. An empty one never is: an LDAP server takes it for none
    at all (RFC 4513 §5.1.2). Others that nobody has must not make the old back end fail.
    """
    return 0 < len(password) <= LONGEST and not has_surrogate(password)


def _dialect_of(command: SignIn) -> str:
    return command.resource.partition(".")[0]


def _lacks_password(credentials: Credentials) -> bool:
    is_open = credentials.active and not credentials.disabled
    return is_open and credentials.secret_hash == NO_PASSWORD


def _may_sign_in(user: User, command: SignIn) -> bool:
    is_asked_for = user.second_factor and command.factor is FactorRule.REFUSE
    has_way = not (is_asked_for or user.factor_missing)
    return entitled(user, None, None, command.part) and has_way


def _cause_of(answer: Confirmed | Denied, subject: str | None) -> Cause:
    """Why an answer lets nobody in; only the audit log shows it."""
    if isinstance(answer, Confirmed):
        return Cause.WRONG_SUBJECT
    is_unknown = answer.cause is Cause.WRONG_SECRET and subject is None
    return Cause.UNKNOWN_SUBJECT if is_unknown else answer.cause
