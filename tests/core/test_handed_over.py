"""Sign-ins that an old back end decides: who is asked about, what counts, and who is kept."""

import asyncio
import threading
from dataclasses import replace

import pytest
from tests.core.conftest import NEW, PASSWORD
from tests.core.test_sign_in import admitted
from tests.core.world import ADA, CALLER

from reticket.core.access.handed_over import RETRY, HandedOver
from reticket.core.access.secret_check import SecretCheck
from reticket.core.access.sign_in_queue import SignInQueue
from reticket.core.commands import FactorRule, SignIn
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.handover import Confirmed, Denied, Handover, NoAnswer
from reticket.core.people import NO_PASSWORD, Credentials
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.queues.fair_worker_pool import FairWorkerPool

BOB = "bob@example.com"
OLD = "old password"
ABSENT = "absent:nobody knows"


class Kept:
    """The directory's part that keeps people: they sign in by what the harness has of people."""

    def __init__(self, people):
        self.people, self.former, self.made, self.meanwhile = people, set(), [], None

    def is_unused(self, name):
        return name.text.casefold() not in self.former

    def keep_person(self, person, secret_hash):
        if self.meanwhile:
            self.meanwhile()
            return False
        self.made.append(person)
        self.people.add(person.email, secret_hash, person.parts)
        return True

    def keep_password(self, user_id, secret_hash):
        if self.meanwhile:
            self.meanwhile()
        if self.people.hashes.get(user_id) != NO_PASSWORD:
            return False
        self.people.hashes[user_id] = secret_hash
        return True


class Asked:
    """The old back end: answers by the name, and remembers the questions."""

    def __init__(self):
        self.questions, self.answers, self.gate = [], {}, None

    def __call__(self, name, password):
        self.questions.append((name, password))
        if self.gate:
            self.gate.wait()
        said = self.answers.get(name.casefold(), Denied(Cause.WRONG_SECRET))
        if isinstance(said, Exception):
            raise said
        if isinstance(said, Confirmed) and password != OLD:
            return Denied(Cause.WRONG_SECRET)
        return said


@pytest.fixture
def moving(harness):
    """A harness whose dialect `test` hands its sign-ins over."""
    people, hashes = harness.people, harness.people.hashes

    def add(email, secret_hash, parts):
        user_id = email.casefold()
        record = replace(ADA, id=user_id, email=email.casefold(), parts=tuple(parts.items()))
        people.users[user_id], hashes[user_id] = record, secret_hash

    def credentials(name):
        user = people.user_by_name(type(name)(name.realm, name.text.casefold()))
        if user is None:
            return None
        state = user.disabled, user.active, hashes[user.id], user.credential_version
        return Credentials(user.id, *state)

    people.add, people.user_credentials = add, credentials
    harness.kept, harness.asked, harness.now = Kept(people), Asked(), [0.0]
    harness.asked.answers[BOB] = Confirmed("Bob@Example.com", "Bob", nickname="bobby")
    harness.keeps_unknown = True
    harness.handed_over = made(harness)
    return harness


def made(harness):
    parts = {"test": "part"}
    handover = Handover("webhook", harness.asked, harness.keeps_unknown, lambda _: parts, 3, 30)
    secrets = SecretCheck(harness.people, harness.hasher, harness.verified)
    return HandedOver(
        {"test": handover}, harness.people, harness.kept, harness.authenticator, secrets,
        harness.hasher, harness.attempts, str.casefold, harness.events.append, harness.clock,
        lambda: harness.now[0],
    )  # fmt: skip


def command(email=BOB, password=OLD, **more):
    return SignIn("test.user", email, password, **more)


def is_asked(harness, said):
    return harness.handed_over.serves(said) and harness.handed_over.is_wanted(said)


def hand_over(harness, said=None, caller=CALLER):
    said = said or command()
    admission = admitted(harness.authenticator.admissions([(said, caller)]))
    return harness.handed_over.authenticate(said, caller, admission)


def refusal_of(harness, *said):
    with pytest.raises(Refusal) as refused:
        hand_over(harness, *said)
    return refused.value.code, refused.value.cause


def told(harness):
    return [(each.event, each.subject, each.cause) for each in harness.events]


def without_password(harness, **members):
    harness.people.hashes[ADA.id] = NO_PASSWORD
    harness.people.users[ADA.id] = replace(ADA, **members)
    harness.asked.answers[ADA.email] = Confirmed(ADA.email)
    return command(ADA.email)


