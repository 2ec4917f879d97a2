"""After any sequence of operations there is a signing key, and past times keep their keys."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from reticket.core.policy import SECOND
from reticket.crypto.key_lifecycle import KeyRefused

LABEL = "kibo.adminuser/opaque/refresh"

VERBS = st.lists(
    st.one_of(
        st.tuples(st.just("rotate"), st.integers(1, 10)),
        st.tuples(st.sampled_from(["compromise", "retire"]), st.integers(0, 50)),
        st.tuples(st.just("retire_due"), st.integers(0, 30)),
        st.tuples(st.just("wait"), st.integers(0, 20)),
    ),
    max_size=14,
)


class Operator:
    """Performs random operations, and remembers which key signed at each past time."""

    def __init__(self, keys) -> None:
        self.keys = keys
        self.ring = keys.ring("EdDSA")
        self.signed: dict[int, str] = {}

    def do(self, verb: str, number: int) -> None:
        listing = self.macs()
        if verb == "rotate":
            self.ring.rotate(("mac",), overlap=number)
        elif verb == "retire_due":
            self.ring.retire_due(number)
        elif verb == "wait":
            self.keys.clock.forward(number)
        else:
            with suppress(KeyRefused):
                getattr(self.ring, verb)(listing[number % len(listing)].id)

    def macs(self):
        return [facts for facts in self.ring.listing() if facts.use == "mac"]

    def key_at(self, at: int) -> str:
        return self.ring.snapshot.macs[LABEL].at(at).id.hex()

    def check(self) -> None:
        now = self.keys.clock()
        facts = {one.id: one for one in self.macs()}
        assert [one.id for one in facts.values() if one.state == "active"] == [self.key_at(now)]
        assert [one.state for one in facts.values() if one.activates_at is None].count("next") == 1
        self.signed.setdefault(now, self.key_at(now))
        for at, signed_by in self.signed.items():
            key = facts[self.key_at(at)]
            assert key.state in ("active", "retiring")
            assert key.retiring_at is None or key.retiring_at > at, "retired before its tokens"
            if facts[signed_by].state in ("active", "retiring"):
                assert key.id == signed_by, "a retry gets other bytes"


@settings(max_examples=150, deadline=None)
@given(verbs=VERBS)
def test_one_key_signs_and_past_times_keep_their_keys(fresh_keys, verbs) -> None:
    operator = Operator(fresh_keys())
    for verb, number in verbs:
        operator.do(verb, number)
        operator.check()
        operator.keys.clock.at += 1
        operator.check()


@settings(max_examples=50, deadline=None)
@given(verbs=VERBS)
def test_every_process_has_the_same_key_for_a_past_time(fresh_keys, verbs) -> None:
    """Also a process whose clock is five seconds behind, and one that has just started."""
    operator = Operator(fresh_keys())
    start = operator.keys.clock()
    for verb, number in verbs:
        operator.do(verb, number)
    now = operator.keys.clock()
    operator.keys.clock.forward(-5)
    other = operator.keys.ring("EdDSA")
    for at in range(start - SECOND, now + SECOND, SECOND):
        assert other.snapshot.macs[LABEL].at(at) == operator.ring.snapshot.macs[LABEL].at(at)
