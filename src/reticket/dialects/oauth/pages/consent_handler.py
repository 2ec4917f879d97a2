"""The purpose of an interaction, as the pages see it."""

from __future__ import annotations

from typing import Protocol

from reticket.core.commands import Asking
from reticket.dialects.oauth.pages.interaction import Interaction, Person
from reticket.wire import Operation


class ConsentHandler(Protocol):
    """The purpose of an interaction: what a decision of the person does.

    Args:
        path: of the pages, below the dialect's path; a part of storage keys as well.
    """

    path: str

    def may_use(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Whether the person is in one of the groups that may use the client."""
        ...

    def is_granted(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Whether the person need not be asked for consent."""
        ...

    def remember(self, interaction: Interaction, person: Person) -> Asking[None]:
        """Keep the consent that the person has just given on the page, for the next time."""
        ...

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """The person consents. The same ticket again gets the same response."""
        ...

    def deny(self, interaction: Interaction) -> Operation:
        """The person refuses. Repeated, it gets the same response."""
        ...

    def cancel_uri(self, interaction: Interaction) -> str | None:
        """The target of the link by which a person cancels before the sign-in, or None."""
        ...
