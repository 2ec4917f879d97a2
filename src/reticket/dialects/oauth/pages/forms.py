"""The forms of the pages. `interaction` is the ticket of the page, in each of them."""

from __future__ import annotations

from typing import Literal

import msgspec


class SignInForm(msgspec.Struct):
    """The form of the page for the password."""

    interaction: str
    email: str | None = None
    password: str | None = None


class FactorForm(msgspec.Struct):
    """The form of the page for the second factor."""

    interaction: str
    session: str
    code: str | None = None


class AccountForm(msgspec.Struct):
    """The form of the page on which a person chooses an account.

    `account` is the id of a login session, or `other` for a sign-in.
    """

    interaction: str
    account: str


class EndForm(msgspec.Struct):
    """The form of the page of a person's account.

    One member says what ends: the session with an id, or all that an app may do. `everything` ends
    all sessions.
    """

    interaction: str
    session: str | None = None
    app: str | None = None
    everything: str | None = None


class ConsentForm(msgspec.Struct):
    """The form of the last page."""

    interaction: str
    answer: Literal["allow", "deny", "switch"]
