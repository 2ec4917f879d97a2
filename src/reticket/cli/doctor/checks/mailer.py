"""Whether messages to the people of a dialect are sent."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.runtime.opened_service import OpenedService

TOPIC = "mailer"


def look(instance: OpenedService) -> Iterator[Finding]:
    """People of a dialect's realms, where no mailer is set: their reset codes go nowhere."""
    said = instance.settings.messages
    if said.webhook or said.smtp_host:
        return
    found = instance.directory.users.realms()
    for realms in instance.directory.profiles.realms:
        if any(map(realms.holds, found)):
            yield warning(
                f"there are {realms.noun}, and messages.webhook and messages.smtp_host are not "
                "set: no message reaches them, such as a code for a new password. Set one of them, "
                "then try it with reticket message test"
            )
