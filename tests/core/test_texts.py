"""Control characters and invisible characters."""

from __future__ import annotations

import json
import unicodedata

import pytest

from reticket.core.texts import contained, escaped, escaped_lines, has_control, has_hidden, isolated

CONTROLS = [chr(n) for n in (*range(0x20), *range(0x7F, 0xA0))]
BIDIRECTIONAL = [c for c in map(chr, range(0x3000)) if unicodedata.bidirectional(c) in
                 {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}]  # fmt: skip
MARKS = ["\u061c", "\u200e", "\u200f"]
IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
"""Default_Ignorable_Code_Point, from DerivedCoreProperties.txt of Unicode 15."""
UNSEEN = ["\u2028", "\u2029", *(chr(each) for ends in IGNORABLE for each in ends)]
HIDDEN = [*BIDIRECTIONAL, *MARKS, *UNSEEN]


@pytest.mark.parametrize("character", CONTROLS)
def test_c0_del_and_c1_are_controls(character: str) -> None:
    assert has_control(f"a{character}b")
    assert has_hidden(f"a{character}b")


@pytest.mark.parametrize("character", HIDDEN)
def test_bidirectional_and_zero_width_characters_are_hidden_and_no_controls(character: str) -> None:
    assert not has_control(f"a{character}b")
    assert has_hidden(f"a{character}b")


def test_characters_that_unicode_calls_ignorable_are_hidden() -> None:
    whole = [chr(n) for first, last in IGNORABLE for n in range(first, last + 1)]
    assert [f"{ord(each):x}" for each in whole if not has_hidden(each)] == []


@pytest.mark.parametrize("character", [*CONTROLS, *HIDDEN])
def test_each_is_escaped_as_json_does(character: str) -> None:
    written = escaped(f"a{character}b")
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(f'"{written}"') == f"a{character}b"


@pytest.mark.parametrize(
    "text", ["", "plain", "Zoë", "علی", "नमस्ते", "名前", "🎉", "\\u0041", "a b"]
)
def test_visible_characters_stay_unchanged(text: str) -> None:
    assert (escaped(text), has_hidden(text)) == (text, False)


def test_an_unpaired_surrogate_can_be_printed() -> None:
    assert escaped("\ud800") == "\\ud800"


def test_only_line_breaks_are_kept_in_a_text_of_several_lines() -> None:
    assert escaped_lines("a\nb\r\x85\u2028c\n") == "a\nb\\u000d\\u0085\\u2028c\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("\u2069\u202eevil", "\u202eevil"),
        ("\u2067a\u2069\u2069b", "\u2067a\u2069b"),
        ("\u2066\u2068a\u2069\u2069", "\u2066\u2068a\u2069\u2069"),
    ],
)
def test_a_text_cannot_end_the_isolate_around_it(text: str, kept: str) -> None:
    assert contained(text) == kept
    assert isolated(text) == f"\u2068{kept}\u2069"
