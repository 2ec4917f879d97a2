"""Checks the paths of a client's claims that lead into what dialects keep."""

from __future__ import annotations

from collections.abc import Mapping

from reticket.core.profiles import Profiles
from reticket.directory.errors import Invalid
from reticket.directory.typed import has_member
from reticket.oauth.mapped_claims import PATHS, part_path


def check_claim_paths(registration: Mapping[str, object], profiles: Profiles) -> None:
    """Invalid for a path that no dialect has."""
    claims = registration.get("claims")
    for name, path in claims.items() if isinstance(claims, Mapping) else ():
        if path not in PATHS and not _leads_somewhere(path, profiles):
            raise Invalid(f"claims.{name} is {path}, which no dialect keeps.")


def _leads_somewhere(path: str, profiles: Profiles) -> bool:
    found = part_path(path)
    if found is None:
        return False
    parts = profiles.people if found.owner == "user" else profiles.tenants
    return any(
        part.dialect == found.dialect and has_member(part.kind, found.members) for part in parts
    )
