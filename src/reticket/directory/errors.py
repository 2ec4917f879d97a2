"""The errors of the directory's operations, each with one sentence for the operator.

DirectoryError
├── NotFound         the named record does not exist
├── AlreadyExists    the record to create exists already
│   └── NameTaken    another person of the realm signs in by that name
└── Invalid          a value does not have the required form
"""

from __future__ import annotations

from reticket.core.errors import Code, ReticketError


class DirectoryError(ReticketError):
    """An operation failed; nothing was changed."""

    code = Code.INVALID_PARAMETER


class NotFound(DirectoryError):
    """The named record does not exist."""

    code = Code.NOT_FOUND


class AlreadyExists(DirectoryError):
    """The record to create exists already."""


class NameTaken(AlreadyExists):
    """Another person of the realm signs in by that name.

    Args:
        member: `email` or `user_name`.
    """

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


class Invalid(DirectoryError):
    """A value does not have the required form."""
