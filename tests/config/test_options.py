from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from reticket.core.errors import SettingError
from reticket.settings.loading import load, options_for


@dataclass(frozen=True, slots=True)
class Options:
    require_bearer: bool = False
    title: str = "reticket"
    digits: Annotated[int, msgspec.Meta(ge=4)] = 6
    second_factor: Literal["refuse", "ignore"] = "refuse"
    scopes: tuple[str, ...] = ()
    mood: Annotated[Literal["a", "b", "c"] | None, msgspec.Meta(description="any")] = None

    def __post_init__(self) -> None:
        if self.digits > 8:
            raise ValueError("digits must be at most 8")


def options(settings_file: Path | None = None) -> Options:
    table = load(settings_file).dialects.get("kibo", {})
    return options_for(Options, table, "dialects.kibo")


def test_without_a_table_the_defaults_apply() -> None:
    assert options() == Options()


def test_a_dialect_gets_its_table(toml: Callable[[str], Path]) -> None:
    file = toml('[dialects.kibo]\nrequire_bearer = true\ntitle = "x"\ndigits = 8')
    assert options(file) == Options(require_bearer=True, title="x", digits=8)


def test_a_dialect_gets_its_variables_over_the_file(
    toml: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETICKET_DIALECTS__KIBO__REQUIRE_BEARER", "true")
    monkeypatch.setenv("RETICKET_DIALECTS__KIBO__TITLE", "123")
    monkeypatch.setenv("RETICKET_DIALECTS__KIBO__DIGITS", "7")
    monkeypatch.setenv("RETICKET_DIALECTS__KIBO__SCOPES", "a, b c")
    file = toml("[dialects.kibo]\ndigits = 5")
    assert options(file) == Options(True, "123", 7, scopes=("a", "b", "c"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "require_bearr = true",
            "dialects.kibo.require_bearr is not a setting; "
            "did you mean dialects.kibo.require_bearer?",
        ),
        (
            "enabeld = false",
            "dialects.kibo.enabeld is not a setting; did you mean dialects.kibo.enabled?",
        ),
        ("require_bearer = 7", "dialects.kibo.require_bearer must be true or false"),
        ("digits = 3", "dialects.kibo.digits must be at least 4"),
        ("digits = 9", "dialects.kibo.digits must be at most 8"),
        ('digits = "many"', "dialects.kibo.digits must be a whole number"),
        ('second_factor = "ask"', "dialects.kibo.second_factor must be ignore or refuse"),
        ("second_factor = 1", "dialects.kibo.second_factor must be ignore or refuse"),
        ('mood = "d"', "dialects.kibo.mood must be a, b or c"),
    ],
)
def test_a_fault_in_an_option_is_one_sentence(
    text: str, sentence: str, toml: Callable[[str], Path]
) -> None:
    with pytest.raises(SettingError) as caught:
        options(toml(f"[dialects.kibo]\n{text}"))
    assert str(caught.value) == sentence
