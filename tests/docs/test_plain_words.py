"""Pages keep the rules of CONTRIBUTING.md, "Plain English", as far as a machine can see."""

from __future__ import annotations

import re

import pytest
from tests.docs import sentences
from tests.docs.tables import ROOT

PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "results.md"))

OF_PEOPLE = [page for page in PAGES if page.parent == ROOT / "docs" and page.name != "glossary.md"]
"""The code of `core/` says family, and so do the pages about it."""

PERSON = re.compile(r"^(?:Who|Whoever|What|Whatever)\b(?!.*\?$)|[;:] (?:who|whoever)\b")
"""The subject of a sentence is the thing; a question may ask for a person."""

RIDDLES = re.compile(
    r"foresight|nobody yet|\bnoise\b|says nothing of itself|somebody holds|\bTold are\b|"
    r"for whom the next start|conveyor|newcomer|throng|\bgives? way\b|\bdresses\b|\bhears? of\b",
    re.IGNORECASE,
)
"""Words that readers had to read twice."""


def by_name(page):
    return str(page.relative_to(ROOT))


def in_prose(page):
    return sentences.prose(page.read_text())


def in_tables(page):
    return sentences.cells(page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_sentence_has_at_most_25_words(page):
    every = [*in_prose(page), *in_tables(page)]
    assert [one for one in every if sentences.is_too_long(one)] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_the_subject_of_a_sentence_is_the_thing(page):
    assert [one for one in in_prose(page) if PERSON.search(one)] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_page_has_none_of_the_known_riddles(page):
    every = [*in_prose(page), *(() if page.name == "CONTRIBUTING.md" else in_tables(page))]
    assert [one for one in every if RIDDLES.search(one)] == []


@pytest.mark.parametrize("page", OF_PEOPLE, ids=by_name)
def test_pages_for_operators_say_session(page):
    every = [*in_prose(page), *in_tables(page)]
    assert [one for one in every if re.search(r"famil(?:y|ies)", one)] == []


def test_sentences_are_split_as_a_reader_would():
    page = (
        "# A heading of words\n\nOne `code span` here. Two, three;\nfour (see [the link](a.md))?\n"
        "- An item\n  goes on.\n\n```sh\nno prose\n```\n\n| a cell. | `x \\| y` is |\n"
    )
    assert list(sentences.prose(page)) == [
        "One code here.",
        "Two, three; four (see the link)?",
        "An item goes on.",
    ]
    assert list(sentences.cells(page)) == ["a cell.", "code is"]


def test_a_sentence_of_26_words_is_too_long():
    assert not sentences.is_too_long(" ".join(["word"] * 25))
    assert sentences.is_too_long(" ".join(["word"] * 26))


@pytest.mark.parametrize("said", ["Who asks is told.", "It ends; who asks is told."])
def test_a_sentence_about_who_or_what_is_found(said):
    assert PERSON.search(said)
    assert not PERSON.search("Who asks?")
