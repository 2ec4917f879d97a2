"""Numbers in the running text of the pages are those of the code. Tests of what they do take them
from the code as well, so nothing else would see that a page says another.
"""

import pytest
from tests.dialects.oauth.test_proofs_room import MARK
from tests.docs.tables import page

from reticket.admin import idempotency
from reticket.audit import summing
from reticket.core.access import failure_limits as guards
from reticket.core.access import known_programs
from reticket.core.access.origins import Origin
from reticket.core.policy import DAY
from reticket.core.ports import Recognised
from reticket.core.queues import fair_queue as turns
from reticket.core.queues import recent_events as lately
from reticket.core.queues.batch_queue import LONGEST_WAIT
from reticket.core.storage import budget
from reticket.dialects.cloudreve import network_limit
from reticket.dialects.oauth.endpoints import device, metadata, par, pushed_answers
from reticket.dialects.oauth.grants import codes, device_codes, refresh
from reticket.dialects.oauth.pages import interaction
from reticket.dialects.oauth.pages import repeated_forms as sent
from reticket.directory.people import networks
from reticket.http.connection import connection_limits
from reticket.stores.postgresql import connections
from reticket.stores.postgresql import ephemeral as entries
from reticket.verify import keys

PER_PROXY = connection_limits.CLIENTS_PER_EXEMPT

LIMITS = guards.FailureLimits()
ONE, CLIENT = budget.of_account("ada"), budget.of_client("web")


def proofs_a_second(owner):
    """For how many there is room in the default reserve; None is everybody."""
    return shares(owner, budget.Pool.MARKS) // MARK // budget.WINDOWS[0]


def shares(owner, pool):
    """The bytes that an owner may have at once; None is everybody."""
    limits = budget.DEFAULT_BUDGET
    if owner is None:
        return limits.of_shard(pool) * budget.SHARDS
    return limits.share_of(owner, pool)


def conspirators(pool):
    """How many accounts, and how many clients, can fill a pool."""
    return [round(shares(None, pool) / shares(owner, pool)) for owner in (ONE, CLIENT)]


def failures_a_second():
    """Sign-ins from as many networks that fill the counters of guesses while they are charged."""
    stranger = Recognised("0" * 32, exists=False, known=False)
    counters = LIMITS.of_person(stranger, Origin("192.0.2.1"))
    counting = [each for each in counters if not each.covered]
    size = sum(budget.OVERHEAD + len(each.key) for each in counting)
    return shares(None, budget.Pool.GUESSES) / size / budget.WINDOWS[1]


NAMES = {5: "five", 8: "eight", 10: "ten"}
SPANS = {60: "a minute", 3600: "an hour", DAY: "a day"}


def named(number):
    return NAMES.get(number, str(number))


def span(seconds):
    """As a person says it."""
    if seconds in SPANS:
        return SPANS[seconds]
    return f"{named(seconds // 60)} minutes" if seconds >= 120 else f"{named(seconds)} seconds"


SENTENCES = {
    "admin.md": [
        f"with the same request, within {span(idempotency.REMEMBERED)} | the first one's answer",
        f"They are remembered for {span(idempotency.REMEMBERED)}",
        f"is repeated {span(idempotency.LONGEST_FLIGHT)} later or more, it is carried out again",
        f"longer than `busy_timeout` and {named(int(LONGEST_WAIT))} seconds",
    ],
    "audit.md": [f"counts {summing.KINDS} groups of equal events for each event in a second"],
    "oauth-tokens.md": [
        f"that comes {span(refresh.NONCE_GRACE // 1000)} or more after the last rotation",
        f"The interval is {span(device_codes.POLL_INTERVAL)}",
        f"A code is valid for {span(device_codes.DEVICE_CODE_LIFETIME)}.",
        f"From {span(device_codes.KNOWN_LIFETIME)} after the request for the code",
    ],
    "pages.md": [
        f"works once and for {codes.CODE_LIFETIME} seconds",
        f"is good for {par.REQUEST_URI_LIFETIME} seconds",
        f"the person has {span(pushed_answers.ANSWER_LIFETIME)}, and each page",
        f"is good for {device_codes.DEVICE_CODE_LIFETIME} seconds",
        f"may try {device.MAX_WRONG_CODES} wrong codes in ten minutes",
        f"For {span(sent.NEXT_PAGE_LIFETIME).replace('a ', 'one ')}, a second request",
        f"**A page** is good for {span(interaction.PAGE_LIFETIME)}",
    ],
    "running.md": [
        f"has {budget.OPERATOR_SHARE} percent of `room`",
        f"charged with its size and {budget.OVERHEAD} bytes",
        f"leaves a mark of {MARK} bytes",
        f"may send {proofs_a_second(ONE)} proofs a second",
        f"charged to the client, which may send {proofs_a_second(CLIENT)} proofs a second",
        f"has room for {proofs_a_second(None):,} proofs a second in all",
        f"keeps some 500 bytes for {span(codes.ISSUED_CODE_LIFETIME)}",
        f"There are {network_limit.SHARED_COUNTERS:,} of these counters",
        f"in the last {known_programs.PERIOD * (known_programs.PERIODS - 1) // 3600} hours, or",
        f"keeps the {networks.KEPT} newest of each account",
        f"share 2^{guards.NOBODYS_COUNTERS.bit_length() - 1} counters",
        f"the fewest of the last {lately.REMEMBERED} turns",
        f"While more than {turns.CROWD} networks wait",
        f"divides the proxy's connections by {PER_PROXY}",
    ],
    "scaling.md": [
        f"({connections.CONNECTIONS} for sessions, {entries.CONNECTIONS} for short-lived entries)",
    ],
    "security.md": [
        f"some {round(failures_a_second(), -1):.0f} failed sign-ins a second for 20 minutes",
        "it takes some {} accounts or {} clients".format(*conspirators(budget.Pool.ENTRIES)),
        "with some {} accounts or {} clients.".format(*conspirators(budget.Pool.MARKS)),
    ],
    "verify.md": [
        f"Keys may be kept for {span(metadata.MAX_AGE)}",
        f"asks for them at most every {span(int(keys.PAUSE))}",
        f"up to {named(keys.WAITING)} threads wait for the new keys",
        f"the copy is used for {span(int(keys.PATIENCE))}",
    ],
}


@pytest.mark.parametrize(
    ("name", "said"), [(name, said) for name, all_of in SENTENCES.items() for said in all_of]
)
def test_a_page_has_the_number_of_the_code(name, said):
    assert said in " ".join(page(name).split())
