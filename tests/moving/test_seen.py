"""The set of people whom a file has named."""

from __future__ import annotations

from reticket.moving.people.seen import FIRST, Seen


def test_a_key_is_new_once():
    seen = Seen()
    many = 2 * FIRST
    assert [seen.add(("email", str(number))) for number in range(many)] == [False] * many
    assert [seen.add(("email", str(number))) for number in range(many)] == [True] * many
    assert not seen.add(("foreign_id", "1"))