def test_somebody_unknown_is_kept_with_a_hash_of_ours_and_names_alone(moving):
    user = hand_over(moving)
    assert (user.id, user.parts) == (BOB, (("test", "part"),))
    (person,) = moving.kept.made
    assert (person.email, person.first_name, person.last_name) == (BOB, "Bob", None)
    assert moving.people.hashes[BOB] == NEW + OLD
    assert told(moving) == [("handed_over", BOB, None)]
    assert moving.events[0].detail == {"way": "webhook", "created": True}
    assert (BOB, "192.0.2.1") in moving.people.networks
    assert not is_asked(moving, command())


def test_somebody_known_without_a_password_gets_one_and_stays_the_same_person(moving):
    said = without_password(moving)
    assert is_asked(moving, said)
    assert hand_over(moving, said) == moving.people.users[ADA.id]
    assert moving.people.hashes[ADA.id] == NEW + OLD
    assert (moving.events[0].detail, moving.kept.made) == ({"way": "webhook", "created": False}, [])


def test_somebody_known_is_asked_about_by_the_stored_address(moving):
    stored = "Ada@Example.com"
    without_password(moving, email=stored)
    said = command(ADA.email)
    moving.people.user_by_name = lambda name: moving.people.users[ADA.id]
    moving.asked.answers[stored.casefold()] = Confirmed("ADA@example.com")
    assert hand_over(moving, said).id == ADA.id
    assert moving.asked.questions == [(stored, OLD)]


def test_somebody_unknown_is_asked_about_by_the_address_that_is_kept(moving):
    hand_over(moving, command("BOB@Example.com"))
    assert moving.asked.questions == [(BOB, OLD)]
    assert [each.email for each in moving.kept.made] == [BOB]


@pytest.mark.parametrize("email", ["\u017fusan@e.com", "stra\u00dfe@e.com", "\u212a@e.com"])
def test_nobody_unknown_is_asked_about_whose_address_folds_to_another(moving, email):
    assert not is_asked(moving, command(email))
    moving.asked.answers[email.casefold()] = Confirmed(email)
    assert hand_over(moving, command(email)) is None
    assert moving.asked.questions == []


def test_a_person_who_comes_while_the_question_is_open_gets_no_password_of_it(moving):
    moving.asked.gate = threading.Event()

    def imported():
        moving.people.add(BOB, NO_PASSWORD, {})
        return True

    moving.asked.gate.wait = imported
    assert hand_over(moving) is None
    assert moving.people.hashes[BOB] == NO_PASSWORD


def test_the_kept_password_signs_in_here_afterwards(moving):
    hand_over(moving)
    admission = admitted(moving.authenticator.admissions([(command(), CALLER)]))
    assert moving.authenticator.authenticate(command(), CALLER, admission).id == BOB
    assert len(moving.asked.questions) == 1


@pytest.mark.parametrize(
    "said",
    [
        command(ADA.email, PASSWORD),
        command(password=""),
        command(password="x" * 1025),
        command(password="half a pair \ud83d"),
        command(realm="test.shopper"),
        SignIn("other.user", BOB, OLD),
    ],
    ids=["has a password here", "empty", "long", "unsendable", "of a realm", "another dialect"],
)
def test_nobody_else_is_asked_about(moving, said):
    assert not is_asked(moving, said)


@pytest.mark.parametrize("members", [{"disabled": True}, {"active": False}], ids=str)
def test_no_disabled_or_inactive_person_is_asked_about(moving, members):
    assert not is_asked(moving, without_password(moving, **members))


def test_no_former_name_is_asked_about(moving):
    moving.kept.former.add(BOB)
    assert not is_asked(moving, command("BOB@example.com"))


def test_nobody_unknown_is_asked_about_where_they_are_not_kept(moving):
    moving.keeps_unknown = False
    moving.handed_over = made(moving)
    assert not is_asked(moving, command())
    assert is_asked(moving, without_password(moving))


def test_nobody_is_asked_about_whom_the_dialect_would_refuse_anyway(moving):
    said = without_password(moving, second_factor=True)
    assert not is_asked(moving, said)
    assert is_asked(moving, replace(said, factor=FactorRule.ASK))
    moving.people.users[ADA.id] = ADA
    assert not is_asked(moving, replace(said, part="test"))
    moving.people.users[ADA.id] = replace(ADA, factor_missing=True)
    assert not is_asked(moving, replace(said, factor=FactorRule.ASK))


def test_a_person_with_a_factor_is_kept_and_must_still_show_it(moving):
    said = replace(without_password(moving, second_factor=True), factor=FactorRule.ASK)
    assert hand_over(moving, said).second_factor
    assert moving.people.networks == set()


