"""All counters of one account's sign-ins are at one node of a cluster."""

import pytest
from valkey.crc import key_slot

from reticket.core.access.failure_limits import FailureLimits
from reticket.core.access.origins import Origin
from reticket.core.ports import Recognised
from reticket.stores.valkey.ephemeral import _counter

ACCOUNTS = [f"{number:032x}" for number in range(20)]


@pytest.mark.parametrize("place", ["192.0.2.7", "2001:db8::/64", "client:acme.shopper:1:a{b}c"])
@pytest.mark.parametrize("known", [True, False])
def test_the_counts_of_an_account_fail_together_or_not_at_all(known, place):
    limits, slots, origin = FailureLimits(), set(), Origin(place)
    for account in ACCOUNTS:
        whom = Recognised(account, exists=True, known=known)
        guards = (
            *limits.of_person(whom, origin), *limits.of_factor(whom, origin),
            limits.of_strangers(account),
        )  # fmt: skip
        found = {key_slot(_counter(each.key)) for each in guards if each.forgiven}
        assert len(found) == 1
        slots |= found
    assert len(slots) > len(ACCOUNTS) // 2
