"""What the directory's verbs refuse, each with one clear sentence for the operator.

DirectoryError
├── NotFound         what the verb names is not there
├── AlreadyExists    what it would create is there already
└── Invalid          a value is not of the form that it must have
"""

from __future__ import annotations

from reticket.core.errors import Code, ReticketError


class DirectoryError(ReticketError):
    """A verb cannot be carried out; nothing was changed."""

    code = Code.INVALID_PARAMETER


class NotFound(DirectoryError):
    """What the verb names is not there."""

    code = Code.NOT_FOUND


class AlreadyExists(DirectoryError):
    """What the verb would create is there already."""


class Invalid(DirectoryError):
    """A value is not of the form that it must have."""
