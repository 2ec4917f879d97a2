"""The checker itself: every rule finds the history that breaks it, and no other rule speaks."""

import base64
import json

import pytest
from tests.torture.history import (
    Answer,
    Exchange,
    History,
    Rollback,
    Said,
    Verb,
    said_by,
)

ADA, ALAN = "0a" * 16, "0b" * 16


def ask(generation, successor=None, at=0.0, took=0.1, *, family=ADA, **more):
    """A refresh; with a successor it went well."""
    more.setdefault("answer", Answer.GOOD if successor else Answer.UNAVAILABLE)
    after = Said(more.pop("other", family), successor) if successor else None
    said = Said(family, generation)
    return Exchange(Verb.REFRESH, said, at, at + took, successor=after, **more)


def refused(generation, at=0.0, **more):
    return ask(generation, at=at, answer=Answer.REFUSED, **more)


def born(at, family=ADA):
    return Exchange(Verb.SIGN_IN, Said(family, 1), at, at + 0.1, Answer.GOOD)


def end(at, answer=Answer.GOOD, family=ADA):
    return Exchange(Verb.END, Said(family, 1), at, at + 0.1, answer)


def found(*exchanges, rollbacks=(), audit=(), windows=None):
    history = History(windows or {"short": 0.5})
    history.add(*exchanges)
    history.rollbacks += rollbacks
    history.read_audit(json.dumps({"event": event, "session": ADA}) for event in audit)
    return [fault.rule for fault in history.faults()]


SHUT = {"misuse": True, "resource": "short"}
"""A theft where the window shuts half a second after a rotation."""

THEFT = (ask(1, 2), ask(2, 3, 2), refused(1, 4, misuse=True))
FELL_BACK = Rollback(since=1.0, begun=2.0, ended=3.0)

