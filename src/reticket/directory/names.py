"""Finds the names in a selection of sessions that the directory does not have."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.core.model import Selection
from reticket.directory.directory import Directory
from reticket.directory.forms import INT32


def unknown_names(directory: Directory, selection: Selection) -> Iterator[str]:
    """The members `subject`, `client` and `context` that name nothing in the directory. A session
    may still have such a name: of a deleted person, client or tenant.
    """
    if selection.subject is not None and not _is_subject(directory, selection.subject):
        yield "subject"
    if selection.client is not None and directory.client(selection.client) is None:
        yield "client"
    if selection.context is not None and not _is_context(directory, selection.context):
        yield "context"


def _is_subject(directory: Directory, name: str) -> bool:
    lookups = (directory.user, directory.application, directory.client)
    return any(lookup(name) is not None for lookup in lookups)


def _is_context(directory: Directory, name: str) -> bool:
    """Whether it is a tenant or a developer account; both have 32-bit numbers."""
    digits = name.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 10):
        return False
    number = int(name)
    return number in INT32 and (
        directory.tenant(number) is not None or _is_account(directory, number)
    )


def _is_account(directory: Directory, number: int) -> bool:
    return any(each.id == number for each in directory.accounts.page(number - 1, 1))
