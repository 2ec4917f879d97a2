"""Refuses a selection of sessions by a name that does not exist.

A misspelt name would select nothing, and the operator would believe that no session is left.
"""

from __future__ import annotations

from reticket.admin.context import AdminContext
from reticket.admin.errors import missing
from reticket.core.commands import Asking, FindSession, ListSessions, RunInDirectory
from reticket.core.errors import wrong
from reticket.core.model import Selection
from reticket.core.ports import Page
from reticket.directory.names import unknown_names

_MEMBERS = {"context": "tenant"}
"""Members of a selection that have another name in the API."""


def check_names(context: AdminContext, selection: Selection) -> Asking[None]:
    """INVALID_PARAMETER for an unknown kind of token. NOT_FOUND for a session, subject, client or
    tenant that neither the directory nor any session knows.
    """
    if selection.resource is not None and selection.resource not in context.kinds:
        raise wrong("kind", f"must be one of {', '.join(sorted(context.kinds))}")
    if selection.family is not None and (yield from FindSession(selection.family))[0] is None:
        raise missing("session")
    unknown: list[str] = yield from RunInDirectory(
        lambda: list(unknown_names(context.directory, selection))
    )
    for member in unknown:
        selection_by_name = Selection(**{member: getattr(selection, member)})
        found: Page = yield from ListSessions(selection_by_name, 1)
        if not found.families:
            raise missing(_MEMBERS.get(member, member))