BAD = {
    "two answers to one token": ("two successors", [ask(1, 2), ask(1, 3)]),
    "two answers, the later one older": ("two successors", [ask(1, 3), ask(1, 2)]),
    "two answers, and only another family's child was used": (
        "two successors", [ask(1, 2), ask(2, 3, 0.2, family=ALAN), ask(1, 3, 0.4)],
    ),
    "two answers, and a child used after them": (
        "two successors", [ask(1, 2), ask(1, 3), ask(2, 4, 1)],
    ),
    "an older token than was told": ("went back", [ask(2, 3), ask(3, 5, 1), ask(2, 4, 2)]),
    "the token itself again": ("a strange successor", [ask(2, 2)]),
    "an older one": ("a strange successor", [ask(2, 1)]),
    "somebody else's": ("a strange successor", [ask(2, 3, other=ALAN)]),
    "a refusal out of nothing": ("signed out", [ask(1, 2), refused(2, 1)]),
    "a refusal during a fault": ("signed out", [ask(1), refused(1, 1), ask(1, 2, 2)]),
    "a refusal before the end was asked for": ("signed out", [refused(1), end(1)]),
    "a refusal before the theft": ("signed out", [refused(2), refused(1, 1, misuse=True)]),
    "a refusal for another's theft": ("signed out", [*THEFT, refused(1, 9, family=ALAN)]),
    "a theft that works": (
        "a theft unseen", [ask(1, 2), ask(2, 3, 2), ask(1, 3, 4, **SHUT)],
    ),
    "the thief's newest after the reuse": ("works after its end", [*THEFT, ask(3, 4, 5)]),
    "a token after the sign-out": ("works after its end", [ask(1, 2), end(1), ask(2, 3, 2)]),
    "a status of its own": ("no answer of ours", [ask(1, answer=Answer.WRONG, status=500)]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_found(name):
    rule, exchanges = BAD[name]
    assert found(*exchanges) == [rule]


GOOD = {
    "a chain": [born(-1), ask(1, 2), ask(2, 3, 1), ask(3, 4, 2)],
    "parallel": [ask(1, 2), ask(1, 2), ask(1, 2, 0.05)],
    "retries after errors": [ask(1), ask(1, answer=Answer.CUT), ask(1, 2, 1)],
    "the current token for an older one": [ask(1, 2), ask(2, 3, 1), ask(1, 3, 2)],
    "a child used while the answer was under way": [ask(1, 2), ask(2, 3, 1), ask(1, 3, 0.5, 2)],
    "one more child when the window has shut": [ask(1, 2), ask(1, 3, 40)],
    "a newer answer overtaking an older one": [ask(1, 2), ask(2, 3, 1, 0.1), ask(1, 2, 0.5, 5)],
    "two families": [ask(1, 2), ask(1, 3, family=ALAN)],
    "refused while the end is under way": [ask(1, 2), end(1, Answer.CUT), refused(2, 1)],
    "works while the end is not acknowledged": [end(0, Answer.UNAVAILABLE), ask(1, 2, 1)],
    "a refresh under way when the end came": [ask(1, 2, 0, 3), end(1)],
    "a refresh that began while the end was under way": [end(1), ask(1, 2, 1.05)],
    "refused after the end": [ask(1, 2), end(1), refused(2, 2)],
    "refused after the theft": [*THEFT, refused(3, 5), refused(2, 6)],
    "a theft while a refresh was late": [
        ask(1, 2),
        ask(2, 3, 2),
        ask(3, 4, 2.5, 1.2),
        ask(1, 4, 4, **SHUT),
    ],
    "a theft that met a failing store": [*THEFT[:2], ask(1, at=4, misuse=True), ask(3, 4, 5)],
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_passes(name):
    assert found(*GOOD[name]) == []


FALLEN = {
    "two successors": [ask(1, 2), ask(1, 3, 4)],
    "went back": [ask(1, 2), ask(2, 3, 0.2), ask(3, 5, 1), ask(3, 4, 4)],
    "signed out": [born(1.5), refused(1, 4)],
    "a theft unseen": [ask(1, 2), ask(2, 3, 1), ask(1, 3, 4, **SHUT)],
}


@pytest.mark.parametrize("rule", FALLEN)
def test_a_rollback_of_the_store_excuses_some_faults(rule):
    assert rule in found(*FALLEN[rule])
    assert found(*FALLEN[rule], rollbacks=[FELL_BACK]) == []


@pytest.mark.parametrize(
    ("rule", "exchanges"),
    [
        ("two successors", [ask(1, 2, 4), ask(1, 3, 4)]),
        ("two successors", [ask(1, 2, 0), ask(1, 3, 0)]),
        ("went back", [ask(2, 3, 4), ask(3, 5, 5), ask(2, 4, 6)]),
        ("signed out", [born(0.5), refused(1, 4)]),
        ("signed out", [born(3.5), refused(1, 4)]),
        ("a theft unseen", [ask(1, 2, 4), ask(2, 3, 5), ask(1, 3, 6, **SHUT)]),
        ("works after its end", [ask(1, 2), end(0.5), ask(2, 3, 4)]),
        ("works after its end", [*THEFT, ask(3, 4, 5)]),
    ],
)
def test_a_rollback_does_not_excuse_other_faults(rule, exchanges):
    assert found(*exchanges, rollbacks=[FELL_BACK]) == [rule]


def test_a_token_kind_may_have_its_own_window():
    answers = [ask(1, 2, resource="kibo"), ask(1, 3, 2, resource="kibo")]
    assert found(*answers) == ["two successors"]
    assert found(*answers, windows={"akinon": 1}) == ["two successors"]
    assert found(*answers, windows={"kibo": 1}) == []


def test_the_audit_stream_reveals_a_false_reuse():
    assert found(ask(1, 2), audit=["issued", "reused"]) == ["reuse that was none"]
    assert found(*THEFT, audit=["issued", "reused"]) == []
    assert found(ask(1, 2), audit=["reused"], rollbacks=[FELL_BACK]) == ["reuse that was none"]


def test_the_audit_stream_reveals_unexplained_lost_writes():
    assert found(ask(1, 2), audit=["healed"]) == ["a write was lost"]
    assert found(ask(1, 2), audit=["healed"], rollbacks=[FELL_BACK]) == []


def test_an_incomplete_line_of_the_audit_stream_is_skipped():
    history = History()
    history.read_audit(['{"event": "reu', '{"event": "reused", "session": "0a"}', ""])
    assert history.reused == {"0a": 1}


def test_opaque_and_jwt_tokens_contain_family_and_generation():
    body = b"kkkk" + bytes.fromhex(ADA) + bytes(6) + (77).to_bytes(8, "big") + b"=ctx" + bytes(16)
    opaque = "rtk_" + base64.urlsafe_b64encode(body).decode().rstrip("=")
    claims = base64.urlsafe_b64encode(json.dumps({"sid": ADA, "gen": 77}).encode()).decode()
    assert said_by(opaque) == said_by(f"e30.{claims.rstrip('=')}.AA") == Said(ADA, 77)


def test_answers_are_counted():
    history = History()
    history.add(ask(1, 2), ask(1), ask(1, answer=Answer.CUT), end(1))
    assert history.count(Answer.GOOD) == 1
    assert history.count(Answer.UNAVAILABLE, Answer.CUT) == 2
    assert history.count(Answer.GOOD, verb=Verb.END) == 1
