"""What a person's yes becomes: a family that is to begin, and a grant of it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from reticket.core.commands import Command, Draw, Now, Tell
from reticket.core.identifiers import family_id
from reticket.dialects.oauth.codes import CodeGrant
from reticket.dialects.oauth.site import USER
from reticket.dialects.oauth.visit import Person


def granted(
    client_id: str, person: Person, scope: str, resources: tuple[str, ...]
) -> Generator[Command, Any, CodeGrant]:
    """A grant of a family whose id says that it began now; without what a code has more."""
    now: int = yield Now()
    random: bytes = yield Draw(10)
    return CodeGrant(
        family=family_id(now, lambda size: random[:size]).hex(),
        client_id=client_id,
        subject=person.subject,
        credential_version=person.credential_version,
        email=person.email,
        redirect_uri=None,
        scope=scope,
        challenge="",
        auth_time=person.auth_time,
        amr=person.amr,
        resources=resources,
    )


def consented(grant: CodeGrant) -> Tell:
    """For the audit log."""
    return Tell(
        USER,
        "consented",
        subject=grant.subject,
        family=bytes.fromhex(grant.family),
        detail={"client": grant.client_id, "scope": grant.scope},
    )
