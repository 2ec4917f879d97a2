"""Which people may use a client: those in one of the groups that its registration allows."""

from __future__ import annotations

from reticket.core.commands import Asking, FindUserById
from reticket.core.people import User
from reticket.dialects.oauth.pages.consents import expect_client
from reticket.dialects.oauth.pages.interaction import Interaction, Person
from reticket.oauth.membership import may_use
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of


def may_use_client(provider: Provider, interaction: Interaction, person: Person) -> Asking[bool]:
    """Whether the person may use the client of an interaction, by the groups of this moment.

    Raises:
        PageError: the client was disabled in the meantime.
    """
    registration = registration_of((yield from expect_client(interaction.client_id)), provider)
    if registration.groups_allowed is None:
        return True
    user: User | None = yield from FindUserById(person.subject)
    return user is not None and may_use(user, registration)
