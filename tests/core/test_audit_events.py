"""Each outcome is one audit event with its subject and cause; a switch of context adds one."""

import pytest
from tests.core.world import CALLER

from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import REFUSING, Caller, Family, Outcome, Selection
from reticket.core.sessions import audit_events
from reticket.core.sessions.steps import StepOutcome

NOW = 1_790_000_000_000
FAMILY = Family(
    id=bytes(range(16)), resource="test", subject="ada", client=None, context="1000", scope=None,
    policy="TEST", ends_at=NOW, expires_at=NOW, generation=7, parent=5, floor=6, open_from=5,
    rotated_at=NOW,
)  # fmt: skip
ENDED = FAMILY._replace(revoked_at=NOW, revoked_cause="sign_out")
WHOSE = {
    "at": NOW, "resource": "test", "family": FAMILY.id.hex(), "subject": "ada", "context": "1000",
    "generation": 7, "address": CALLER.address, "device": CALLER.device,
    "correlation_id": CALLER.correlation_id,
}  # fmt: skip
NAMES = {
    Outcome.KEPT: "issued",
    Outcome.ADVANCED: "issued",
    Outcome.HEALED: "healed",
    Outcome.REPLAYED: "replayed",
    Outcome.REISSUED: "reissued",
    Outcome.TOLERATED: "tolerated",
    Outcome.DERIVED: "exchanged",
}


def audit_events_of(step):
    return [_said(event) for event in audit_events.audit_events_of("test", step, CALLER)]


def _said(event):
    return {name: value for name, value in event._asdict().items() if value is not None}


@pytest.mark.parametrize("outcome", [each for each in Outcome if each not in REFUSING])
def test_every_successful_outcome_has_its_event(outcome):
    step = StepOutcome(NOW, outcome, FAMILY, context="1000")
    assert audit_events_of(step) == [{**WHOSE, "event": NAMES[outcome]}]


def test_a_switch_is_a_second_event_with_the_new_context():
    step = StepOutcome(NOW, Outcome.ADVANCED, FAMILY, context="1001", switched_to="1001")
    issued, switched = audit_events_of(step)
    assert (issued["event"], switched) == (
        "issued", {**WHOSE, "event": "switched", "context": "1001"},
    )  # fmt: skip


def test_every_event_of_a_step_has_its_detail():
    detail = {"client": "gateway"}
    step = StepOutcome(NOW, Outcome.DERIVED, FAMILY, switched_to="1001", detail=detail)
    assert [event["detail"] for event in audit_events_of(step)] == [detail, detail]
    refusal = Refusal(Code.INVALID_TOKEN, Cause.REVOKED)
    (event,) = audit_events_of(StepOutcome(NOW, None, FAMILY, refusal=refusal, detail=detail))
    assert event["detail"] == detail


@pytest.mark.parametrize("cause", list(Cause))
def test_a_refusal_is_audited_with_its_cause(cause):
    step = StepOutcome(NOW, None, FAMILY, refusal=Refusal(Code.INVALID_TOKEN, cause))
    assert audit_events_of(step) == [{**WHOSE, "event": "refused", "cause": cause}]


def test_without_a_decision_nothing_is_audited():
    assert audit_events_of(StepOutcome(NOW, None, FAMILY, change_pending=True)) == []


def test_a_refusal_without_a_row_has_no_family():
    step = StepOutcome(NOW, None, None, refusal=Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN))
    (event,) = audit_events_of(step)
    assert (event["event"], event["cause"]) == ("refused", Cause.UNKNOWN)
    assert event.keys() & {"family", "subject", "context", "generation"} == set()
    forged = audit_events.refused(NOW, "test", Refusal(Code.INVALID_TOKEN, Cause.FORGED), CALLER)
    assert _said(forged) == {**event, "cause": Cause.FORGED}


def test_reuse_is_audited_only_by_the_step_that_ended_the_family():
    refusal = Refusal(Code.INVALID_TOKEN, Cause.REUSED)
    step = StepOutcome(NOW, None, FAMILY, refusal=refusal, ended=True)
    assert audit_events_of(step) == [{**WHOSE, "event": "reused", "cause": Cause.REUSED}]


def test_a_sign_out_is_a_revocation_with_its_cause():
    step = StepOutcome(NOW, Outcome.REVOKED, ENDED, ended=True)
    assert audit_events_of(step) == [{**WHOSE, "event": "revoked", "cause": "sign_out"}]


def test_a_sign_in_that_is_undone_has_two_events():
    begun = audit_events.begun("test", StepOutcome(NOW, Outcome.ADVANCED, FAMILY), CALLER)
    assert _said(begun) == {**WHOSE, "event": "sign_in"}
    refusal = Refusal(Code.INVALID_CREDENTIALS, Cause.SUBJECT_GONE)
    withdrawn = audit_events.begun("test", StepOutcome(NOW, None, FAMILY, refusal=refusal), CALLER)
    assert _said(withdrawn) == {**WHOSE, "event": "revoked", "cause": "subject_changed"}


def test_a_failed_sign_in_names_a_subject_only_where_there_is_one():
    refusal = Refusal(Code.INVALID_CREDENTIALS, Cause.WRONG_SECRET)
    failed = _said(audit_events.sign_in_failed(NOW, "test", "ada", refusal, CALLER))
    assert failed == {
        "at": NOW, "event": "sign_in_failed", "resource": "test", "subject": "ada",
        "cause": Cause.WRONG_SECRET, "address": CALLER.address, "device": CALLER.device,
        "correlation_id": CALLER.correlation_id,
    }  # fmt: skip
    assert "subject" not in _said(audit_events.sign_in_failed(NOW, "test", None, refusal, CALLER))


def test_a_revocation_from_outside_has_no_caller():
    event = _said(audit_events.revoked(NOW, ENDED))
    nobody = WHOSE.keys() - {"address", "device", "correlation_id"}
    assert event == {**{name: WHOSE[name] for name in nobody}, "event": "revoked",
                     "cause": "sign_out"}  # fmt: skip


def test_a_caller_without_an_address_leaves_it_out():
    caller = Caller(address="", correlation_id="")
    advanced = StepOutcome(NOW, Outcome.ADVANCED, FAMILY)
    (event,) = audit_events.audit_events_of("test", advanced, caller)
    assert (event.address, event.device, event.correlation_id) == (None, None, None)


def test_a_revocation_request_is_audited_with_all_its_criteria():
    selection = Selection(
        family=FAMILY.id, resource="test", subject="ada", client="web", context="1000"
    )
    assert _said(audit_events.revocation(NOW, selection, "operator")) == {
        "at": NOW, "event": "revocation", "resource": "test", "family": FAMILY.id.hex(),
        "subject": "ada", "context": "1000", "cause": "operator", "detail": {"client": "web"},
    }  # fmt: skip
    assert _said(audit_events.revocation(NOW, Selection(), "operator")) == {
        "at": NOW, "event": "revocation", "cause": "operator",
    }  # fmt: skip
