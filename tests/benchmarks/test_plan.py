"""The numbers of the plan, against values computed by hand."""

import pytest
from benchmarks.plan import Assumptions, Plan, lines

MEASURED = {
    "bytes_per_session": 250,
    "engine_microseconds": 20,
    "logged_bytes": 8000,
    "refreshes_per_second": 8000,
}
FIGURES = dict.fromkeys(("sqlite", "postgresql", "valkey"), MEASURED)
ASSUMED = Assumptions(
    refreshes=8.64, peak=4, share=0.5, copies=2, cores=8, memory=100, log=100, shard=10
)


def plan(threads=False, sessions=10**9, **measured):
    return Plan(sessions, MEASURED | measured, threads, ASSUMED)


def test_the_plan_computes_rates_from_the_number_of_sessions():
    assert plan().mean == pytest.approx(100_000)
    assert plan().peak == pytest.approx(400_000)
    assert plan().taken == 250 * 10**9
    assert plan().logged == pytest.approx(3_200 * 10**6)
    assert plan().busy == pytest.approx(8)
    assert plan().services == 100


def test_the_scarcest_resource_decides_the_number_of_shards():
    assert (plan().by_processor, plan().by_memory, plan().by_log) == (2, 5, 64)
    assert plan().shards == 64
    assert plan(logged_bytes=80).shards == 5
    assert plan(logged_bytes=80, engine_microseconds=200).shards == 20


def test_a_shard_is_a_machine_and_each_copy_another():
    assert plan().machines == 128
    assert plan(logged_bytes=80).machines == 10


def test_an_engine_of_one_thread_has_many_shards_on_a_machine():
    one = plan(threads=True, logged_bytes=80)
    assert (one.by_processor, one.by_memory, one.shards) == (16, 25, 25)
    assert one.machines == 2 * 5
    assert plan(threads=True, logged_bytes=80, engine_microseconds=100).machines == 2 * 10


def test_every_engine_and_number_has_a_column():
    said = list(lines(FIGURES, [10**8, 3 * 10**9], ASSUMED))
    (head,) = (line for line in said if "10⁸" in line)
    assert head == (
        "| | PostgreSQL, 10⁸ | PostgreSQL, 3·10⁹ | Valkey cluster, 10⁸ | Valkey cluster, 3·10⁹ |"
    )
    tables = [line for line in said if line.startswith("| rows ")]
    assert tables == ["| rows | 100,000,000 | 3,000,000,000 | 100,000,000 | 3,000,000,000 |"]


def test_the_plan_says_when_one_file_is_not_enough():
    said = list(lines(FIGURES, [10**8], ASSUMED))[-1]
    assert "carries 10 million such sessions, in a file of 2.5 GB" in said
