"""The sentences of a page, as a reader meets them.

A sentence ends with `.`, `?` or `!` before a blank, or where its paragraph, list item or table cell
ends. A colon or a semicolon ends none. Words are what blanks part: a code span is one word, a link
has the words of its text. Code blocks, comments and headings are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_WORDS = 25

_CODE_BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_CODE_SPAN = re.compile(r"`[^`]+`")
_CELL = re.compile(r"(?<!\\)\|")
_ITEM = re.compile(r"^ *(?:[-*]|\d+\.) +")
_END = re.compile(r"(?<=[.?!])[)*\"”]*\s+")


def prose(page: str) -> Iterator[str]:
    """The sentences of paragraphs and list items."""
    block: list[str] = []
    for line in [*_plain(page).splitlines(), ""]:
        inside = line.strip() and not line.startswith(("|", "#"))
        if not inside or _ITEM.match(line):
            yield from _sentences(" ".join(block))
            block = []
        if inside:
            block.append(_ITEM.sub("", line).strip())


def cells(page: str) -> Iterator[str]:
    """The sentences of table cells."""
    for line in _plain(page).splitlines():
        if line.startswith("|"):
            for cell in _CELL.split(line)[1:-1]:
                yield from _sentences(cell.strip())


def is_too_long(sentence: str) -> bool:
    """The rule of CONTRIBUTING.md, for pages and for docstrings."""
    return len(sentence.split()) > MOST_WORDS


def _sentences(block: str) -> list[str]:
    return [one for one in _END.split(block) if one]


def _plain(page: str) -> str:
    page = _COMMENT.sub("", _CODE_BLOCK.sub("", page))
    return _LINK.sub(r"\1", _CODE_SPAN.sub("code", page))
