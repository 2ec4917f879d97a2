"""A sentence of a docstring has at most 25 words: the rule of CONTRIBUTING.md for plain words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.sentences import MOST_WORDS, is_too_long

SOURCES = Path(__file__).parents[2] / "src" / "reticket"

LIST_ITEM = r"\n\s*(?:[-|├└]|[\w*`][\w /*,`]*:(?=\s))"
EXAMPLES = "\b\n"
"""The mark of examples in a help text, which are no sentences (the documentation of click)."""

SENTENCE_END = r"(?<=[.!?])\s+"


def sentences(docstring: str) -> Iterator[str]:
    paragraphs = re.split(r"\n\s*\n", docstring)
    for paragraph in (each for each in paragraphs if not each.lstrip().startswith(EXAMPLES)):
        for item in re.split(LIST_ITEM, paragraph):
            for sentence in re.split(SENTENCE_END, item):
                yield " ".join(sentence.split())


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Every docstring of a module, those behind an attribute as well, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str):
                yield node.lineno, text


def too_long(source: str) -> list[tuple[int, str]]:
    return [
        (line, sentence)
        for line, text in docstrings(source)
        for sentence in sentences(text)
        if is_too_long(sentence)
    ]


def test_a_docstring_has_no_sentence_of_more_than_25_words() -> None:
    found = []
    for file in sorted(SOURCES.rglob("*.py")):
        path = file.relative_to(SOURCES)
        long = too_long(file.read_text("utf-8"))
        found += [f"{path}:{line}: {sentence}" for line, sentence in long]
    assert found == []


def test_a_sentence_of_26_words_is_found() -> None:
    words = " ".join(["word"] * MOST_WORDS)
    assert too_long(f'X = 1\n"""Short. {words}."""') == []
    assert too_long(f'X = 1\n"""Short. {words} word."""') != []
    assert too_long(f'X = 1\n"""Short.\n\n\\b\n{words} word."""') == []
    assert too_long(f'def f():\n    """{words}.\n\n    Args:\n        a: {words}.\n    """') == []
