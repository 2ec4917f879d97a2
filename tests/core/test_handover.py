"""What stops questions to an old back end: a server that fails, and never one account."""

import pytest

from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.core.handover import NoAnswer

OF_THE_SERVER = {"no_address", "refused_address", "unreachable", "bad_certificate", "timed_out"}
"""Nobody at all gets an answer then."""


@pytest.mark.parametrize("fault", FetchFault, ids=str)
def test_a_server_that_cannot_be_reached_is_down_and_any_other_fault_may_be_one_accounts(fault):
    assert NoAnswer.of(Unfetched(fault)) == NoAnswer(fault, is_down=fault in OF_THE_SERVER)


@pytest.mark.parametrize(
    ("status", "is_down"), [(401, False), (404, False), (429, False), (500, True), (503, True)]
)
def test_a_server_is_down_by_a_status_from_500_on(status, is_down):
    failed = Unfetched(FetchFault.BAD_STATUS, status=status)
    assert NoAnswer.of(failed).is_down is is_down
