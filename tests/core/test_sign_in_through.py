"""Sign-ins of people whose passwords an authenticated program sends: its address is not theirs."""

import pytest
from tests.core.conftest import PASSWORD
from tests.core.test_sign_in import EVE, LIMITED, UNKNOWN, WRONG, sign_in
from tests.core.world import ADA, CALLER

from reticket.core.access.attempts import Attempts
from reticket.core.access.failure_limits import FailureCounter, FailureLimit
from reticket.core.errors import Refusal, Unavailable
from reticket.core.policy import DAY
from reticket.core.storage.budget import Budget, of_client
from reticket.core.storage.budgeted_ephemeral import BudgetedEphemeral
from reticket.stores.memory import MemoryEphemeral

SHOP, OTHER = of_client("shop"), of_client("other shop")
OF_ACCOUNT, OF_STRANGERS, OF_ADDRESS, OF_APPLICATION = 3, 12, 6, 9


def refused(harness, password=PASSWORD, email=ADA.email, through=SHOP, **more):
    with pytest.raises(Refusal) as raised:
        sign_in(harness, password, email, through=through, **more)
    return raised.value.code, raised.value.cause


def spray(harness, tries, **more):
    """The answer to one guess at each of many accounts."""
    emails = [f"{number}@example.com" for number in range(tries)]
    return [refused(harness, "Summer2026!", email, **more) for email in emails]


def reached(harness):
    return [each for each in harness.events if each.event == "application_limit_reached"]


def test_failures_through_a_program_do_not_count_for_its_address(harness):
    assert spray(harness, OF_ADDRESS + 1) == [UNKNOWN] * (OF_ADDRESS + 1)
    assert sign_in(harness) == ADA


def test_failures_of_an_address_do_not_count_for_a_program_there(harness):
    assert spray(harness, OF_ADDRESS + 1, through=None) == [UNKNOWN] * OF_ADDRESS + [LIMITED]
    assert sign_in(harness, through=SHOP) == ADA


def test_a_program_is_limited_over_all_accounts_and_addresses(harness):
    assert spray(harness, OF_APPLICATION) == [UNKNOWN] * OF_APPLICATION
    assert refused(harness) == refused(harness, caller=EVE) == LIMITED
    assert sign_in(harness, through=OTHER) == ADA


def test_the_limit_of_a_program_is_of_one_realm(harness):
    spray(harness, OF_APPLICATION, realm="acme.shopper:1")
    assert refused(harness, realm="acme.shopper:1") == LIMITED
    assert refused(harness, realm="acme.shopper:2") == UNKNOWN


def test_an_account_that_signed_in_through_the_program_is_not_refused_for_others(harness):
    sign_in(harness, through=SHOP)
    assert spray(harness, OF_APPLICATION + 1)[-1] == LIMITED
    assert sign_in(harness, through=SHOP, caller=EVE) == ADA


def test_an_account_is_known_through_one_program_and_not_at_its_address(harness):
    sign_in(harness, through=SHOP)
    spray(harness, OF_APPLICATION, through=OTHER)
    spray(harness, OF_ADDRESS, through=None)
    assert refused(harness, through=OTHER) == refused(harness, through=None) == LIMITED


def test_the_limit_of_a_program_says_when_to_retry(harness):
    spray(harness, OF_APPLICATION)
    harness.clock.forward(20)
    with pytest.raises(Refusal) as raised:
        sign_in(harness, through=SHOP)
    assert raised.value.retry_after == 40
    harness.clock.forward(40)
    assert sign_in(harness, through=SHOP) == ADA


@pytest.mark.parametrize("known", [True, False])
def test_an_account_is_limited_through_a_program(harness, known):
    if known:
        sign_in(harness, through=SHOP)
    for _ in range(OF_ACCOUNT):
        assert refused(harness, "wrong") == WRONG
    assert refused(harness) == LIMITED


def test_programs_and_addresses_share_the_guesses_of_an_account(harness):
    origins = [SHOP, OTHER, of_client("third"), None]
    for through in origins:
        for _ in range(OF_STRANGERS // len(origins)):
            assert refused(harness, "wrong", through=through) == WRONG
    assert refused(harness, through=of_client("fourth")) == LIMITED
    assert refused(harness, through=None, caller=EVE) == LIMITED


def test_a_reached_limit_of_a_program_is_in_the_audit_log_once(harness):
    spray(harness, OF_APPLICATION - 1)
    sign_in(harness, through=SHOP)
    assert reached(harness) == []
    harness.people.networks.clear()
    spray(harness, 5)
    (event,) = reached(harness)
    assert (event.resource, event.subject, event.address) == ("test", "shop", CALLER.address)
    assert event.detail == {"realm": "", "failures": OF_APPLICATION, "window": 60}


def test_a_reached_limit_of_an_address_is_no_such_event(harness):
    spray(harness, OF_ADDRESS + 1, through=None)
    assert reached(harness) == []


def test_counters_of_a_program_take_its_share_and_not_that_of_its_address(harness):
    store = BudgetedEphemeral(MemoryEphemeral(harness.clock), Budget(reserve=2**20, share=1))
    attempts = Attempts(store, harness.events.append, harness.clock)

    def counted(number, owner=None):
        guards = [FailureCounter(f"each:{number}", FailureLimit(3, DAY))]
        with attempts.counted(guards, "test", CALLER, owner):
            pass

    def count_many():
        for number in range(100):
            counted(number)

    with pytest.raises(Unavailable):
        count_many()
    for number in range(100):
        counted(100 + number, SHOP)
