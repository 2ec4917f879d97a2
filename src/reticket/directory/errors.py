"""The errors of the directory's operations, each with one sentence for the operator.

DirectoryError
├── NotFound         the named record does not exist
├── AlreadyExists    the record to create exists already
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


class Invalid(DirectoryError):
    """A value does not have the required form."""
