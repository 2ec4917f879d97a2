"""The storage of pending sign-ins: docs/running.md says how many a second there may be."""

from itertools import count

from tests.dialects.oauth.token_people import ADA, REDIRECT

from reticket.core.errors import Unavailable
from reticket.core.storage.budget import Budget, of_account
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.dialects.oauth.grants.codes import (
    CODE_LIFETIME,
    ISSUED_CODE_LIFETIME,
    AuthorizationGrant,
    code_key,
    issued_code_key,
    issued_code_of,
)
from reticket.dialects.oauth.pages.interaction import PAGE_LIFETIME as VISIT
from reticket.dialects.oauth.pages.interaction import interaction_key
from reticket.stores.memory import MemoryEphemeral
from reticket.testing import FakeClock

GRANT = AuthorizationGrant(
    "0" * 32, "storefront", ADA.id, 1, ADA.email, REDIRECT,
    "openid orders.read orders.write", "c" * 43, 1_800_000_000, ("pwd",),
)  # fmt: skip
PAGE = "x" * 860
"""An interaction of somebody who has signed in, with a usual request."""

RATE = 50
"""Sign-ins a second for each GiB."""

PAUSE = 3
"""Seconds between two sign-ins, with so much less room."""


def sign_in(small, number):
    code, owner = f"code {number}", of_account(f"person {number}")
    small.put_if_absent(interaction_key("consent", code), VISIT, PAGE, owner)
    small.put_if_absent(
        issued_code_key(code), ISSUED_CODE_LIFETIME, issued_code_of(GRANT).to_json(), owner
    )
    small.put_if_absent(code_key(code), CODE_LIFETIME, GRANT.to_json(), owner)


def test_each_gib_holds_the_codes_of_fifty_sign_ins_a_second():
    clock = FakeClock()
    small = BudgetedEphemeral(
        MemoryEphemeral(clock), Budget(room=2**30 // RATE // PAUSE, share=100)
    )
    for number in range(2 * ISSUED_CODE_LIFETIME // PAUSE):
        sign_in(small, number)
        clock.forward(PAUSE)


def test_full_storage_has_space_again_after_an_hour():
    clock, numbers = FakeClock(), count()
    small = BudgetedEphemeral(MemoryEphemeral(clock), Budget(room=2**20, share=100))
    try:
        while True:
            sign_in(small, next(numbers))
    except Unavailable:
        clock.forward(ISSUED_CODE_LIFETIME)
    sign_in(small, next(numbers))
