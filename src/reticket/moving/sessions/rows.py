"""A row of a file with sessions of another system."""

from __future__ import annotations

from datetime import datetime

import msgspec

from reticket.core.adoption.model import Adoption
from reticket.core.policy import SECOND
from reticket.directory.errors import Invalid
from reticket.directory.json_keys import check_keys


class BadRow(ValueError):
    """A row that cannot be imported. The message is the reason, without a value of the row."""


class SessionRow(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A session.

    Args:
        digest: of an opaque token, as the other system stores it.
        id: of the session or of the token, as a JWT of the other system names it.
        user / email / foreign_id: the person, by one of them.
        expires_at: the end of the token, in seconds or as RFC 3339.
        revoked: whether it has ended there.
    """

    digest: str | None = None
    id: str | None = None
    user: str | None = None
    email: str | None = None
    foreign_id: str | None = None
    client: str | None = None
    scope: str | None = None
    context: str | None = None
    expires_at: int | float | str | None = None
    revoked: bool = False

    def __repr__(self) -> str:
        """Without the digest, which may be the token itself."""
        return "SessionRow()"

    def identity(self, adoption: Adoption) -> str:
        """What the id of the session is derived from. BadRow."""
        wanted, other = ("digest", "id") if adoption.algorithm is None else ("id", "digest")
        value = getattr(self, wanted)
        if not value or getattr(self, other) is not None:
            raise BadRow(f"the row needs {wanted}, and no {other}")
        return str(value)

    def ends(self) -> int | None:
        """The end in milliseconds, or None. BadRow."""
        said = self.expires_at
        if said is None:
            return None
        try:
            seconds = datetime.fromisoformat(said).timestamp() if isinstance(said, str) else said
            if isinstance(said, str) and datetime.fromisoformat(said).tzinfo is None:
                raise BadRow("expires_at needs a time zone")
            return int(datetime.fromtimestamp(seconds).timestamp() * SECOND)
        except (ValueError, OverflowError, OSError) as error:
            reason = str(error) if isinstance(error, BadRow) else "expires_at is no time"
            raise BadRow(reason) from None


_decode = msgspec.json.Decoder(SessionRow).decode


def read_row(line: bytes) -> SessionRow:
    """The row of a line. BadRow."""
    try:
        row = _decode(line)
        check_keys(line.decode())
    except msgspec.ValidationError as error:
        raise BadRow(str(error)) from None
    except (ValueError, RecursionError):
        raise BadRow("the line is not JSON in UTF-8") from None
    except Invalid as error:
        raise BadRow(str(error)) from None
    people = (row.user, row.email, row.foreign_id)
    if sum(each is not None for each in people) != 1 and not (row.revoked and not any(people)):
        raise BadRow("the row needs one of user, email and foreign_id")
    return row


def read_ended_row(line: bytes) -> SessionRow:
    """The row of a line in a file that has ended sessions alone. BadRow."""
    row = read_row(line)
    if not row.revoked:
        raise BadRow("the row is not revoked, but the file is one of ended sessions")
    return row
