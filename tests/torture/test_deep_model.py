"""The model of tests/model, much deeper than a person would wait for."""

import os

import pytest
from tests.model.worlds import FALLING_BACK, HONEST, THIEVING, explore

from reticket.core.rotation import decide

DEEP = 20 if os.environ.get("RETICKET_TORTURE") else 0


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("moves", "depth"),
    [(HONEST, 40), (FALLING_BACK, 36), (THIEVING, 36)],
    ids=["lost answers", "a store that loses writes", "a thief"],
)
def test_no_honest_client_is_out_and_no_thief_unseen(moves, depth):
    found = explore(decide, moves, depth + DEEP)
    assert (found.fault, found.depth) == (None, depth + DEEP)
