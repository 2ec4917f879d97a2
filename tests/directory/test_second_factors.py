"""Second factors at rest: sealed keys, codes that work once, and what an operator may do."""

import threading

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from reticket.core.access.recovery import CODES, canonical
from reticket.core.people import MOST_FAILURES
from reticket.directory import engines
from reticket.directory.drafts import UserDraft
from reticket.directory.engines import schema
from reticket.directory.errors import Invalid, NotFound
from reticket.directory.people.enrolments import FactorState
from reticket.directory.people.second_factor import seal_totp

WHO, SECRET = "grace@example.com", b"a key of twenty byte"


@pytest.fixture
def grace(directory):
    return directory.users.add(UserDraft(WHO), "hash")


@pytest.fixture
def codes(directory, grace):
    return directory.enrolments.set(WHO, SECRET)


def knows(directory, user_id):
    directory.catch_up_now()
    return directory.user(user_id).second_factor


def rows_of(url, engine, table):
    connection = engine.connect(url)
    try:
        return connection.execute(f"SELECT * FROM {table}").fetchall()
    finally:
        connection.close()


def test_a_person_without_a_factor_has_none(directory, grace):
    assert directory.enrolments.standing(WHO) == FactorState()
    assert directory.factors.factor(grace) is None
    assert (directory.factors.pass_step(grace, 1), directory.factors.fail(grace)) == (False, 0)
    assert directory.factors.spend_code(grace, "1" * 20) is None
    assert not knows(directory, grace)


def test_a_key_is_used_after_its_first_correct_code(directory, other, grace):
    secret = directory.enrolments.begin(WHO)
    assert len(secret) == 20
    assert directory.enrolments.standing(WHO) == FactorState(pending=True)
    assert directory.factors.factor(grace) is None
    assert not knows(directory, grace)
    with pytest.raises(Invalid, match="not the one that this key has now"):
        directory.enrolments.confirm(WHO, lambda key: None)
    codes = directory.enrolments.confirm(WHO, lambda key: 7 if key == secret else None)
    assert directory.factors.factor(grace).secret == secret
    assert directory.enrolments.standing(grace) == FactorState(True, recovery_codes=len(codes))
    assert knows(other, grace)
    assert not directory.factors.pass_step(grace, 7), "the code that confirmed it was used"


def test_a_factor_that_was_not_begun_cannot_be_confirmed(directory, codes):
    with pytest.raises(Invalid, match="begin anew"):
        directory.enrolments.confirm(WHO, lambda key: 1)


def test_the_factor_in_use_stays_until_another_is_confirmed(directory, grace, codes):
    other_secret = directory.enrolments.begin(WHO)
    assert directory.enrolments.standing(WHO) == FactorState(True, True, 0, CODES)
    assert directory.factors.factor(grace).secret == SECRET
    directory.enrolments.confirm(WHO, lambda key: 1)
    assert directory.factors.factor(grace).secret == other_secret
    assert directory.factors.spend_code(grace, canonical(codes[0])) is None


def test_a_time_step_is_accepted_once_and_none_before_it(directory, other, grace, codes):
    assert directory.factors.pass_step(grace, 100)
    assert not other.factors.pass_step(grace, 100)
    assert not other.factors.pass_step(grace, 98)
    assert other.factors.pass_step(grace, 101)


def test_checking_a_time_step_does_not_use_it(directory, other, grace, codes):
    asked = (99, 100, 101)
    for _ in range(2):
        assert [directory.factors.may_pass(grace, step) for step in asked] == [True] * 3
    assert other.factors.pass_step(grace, 100)
    assert [directory.factors.may_pass(grace, step) for step in asked] == [False, False, True]
    assert directory.factors.may_pass(grace, 50)


def test_checking_a_recovery_code_does_not_use_it(directory, other, grace, codes):
    code, another = canonical(codes[0]), canonical(codes[1])
    for _ in range(2):
        assert directory.factors.has_code(grace, code)
    assert not directory.factors.has_code(grace, "1" * 20)
    assert not directory.factors.has_code("nobody", code)
    assert other.factors.spend_code(grace, code) == CODES - 1
    assert not directory.factors.has_code(grace, code)
    assert directory.factors.has_code(grace, another)


def test_a_check_of_a_locked_factor_fails(directory, grace, codes):
    for _ in range(MOST_FAILURES):
        directory.factors.fail(grace)
    assert not directory.factors.may_pass(grace, 100)
    assert not directory.factors.has_code(grace, canonical(codes[0]))


def test_a_clock_that_is_set_back_locks_nobody_out(directory, grace, codes):
    assert directory.factors.pass_step(grace, 1_000_000)
    assert directory.factors.pass_step(grace, 100)
    assert not directory.factors.pass_step(grace, 100)


def test_only_one_of_many_parallel_uses_of_a_time_step_succeeds(directory, other, grace, codes):
    assert together(lambda each: each.factors.pass_step(grace, 5), directory, other) == [
        False,
        True,
    ]


def test_only_one_of_many_parallel_uses_of_a_recovery_code_succeeds(directory, other, grace, codes):
    code = canonical(codes[0])
    left = together(lambda each: each.factors.spend_code(grace, code) is not None, directory, other)
    assert left == [False, True]
    assert directory.enrolments.standing(WHO).recovery_codes == CODES - 1


