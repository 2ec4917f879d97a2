"""Invalid numbers of a policy stop the start; unwise ones are warnings."""

from dataclasses import FrozenInstanceError, replace

import pytest

from reticket.core.policy import (
    AAL2_2026,
    AAL3_2026,
    BROWSER_2026,
    DAY,
    DEVICE_2026,
    FAPI_2_SESSION_2026,
    SERVICE_2026,
    Policy,
    Reuse,
    by_any_name,
    policy_of,
)
from reticket.core.policy import PRESETS as FREE
from reticket.dialects import presets as all_presets
from reticket.dialects.akinon.user import AKINON_2026
from reticket.dialects.cloudreve.tokens import CLOUDREVE_2026
from reticket.dialects.kibo.kinds import KIBO_2026

MINUTE, HOUR = 60, 3600
PRESETS = [KIBO_2026, AKINON_2026, CLOUDREVE_2026]
OAUTH = {
    BROWSER_2026: (15 * MINUTE, 14 * DAY, 365 * DAY, 30),
    DEVICE_2026: (60 * MINUTE, 90 * DAY, 365 * DAY, 30),
    SERVICE_2026: (60 * MINUTE, 30 * DAY, 365 * DAY, 30),
    FAPI_2_SESSION_2026: (5 * MINUTE, DAY, 90 * DAY, 0),
    AAL2_2026: (15 * MINUTE, 60 * MINUTE, 24 * HOUR, 30),
    AAL3_2026: (10 * MINUTE, 15 * MINUTE, 12 * HOUR, 30),
}
"""Access, idle end, absolute end and window of the presets that OAuth clients choose from."""

LEAST = Policy("LEAST", 1, 1, 1, 0, Reuse.REVOKE)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_has_a_dated_name_and_neither_faults_nor_warnings(preset):
    assert preset.name.endswith("_2026")
    assert (preset.faults(), preset.warnings()) == ([], [])
    assert (preset.absolute, preset.rotates) == (365 * DAY, True)


def test_presets_handle_reuse_as_their_clients_need():
    assert [preset.reuse for preset in PRESETS] == [Reuse.TOLERATE, Reuse.REVOKE, Reuse.TOLERATE]
    assert [preset.window for preset in PRESETS] == [60, 30, 60]


@pytest.mark.parametrize("preset", OAUTH, ids=lambda preset: preset.name)
def test_a_preset_for_oauth_clients_has_its_numbers(preset):
    numbers = (preset.access, preset.refresh, preset.absolute, preset.window)
    assert numbers == OAUTH[preset]
    assert preset.name.endswith("_2026")
    assert (preset.faults(), preset.warnings()) == ([], [])


def test_a_reuse_ends_the_families_of_all_oauth_clients_and_fapi_alone_does_not_rotate():
    assert {preset.reuse for preset in OAUTH} == {Reuse.REVOKE}
    assert [preset for preset in OAUTH if not preset.rotates] == [FAPI_2_SESSION_2026]


def test_every_preset_is_tested_here():
    assert set(FREE.values()) == set(OAUTH)
    assert set(all_presets().values()) >= {*PRESETS, *OAUTH}


def test_the_smallest_allowed_numbers_are_valid():
    assert LEAST.faults() == []


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize("member", ["access", "refresh", "absolute"])
def test_a_zero_lifetime_is_a_fault_with_its_name(member, number):
    (fault, *_) = [f for f in replace(KIBO_2026, **{member: number}).faults() if "least" in f]
    assert fault == f"{member} must be at least 1 second(s), is {number}"


def test_a_window_may_be_zero_but_not_negative():
    assert replace(KIBO_2026, window=0).faults() == []
    assert replace(KIBO_2026, window=-1).faults() == ["window must be at least 0 second(s), is -1"]


def test_an_idle_end_before_the_access_tokens_is_a_fault():
    assert replace(KIBO_2026, refresh=3600).faults() == []
    (fault,) = replace(KIBO_2026, refresh=3599).faults()
    assert fault.startswith("refresh (3599 s) is shorter than access (3600 s)")


def test_an_absolute_end_before_the_idle_end_is_a_fault():
    assert replace(KIBO_2026, absolute=14 * DAY).faults() == []
    (fault,) = replace(KIBO_2026, absolute=14 * DAY - 1).faults()
    assert fault.startswith(f"absolute ({14 * DAY - 1} s) is shorter than refresh")


def test_all_faults_are_reported_together():
    assert len(Policy("BAD", 0, -1, -2, -1, Reuse.REVOKE).faults()) == 6


@pytest.mark.parametrize(("window", "warned"), [(0, False), (360, False), (361, True)])
def test_a_window_over_a_tenth_of_the_access_lifetime_is_warned_of(window, warned):
    policy = replace(KIBO_2026, window=window)
    assert [f"window ({window} s)" in warning for warning in policy.warnings()] == [True] * warned
    assert policy.faults() == []


def test_a_policy_does_not_change():
    with pytest.raises(FrozenInstanceError):
        KIBO_2026.window = 0


def test_a_missing_or_removed_preset_means_the_browser_preset():
    presets = by_any_name(all_presets())
    assert policy_of(None, presets) == policy_of({"preset": "AAL9_2020"}, presets) == BROWSER_2026
    said = {"preset": "AAL2", "window": 5, "reuse": "tolerate"}
    assert policy_of(said, presets) == replace(presets["AAL2"], window=5, reuse=Reuse.TOLERATE)
