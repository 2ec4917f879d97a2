"""Requests that are answered without a page, and what the client is told for `prompt=none` (OpenID
Connect Core §3.1.2.1).

A client that nobody vouches for may be anybody's. Its errors say nothing of a person who has not
consented to it: neither who is signed in, nor since when, nor by what means.
"""

from __future__ import annotations

from dataclasses import dataclass

from reticket.core.commands import Asking
from reticket.core.errors import Cause, Refusal
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.pages.consent_handler import ConsentHandler
from reticket.dialects.oauth.pages.entry import (
    NONE,
    Demands,
    Entry,
    expected_accounts,
    find_entry,
)
from reticket.dialects.oauth.pages.interaction import Interaction, Person
from reticket.oauth.provider import Provider
from reticket.wire import WireRequest

_INTERACTION_REQUIRED = "interaction_required"

_NEEDS_PAGE = frozenset(
    {
        "login_required",
        "consent_required",
        "account_selection_required",
        _INTERACTION_REQUIRED,
    }
)
"""The errors that only `prompt=none` gets (OpenID Connect Core §3.1.2.6)."""

_TELLING = _NEEDS_PAGE | {"access_denied"}
"""The errors that depend on who is signed in."""


def is_silent(refusal: Refusal) -> bool:
    """Whether the answer to `prompt=none` is that a page would be needed. Nobody sees a page on the
    way to the client, so nobody is deceived: RFC 9700 §4.11.2 makes that exception.
    """
    return isinstance(refusal, OAuthError) and refusal.failure.error_code in _NEEDS_PAGE


def answers_without_page(
    handler: ConsentHandler, interaction: Interaction, entry: Entry
) -> Asking[bool]:
    """Whether the client is answered at once, since the person need not be asked anything."""
    if entry.account is None:
        return False
    person = entry.account.person
    if not (yield from handler.may_use(interaction, person)):
        return False
    return (yield from handler.is_granted(interaction, person))


@dataclass(frozen=True, slots=True)
class EntrySearch:
    """Finds who may go on with a request.

    Args:
        request / demands / interaction: what the browser sent, and what was understood of it.
        handler: knows the consents.
    """

    request: WireRequest
    provider: Provider
    handler: ConsentHandler
    demands: Demands
    interaction: Interaction

    def find(self) -> Asking[Entry]:
        """Who may go on; with `prompt=none`, only a person who need not be asked anything.

        Raises:
            OAuthError: the person would have to be asked, or may not use the client.
        """
        entry = yield from find_entry(self.request, self.provider, self.demands)
        if NONE in self.demands.prompts and entry.account is not None:
            yield from self._expect_answerable(entry.account.person)
        return entry

    def find_discreetly(self) -> Asking[Entry]:
        """The same for a client that nobody vouches for. It gets one error for all reasons, unless
        everybody whom the request can mean has consented to it.

        Raises:
            OAuthError: as above, or `interaction_required`.
        """
        try:
            return (yield from self.find())
        except OAuthError as refusal:
            if refusal.failure.error_code not in _TELLING or (yield from self._have_consented()):
                raise
            sentence = "A page would be needed."
            raise OAuthError(_INTERACTION_REQUIRED, sentence, refusal.cause) from refusal

    def _have_consented(self) -> Asking[bool]:
        """Whether somebody is meant, and all who are meant have consented to what is asked for."""
        accounts = yield from expected_accounts(self.request, self.provider, self.demands)
        for account in accounts:
            if not (yield from self.handler.is_granted(self.interaction, account.person)):
                return False
        return bool(accounts)

    def _expect_answerable(self, person: Person) -> Asking[None]:
        if not (yield from self.handler.may_use(self.interaction, person)):
            sentence = "The person is in none of the groups that may use the client."
            raise OAuthError("access_denied", sentence, Cause.GROUP_REQUIRED)
        if not (yield from self.handler.is_granted(self.interaction, person)):
            raise OAuthError("consent_required", "The person has to consent.")
