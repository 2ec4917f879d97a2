"""The events that the audit log records: one, sometimes two, for each thing that happens."""

from __future__ import annotations

from collections.abc import Mapping

from reticket.core.commands import Audit
from reticket.core.errors import Refusal
from reticket.core.model import Caller, Family, Outcome, Selection
from reticket.core.ports import Event
from reticket.core.sessions.steps import StepOutcome

_NO_CALLER = Caller(address="", correlation_id="")

ADOPTED = "adopted"
"""A token of another system was exchanged for the first of ours."""

_EVENTS = {
    Outcome.KEPT: "issued",
    Outcome.ADVANCED: "issued",
    Outcome.HEALED: "healed",
    Outcome.REPLAYED: "replayed",
    Outcome.REISSUED: "reissued",
    Outcome.TOLERATED: "tolerated",
    Outcome.REVOKED: "revoked",
    Outcome.DERIVED: "exchanged",
}


def audit_events_of(kind: str, outcome: StepOutcome, caller: Caller) -> list[Event]:
    """The events of a step: its outcome, then a switch of context if there was one."""
    events, family, now = [], outcome.family, outcome.now
    if outcome.refusal is not None:
        name = "reused" if outcome.ended else "refused"
        events.append(_event_of(family, now, name, kind, caller, outcome.refusal.cause))
    elif outcome.outcome is not None:
        cause = family.revoked_cause if family and outcome.ended else None
        name = ADOPTED if outcome.adopted else _EVENTS[outcome.outcome]
        events.append(_event_of(family, now, name, kind, caller, cause))
    if outcome.switched_to is not None:
        switch = outcome.switched_to
        events.append(_event_of(family, now, "switched", kind, caller, context=switch))
    if outcome.detail is not None:
        return [event._replace(detail=outcome.detail) for event in events]
    return events


def dialect_event(at: int, command: Audit, caller: Caller) -> Event:
    """The event of an `Audit` command, at a time in milliseconds."""
    event = _by(caller, at, command.event, command.resource, command.subject)
    family = command.family.hex() if command.family else None
    return event._replace(family=family, cause=command.cause, detail=command.detail)


def begun(kind: str, outcome: StepOutcome, caller: Caller) -> Event:
    """The event of a sign-in, or of its withdrawal."""
    if outcome.refusal is None:
        return _event_of(outcome.family, outcome.now, "sign_in", kind, caller)
    return _event_of(outcome.family, outcome.now, "revoked", kind, caller, "subject_changed")


def granted(kind: str, outcome: StepOutcome, caller: Caller) -> Event:
    """The event of an access token without a family."""
    event = _event_of(outcome.family, outcome.now, "granted", kind, caller)
    return event._replace(family=None, generation=None)


def refused(at: int, kind: str, refusal: Refusal, caller: Caller) -> Event:
    """The event of a refusal before a family was found."""
    return _event_of(None, at, "refused", kind, caller, refusal.cause)


def sign_in_failed(
    at: int, kind: str, subject: str | None, refusal: Refusal, caller: Caller
) -> Event:
    """The event of a failed sign-in; `subject` is None when no such subject exists."""
    event = _by(caller, at, "sign_in_failed", kind, subject)
    return event._replace(cause=refusal.cause)


def handover_failed(at: int, kind: str, reason: str, way: str, caller: Caller) -> Event:
    """The event of a question to an old back end that got no answer."""
    event = _by(caller, at, "handover_failed", kind, None)
    return event._replace(cause=reason, detail={"way": way})


def of_person(
    at: int,
    event: str,
    kind: str,
    subject: str,
    caller: Caller,
    detail: Mapping[str, object],
) -> Event:
    """An event of a person's sign-in that is not a refusal."""
    return _by(caller, at, event, kind, subject)._replace(detail=detail)


def revoked(at: int, family: Family) -> Event:
    """The event of a revocation that did not come from a request with a token of the family."""
    return _event_of(family, at, "revoked", family.resource, _NO_CALLER, family.revoked_cause)


def logout_delayed(at: int, family: Family) -> Event:
    """The event of an end of which the client is told late, since the directory failed."""
    return _event_of(
        family, at, "logout_delayed", family.resource, _NO_CALLER, family.revoked_cause
    )


def revocation(at: int, selection: Selection, cause: str) -> Event:
    """The event of a request to end families, whichever were found; `at` is when it began."""
    return Event(
        at,
        "revocation",
        selection.resource,
        selection.family.hex() if selection.family else None,
        selection.subject,
        selection.context,
        cause,
        detail={"client": selection.client} if selection.client else None,
    )


def _by(caller: Caller, at: int, event: str, kind: str, subject: str | None) -> Event:
    return Event(
        at=at,
        event=event,
        resource=kind,
        subject=subject,
        address=caller.address or None,
        device=caller.device,
        correlation_id=caller.correlation_id or None,
    )


def _event_of(
    family: Family | None,
    at: int,
    event: str,
    kind: str,
    caller: Caller,
    cause: str | None = None,
    context: str | None = None,
) -> Event:
    return Event(
        at,
        event,
        kind,
        family.id.hex() if family else None,
        family.subject if family else None,
        context or (family.context if family else None),
        cause,
        family.generation if family else None,
        caller.address or None,
        caller.device,
        caller.correlation_id or None,
    )
