from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reticket.core.errors import SettingError
from reticket.core.people import User
from reticket.core.policy import Reuse
from reticket.core.tokens.kinds import TokenKind
from reticket.dialects import presets
from reticket.dialects.akinon.user import AKINON_2026
from reticket.dialects.kibo.kinds import KIBO_2026
from reticket.settings.loading import load, policies_for, policy_warnings

Toml = Callable[[str], Path]

KINDS = [
    TokenKind("kibo.application", KIBO_2026, subjects=User),
    TokenKind("kibo.developer", KIBO_2026, subjects=User),
    TokenKind("akinon.user", AKINON_2026, subjects=User),
]


def test_without_changes_a_token_kind_has_its_preset() -> None:
    assert policies_for(load(), KINDS) == {
        "kibo.application": KIBO_2026,
        "kibo.developer": KIBO_2026,
        "akinon.user": AKINON_2026,
    }


def test_a_changed_preset_applies_to_its_token_kinds_unless_they_override_it(
    toml: Toml,
) -> None:
    file = toml(
        """
        [policies.KIBO_2026]
        access = 1800
        window = 20
        reuse = "revoke"
        [policies.kibo.application]
        window = 0
        rotates = false
        refresh = 7200
        absolute = 9000
        """
    )
    policies = policies_for(load(file), KINDS)
    preset = replace(KIBO_2026, access=1800, window=20, reuse=Reuse.REVOKE)
    assert policies["kibo.developer"] == preset
    assert policies["kibo.developer"].reuse is Reuse.REVOKE
    assert policies["kibo.application"] == replace(
        preset, window=0, rotates=False, refresh=7200, absolute=9000
    )
    assert policies["akinon.user"] == AKINON_2026


def test_variables_change_policies_over_the_file(
    toml: Toml, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = toml("[policies.KIBO_2026]\nwindow = 1\n[policies.kibo.developer]\nwindow = 2")
    monkeypatch.setenv("RETICKET_POLICIES__KIBO_2026__WINDOW", "11")
    monkeypatch.setenv("RETICKET_POLICIES__KIBO__DEVELOPER__WINDOW", "12")
    policies = policies_for(load(file), KINDS)
    assert policies["kibo.application"].window == 11
    assert policies["kibo.developer"].window == 12


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[policies.KIBO_2025]\nwindow = 1", "did you mean policies.KIBO_2026?"),
        (
            "[policies.KIBO_2026]\nrefresh = 60",
            "policies.KIBO_2026: refresh (60 s) is shorter than access (3600 s): "
            "a session would end while its access token is still valid",
        ),
    ],
)
def test_presets_are_checked_when_they_are_read(text: str, sentence: str, toml: Toml) -> None:
    with pytest.raises(SettingError) as caught:
        load(toml(text))
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[policies.kibo.aplication]\nwindow = 1",
            "policies.kibo.aplication is not a setting; did you mean policies.kibo.application?",
        ),
        (
            "[policies.akinon.user]\nabsolute = 7200",
            "policies.akinon.user: absolute (7200 s) is shorter than refresh (1209600 s)",
        ),
    ],
)
def test_policies_of_token_kinds_are_checked_when_the_kinds_are_known(
    text: str, sentence: str, toml: Toml
) -> None:
    settings = load(toml(text))
    with pytest.raises(SettingError) as caught:
        policies_for(settings, KINDS)
    assert str(caught.value) == sentence


def test_the_shipped_presets_can_be_used_and_warn_of_nothing() -> None:
    shipped = presets()
    assert {"BROWSER_2026", "KIBO_2026", "AKINON_2026", "CLOUDREVE_2026"} <= set(shipped)
    assert policy_warnings(shipped) == []
    assert not any(preset.faults() for preset in shipped.values())


def test_a_window_over_a_tenth_of_the_access_lifetime_is_warned_of() -> None:
    (warning,) = policy_warnings({"kibo.developer": replace(KIBO_2026, window=361)})
    assert warning.startswith("policies.kibo.developer: window (361 s) is over a tenth of access")