def test_a_no_counts_as_a_wrong_password_and_takes_as_long(moving):
    wrong = command(password="wrong")
    for _ in range(3):
        assert refusal_of(moving, wrong) == (Code.INVALID_CREDENTIALS, Cause.UNKNOWN_SUBJECT)
    assert moving.hasher.verified == [ABSENT] * 3
    assert refusal_of(moving) == (Code.TOO_MANY_ATTEMPTS, Cause.LIMITED)
    assert len(moving.asked.questions) == 3


def test_a_no_to_somebody_known_names_the_person_in_the_audit_log(moving):
    said = replace(without_password(moving), password="wrong")
    assert refusal_of(moving, said) == (Code.INVALID_CREDENTIALS, Cause.WRONG_SECRET)
    assert told(moving) == [("sign_in_failed", ADA.id, Cause.WRONG_SECRET)]
    assert moving.people.hashes[ADA.id] == NO_PASSWORD


def test_a_success_forgives_earlier_failures(moving):
    for _ in range(2):
        refusal_of(moving, command(password="wrong"))
    hand_over(moving)
    moving.people.users.pop(BOB)
    for _ in range(3):
        assert refusal_of(moving, command(password="wrong"))[0] is Code.INVALID_CREDENTIALS


@pytest.mark.parametrize("email", [ADA.email, "", "bob@example.com\0", "bob@example.com.evil.com"])
def test_a_yes_for_another_person_is_a_wrong_password(moving, email):
    moving.asked.answers[BOB] = Confirmed(email)
    assert refusal_of(moving) == (Code.INVALID_CREDENTIALS, Cause.WRONG_SUBJECT)
    assert (moving.kept.made, moving.hasher.verified) == ([], [ABSENT])


def test_a_yes_for_an_address_that_only_folding_makes_equal_is_for_another_person(moving):
    moving.asked.answers["susan@e.com"] = Confirmed("\u017fusan@e.com")
    said = command("susan@e.com")
    assert refusal_of(moving, said) == (Code.INVALID_CREDENTIALS, Cause.WRONG_SUBJECT)
    assert moving.kept.made == []


def test_a_factor_at_the_old_back_end_is_not_passed_by_a_password(moving):
    moving.asked.answers[BOB] = Denied(Cause.FACTOR_REQUIRED)
    assert refusal_of(moving) == (Code.INVALID_CREDENTIALS, Cause.FACTOR_REQUIRED)
    assert moving.kept.made == []


@pytest.mark.parametrize(
    "said", [NoAnswer("timed_out", True), ValueError(OLD)], ids=["none", "broken"]
)
def test_no_answer_is_unavailable_and_counts_nothing_for_the_account(moving, said):
    moving.asked.answers[BOB] = said
    for _ in range(2):
        with pytest.raises(Unavailable) as failed:
            hand_over(moving)
        assert failed.value.retry_after == RETRY
        assert OLD not in str(failed.value)
        assert failed.value.__cause__ is failed.value.__context__ is None
    reason = said.reason if isinstance(said, NoAnswer) else "bad_answer"
    assert told(moving) == [("handover_failed", None, reason)] * 2
    moving.asked.answers[BOB] = Denied(Cause.WRONG_SECRET)
    for _ in range(3):
        assert refusal_of(moving)[0] is Code.INVALID_CREDENTIALS


def test_after_failures_in_a_row_it_is_not_asked_for_a_while(moving):
    moving.asked.answers[BOB] = NoAnswer("timed_out", is_down=True)
    for _ in range(5):
        with pytest.raises(Unavailable) as failed:
            hand_over(moving)
    assert len(moving.asked.questions) == 3
    assert failed.value.retry_after == 30
    moving.now[0] += 30
    moving.asked.answers[BOB] = Confirmed(BOB)
    assert hand_over(moving).id == BOB


def test_a_bad_answer_says_that_the_server_is_there(moving):
    down, bad = NoAnswer("timed_out", is_down=True), NoAnswer("bad_answer")
    for said in (down, down, bad, down, down):
        moving.asked.answers[BOB] = said
        with pytest.raises(Unavailable, match=said.reason):
            hand_over(moving)
    moving.asked.answers[BOB] = Confirmed(BOB)
    assert hand_over(moving).id == BOB


def test_after_an_answer_failures_are_counted_anew(moving):
    down, no = NoAnswer("timed_out", is_down=True), Denied(Cause.WRONG_SECRET)
    for number, said in enumerate((down, down, no) * 3):
        email = f"person{number}@example.com"
        moving.asked.answers[email] = said
        with pytest.raises((Refusal, Unavailable), match=r"timed_out|invalid"):
            hand_over(moving, command(email))
    assert len(moving.asked.questions) == 9


