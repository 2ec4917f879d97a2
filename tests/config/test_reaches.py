"""Each limit of the settings reaches what it limits, and the defaults are those of the code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from reticket.core.access.failure_limits import FailureLimit, FailureLimits
from reticket.core.storage.budget import Budget
from reticket.http.connection import limits
from reticket.http.server import ConnectionTimeouts
from reticket.runtime import assembly, background, serving
from reticket.settings import loading as config
from reticket.stores.memory import MemoryEphemeral
from reticket.testing import FakeClock


def test_the_limits_of_sign_ins_reach_the_code(toml: Callable[[str], Path]) -> None:
    said = config.load(
        toml(
            """
            [sign_in]
            account_failures = 11
            account_window = 12
            stranger_failures = 13
            stranger_window = 14
            address_failures = 15
            address_window = 16
            application_failures = 17
            application_window = 18
            program_failures = 19
            program_window = 20
            """
        )
    )
    limits = (FailureLimit(number, number + 1) for number in (11, 13, 15, 17, 19))
    assert assembly._limits(said) == FailureLimits(*limits)
    assert assembly._limits(config.load()) == FailureLimits()


def test_the_limit_of_short_lived_entries_reaches_the_code(toml: Callable[[str], Path]) -> None:
    said = config.load(
        toml(
            """
            [ephemeral]
            room = 2000001
            reserve = 2000002
            share = 3
            client_share = 4
            """
        )
    )
    assert assembly._budget(said) == Budget(2_000_001, 2_000_002, 3, 4)
    assert assembly._budget(config.load()) == Budget()


def test_each_process_has_a_secret_of_its_own_to_choose_shards_by() -> None:
    made = [assembly._shared(MemoryEphemeral(FakeClock()), config.load()) for _ in range(2)]
    assert b"" != made[0]._secret != made[1]._secret


def test_the_limits_of_connections_reach_the_server(toml: Callable[[str], Path]) -> None:
    said = serving.listener_of(
        config.load(
            toml(
                """
                [connections]
                request_line = 8001
                header = 8002
                headers = 8003
                handshake_timeout = 4
                head_timeout = 5
                body_timeout = 6
                read_timeout = 7
                idle_timeout = 8
                """
            )
        )
    )
    assert said.limits == limits.Limits(line=8001, header=8002, headers=8003)
    assert said.timeouts == ConnectionTimeouts(handshake=4, head=5, body=6, reading=7, idle=8)
    default = serving.listener_of(config.load())
    assert (default.limits, default.timeouts) == (limits.Limits(), ConnectionTimeouts())


@pytest.mark.parametrize(("trusted", "kept"), [((), 0), (("10.0.0.0/8",), 1024)])
def test_the_numbers_of_connections_reach_the_server(trusted: tuple[str, ...], kept: int) -> None:
    caps = serving.connection_limits_of(config.load(None, {"trusted_proxies": trusted}))
    assert (caps._total, caps._for_untrusted, caps._per_address) == (16_384, 16_384 - kept, 512)


def test_the_settings_of_the_password_queue_reach_the_pool(toml: Callable[[str], Path]) -> None:
    pools = assembly.worker_pools_of(config.load(toml("[hashing]\nthreads = 3\nqueue = 7\n")))
    pools.close()
    assert (pools.passwords._threads, pools.passwords._turns._places) == (3, 7)


def test_a_refusal_without_a_hash_is_answered_after_a_second() -> None:
    pools = assembly.worker_pools_of(config.load())
    pools.close()
    assert (pools.passwords._linger, pools.callers._linger) == (1.0, 1.0)


def test_expired_data_is_removed_at_the_configured_intervals(
    toml: Callable[[str], Path],
) -> None:
    instance, pools, meter = Mock(clock=FakeClock()), Mock(), Mock()
    instance.settings = config.load(toml("purge_interval = 77\n[ephemeral]\nsweep_interval = 33\n"))
    works = list(background.background_work(instance, pools, meter))
    for pool, _, _ in works[3:]:
        pool.close()
    by_seconds = {pause: work for _, work, pause in works}
    by_seconds[77]()
    by_seconds[33]()
    instance.purge_in_turn.assert_called_once_with()
    instance.sweep_in_turn.assert_called_once_with()
