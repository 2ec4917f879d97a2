"""What else a person belongs to: an organization, a group of a cloud drive.

Both are created when a person is the first to name them, and never altered afterwards.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from reticket.core.ports import Entropy
from reticket.directory import identifiers
from reticket.directory.drafts import CloudDraft, OrganizationDraft, UserDraft
from reticket.directory.errors import AlreadyExists
from reticket.directory.forms import check_text_id
from reticket.directory.tables import (
    cloud_groups,
    cloud_profiles,
    organization_memberships,
    organizations,
)


class Affiliations:
    """Writes them inside the caller's transaction."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy

    def insert(self, connection: Connection, user_id: str, draft: UserDraft) -> None:
        """Write what the draft says. AlreadyExists for the id of another group."""
        if draft.organization:
            self._join(connection, user_id, draft.organization)
        if draft.cloud:
            self._profile(connection, user_id, draft.cloud)

    def _join(self, connection: Connection, user_id: str, draft: OrganizationDraft) -> None:
        row = {
            "user_id": user_id,
            "organization_id": self._organization(connection, draft.name),
            "roles": list(draft.roles),
            "user_type": draft.user_type,
        }
        connection.execute(insert(organization_memberships), row)

    def _organization(self, connection: Connection, name: str) -> str:
        named = select(organizations.c.id).where(organizations.c.name == name)
        found: str | None = connection.execute(named).scalar_one_or_none()
        if found is None:
            found = identifiers.organization_id(self._entropy)
            connection.execute(insert(organizations), {"id": found, "name": name})
        return found

    def _profile(self, connection: Connection, user_id: str, draft: CloudDraft) -> None:
        row = {
            "user_id": user_id,
            "nickname": draft.nickname,
            "group_id": self._group(connection, draft),
        }
        connection.execute(insert(cloud_profiles), row)

    def _group(self, connection: Connection, draft: CloudDraft) -> str:
        named = select(cloud_groups.c.id).where(cloud_groups.c.name == draft.group)
        found: str | None = connection.execute(named).scalar_one_or_none()
        return found or self._new_group(connection, draft)

    def _new_group(self, connection: Connection, draft: CloudDraft) -> str:
        def taken(group_id: str) -> bool:
            statement = select(cloud_groups.c.id).where(cloud_groups.c.id == group_id)
            return connection.execute(statement).one_or_none() is not None

        if draft.group_id is not None and taken(draft.group_id):
            raise AlreadyExists(f"The group id {draft.group_id!r} is another group's.")
        check_text_id(draft.group_id or "", "a group")
        group_id = draft.group_id or identifiers.short_id(self._entropy, taken)
        row = {"id": group_id, "name": draft.group, "permission": draft.permission}
        connection.execute(insert(cloud_groups), row)
        return group_id