def together(work, *directories):
    results, barrier = [], threading.Barrier(len(directories))

    def run(each):
        barrier.wait()
        results.append(work(each))

    threads = [threading.Thread(target=run, args=(each,)) for each in directories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_a_person_has_ten_recovery_codes_that_no_other_person_can_use(directory, grace, codes):
    assert len(set(codes)) == CODES == 10
    assert all(len(canonical(code)) == 20 for code in codes)
    directory.users.add(UserDraft("joan@example.com"), "hash")
    directory.enrolments.set("joan@example.com", SECRET)
    joan = directory.user_by_email("joan@example.com").id
    assert directory.factors.spend_code(joan, canonical(codes[0])) is None
    assert directory.factors.spend_code(grace, canonical(codes[0])) == CODES - 1
    assert directory.factors.spend_code(grace, canonical(codes[0])) is None


def test_new_recovery_codes_invalidate_the_old_ones(directory, grace, codes):
    fresh = directory.enrolments.renew_codes(WHO)
    assert not set(fresh) & set(codes)
    assert directory.factors.spend_code(grace, canonical(codes[0])) is None
    assert directory.factors.spend_code(grace, canonical(fresh[0])) == CODES - 1


def test_a_hundred_failures_in_a_row_lock_it_for_every_process(directory, other, grace, codes):
    counts = [(directory, other)[n % 2].factors.fail(grace) for n in range(MOST_FAILURES)]
    assert counts == list(range(1, MOST_FAILURES + 1))
    assert directory.enrolments.standing(WHO).locked
    assert not other.factors.pass_step(grace, 100)
    assert other.factors.spend_code(grace, canonical(codes[0])) is None
    assert directory.enrolments.standing(WHO).recovery_codes == CODES
    directory.enrolments.unlock(WHO)
    assert directory.enrolments.standing(WHO) == FactorState(True, recovery_codes=CODES)
    assert other.factors.pass_step(grace, 100)


@pytest.mark.parametrize("way", ["step", "code"])
def test_a_correct_code_resets_the_count(directory, grace, codes, way):
    directory.factors.fail(grace)
    if way == "step":
        directory.factors.pass_step(grace, 100)
    else:
        directory.factors.spend_code(grace, canonical(codes[0]))
    assert directory.factors.fail(grace) == 1


def test_a_wrong_recovery_code_does_not_reset_the_count(directory, grace, codes):
    directory.factors.fail(grace)
    assert directory.factors.spend_code(grace, "1" * 20) is None
    assert directory.factors.fail(grace) == 2


def test_a_removed_factor_leaves_nothing(directory, grace, codes, url, engine):
    directory.enrolments.begin(WHO)
    directory.enrolments.remove(WHO)
    assert directory.enrolments.standing(WHO) == FactorState()
    assert not knows(directory, grace)
    assert rows_of(url, engine, "second_factors") == rows_of(url, engine, "recovery_codes") == []
    directory.enrolments.set(WHO, SECRET)
    directory.users.delete(WHO)
    assert rows_of(url, engine, "second_factors") == rows_of(url, engine, "recovery_codes") == []


def test_a_factor_is_stored_encrypted(directory, grace, codes, url, engine):
    said = repr([rows_of(url, engine, table) for table in ("second_factors", "recovery_codes")])
    assert repr(SECRET)[2:-1] not in said
    assert not any(canonical(code) in said for code in codes)


@pytest.mark.parametrize(
    "verb",
    [
        lambda e, who: e.standing(who),
        lambda e, who: e.begin(who),
        lambda e, who: e.confirm(who, lambda key: 1),
        lambda e, who: e.set(who, SECRET),
        lambda e, who: e.renew_codes(who),
        lambda e, who: e.unlock(who),
        lambda e, who: e.remove(who),
    ],
)
def test_an_unknown_person_has_no_factor(directory, verb):
    with pytest.raises(NotFound):
        verb(directory.enrolments, "nobody@example.com")


@pytest.mark.parametrize("verb", ["renew_codes", "unlock"])
def test_operations_on_a_missing_factor_report_it(directory, grace, verb):
    directory.enrolments.begin(WHO)
    with pytest.raises(Invalid, match="no second factor"):
        getattr(directory.enrolments, verb)(WHO)


OF_BEFORE = """
INSERT INTO users (id, short_id, email, email_folded, secret_hash, disabled, active,
                   credential_version, created_at)
VALUES ('g', 'g', :who, :who, 'hash', :no, :yes, 1, 0)
--
INSERT INTO cloud_groups (id, name, permission) VALUES ('u', 'User', 'AA==')
--
INSERT INTO cloud_profiles (user_id, nickname, group_id, totp_sealed)
VALUES ('g', 'grace', 'u', :sealed)
"""


def test_an_older_directory_keeps_its_factors(blank_url, opened, sealer):
    """As a folder of the first release has them: in the profiles of a cloud drive."""
    said = {"who": WHO, "no": False, "yes": True, "sealed": seal_totp(sealer, "g", SECRET)}
    database = create_engine(blank_url.replace("postgresql://", "postgresql+psycopg://"))
    with database.begin() as connection:
        command.upgrade(schema._config(connection), "0003")
        for statement in OF_BEFORE.split("--"):
            connection.execute(text(statement), said)
    database.dispose()
    engines.migrate(blank_url)
    again = opened(blank_url)
    assert again.user("g").second_factor
    assert again.factors.factor("g").secret == SECRET
    assert again.enrolments.standing(WHO) == FactorState(active=True)
