"""Reads YAML files into trees of nodes. Owns syntax: a fault stops the start and names its line.

Plain words have the types of YAML 1.2's core schema: `no` is a word, `010` is ten.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import yaml
from yaml.composer import Composer, ComposerError
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from reticket.core.errors import StartupError

PREFIX = "tag:yaml.org,2002:"


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes nodes and constructs nothing; knows only the plain types below."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        peek: Callable[[], yaml.Event] = self.peek_event
        if getattr(peek(), "tag", None) is not None:
            mark = cast("yaml.Mark", peek().start_mark)
            raise ComposerError(None, None, "tags are not accepted", mark)
        return super().compose_node(parent, index)


for _type, _form in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
}.items():
    _Loader.add_implicit_resolver(PREFIX + _type, re.compile(rf"(?:{_form})\Z"), None)


def fault_at(file: Path, line: int, words: str) -> StartupError:
    """The error that stops the start, in one sentence."""
    return StartupError(f"{file}, line {line}: {words}.")


def read_node(file: Path) -> yaml.Node | None:
    """The root, or None for an empty file. StartupError when it cannot be read."""
    return node_of(_decoded(file), file)


def node_of(text: str, file: Path) -> yaml.Node | None:
    """The root of a text from that file. StartupError."""
    try:
        return _composed(file, _Loader(text))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise fault_at(file, line, "there is a control character") from None


def _decoded(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise StartupError(f"cannot read {file}: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fault_at(file, line, "there is something that is not UTF-8") from None


def _composed(file: Path, loader: _Loader) -> yaml.Node | None:
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else loader.line
        raise fault_at(file, line + 1, _words_of(error)) from None
    except RecursionError:
        raise fault_at(file, loader.line + 1, "this is nested too deeply") from None


def _words_of(error: yaml.MarkedYAMLError) -> str:
    """The words of an error without names and excerpts of the file, which may be a password."""
    words = ", ".join(filter(None, (error.context, error.problem)))
    return "this is not YAML: " + re.sub(r"'[^'<]{2,}'", "something", words)