def test_a_bad_answer_counts_for_the_network_and_stops_no_question(moving):
    moving.asked.answers[BOB] = NoAnswer("bad_answer")
    counters = []
    for _ in range(5):
        with pytest.raises(Unavailable, match="bad_answer"):
            hand_over(moving)
        admission = admitted(moving.authenticator.admissions([(command(), CALLER)]))
        counters = admission.guards
    windows = {each.key: each.limit.window for each in counters}
    counts = moving.attempts._ephemeral.count_each(windows, 0)
    left = {
        each.name.partition(":")[0]: said.total for each, said in zip(counters, counts, strict=True)
    }
    assert left == {"people": 5, "account": 0, "strangers": 0}
    assert len(moving.asked.questions) == 5


def test_a_no_is_an_answer_and_stops_no_question(moving):
    for number in range(5):
        refusal_of(moving, command(f"nobody{number}@example.com"), CALLER)
    assert hand_over(moving).id == BOB


def test_somebody_whom_another_process_has_kept_meanwhile_is_checked_as_usual(moving):
    moving.kept.meanwhile = lambda: moving.people.add(BOB, NEW + "other", {})
    assert hand_over(moving) is None
    assert moving.people.hashes[BOB] == NEW + "other"
    assert told(moving) == []


def test_a_person_who_gets_a_password_meanwhile_keeps_that_one(moving):
    said = without_password(moving)
    moving.kept.meanwhile = lambda: moving.people.hashes.update({ADA.id: NEW + "chosen"})
    assert hand_over(moving, said) is None
    assert moving.people.hashes[ADA.id] == NEW + "chosen"


def test_a_password_that_is_replaced_at_once_is_checked_as_usual(moving):
    keep = moving.kept.keep_password

    def then_replaced(user_id, secret_hash):
        kept = keep(user_id, secret_hash)
        moving.people.hashes[user_id] = NEW + "chosen"
        return kept

    moving.kept.keep_password = then_replaced
    assert hand_over(moving, without_password(moving)) is None
    assert told(moving) == []


def test_a_person_who_is_disabled_meanwhile_gets_no_session(moving):
    said = without_password(moving)
    blocked = replace(ADA, disabled=True)
    moving.kept.meanwhile = lambda: moving.people.users.update({ADA.id: blocked})
    assert refusal_of(moving, said) == (Code.SUBJECT_DISABLED, Cause.DISABLED)


class Queue:
    """A sign-in queue over a harness, with one thread for hashes and two for old back ends."""

    def __init__(self, harness):
        self.pools = WorkerPool("directory"), FairWorkerPool("password", 1, 8)
        self.handovers = FairWorkerPool("handover", 2, 8)
        self.queue = SignInQueue(
            harness.authenticator, harness.programs, *self.pools, harness.handed_over,
            self.handovers,
        )  # fmt: skip

    def sign_in(self, said):
        return asyncio.ensure_future(self.queue.person(said, CALLER))

    def close(self):
        for pool in (*self.pools, self.handovers):
            pool.close()


@pytest.fixture
def queue(moving):
    made = Queue(moving)
    yield made
    made.close()


async def until_asked(moving, times):
    while len(moving.asked.questions) < times:
        await asyncio.sleep(0.001)


@pytest.mark.anyio
async def test_concurrent_sign_ins_of_one_person_ask_once(moving, queue):
    moving.asked.gate = threading.Event()
    asked = [queue.sign_in(command()) for _ in range(5)]
    await until_asked(moving, 1)
    moving.asked.gate.set()
    users = await asyncio.gather(*asked)
    assert {user.id for user in users} == {BOB}
    assert len(moving.asked.questions) == len(moving.kept.made) == 1


@pytest.mark.anyio
async def test_a_slow_old_back_end_delays_nobody_who_has_a_password_here(moving, queue):
    moving.asked.gate = threading.Event()
    slow = [queue.sign_in(command(f"slow{number}@example.com")) for number in range(4)]
    await until_asked(moving, 2)
    user = await queue.sign_in(command(ADA.email, PASSWORD))
    assert user.id == ADA.id
    assert len(moving.asked.questions) == 2
    moving.asked.gate.set()
    refused = await asyncio.gather(*slow, return_exceptions=True)
    assert {each.code for each in refused} == {Code.INVALID_CREDENTIALS}


@pytest.mark.anyio
async def test_a_person_kept_by_another_process_signs_in_by_the_usual_check(moving, queue):
    moving.kept.meanwhile = lambda: moving.people.add(BOB, NEW + OLD, {})
    assert (await queue.sign_in(command())).id == BOB
