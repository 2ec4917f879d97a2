"""What the dialects tell the directory of themselves: what each needs to know of a person and of a
tenant, beyond what all of them share. The directory keeps such a part without understanding it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from reticket.core.people import Tenant, User
from reticket.core.ports import Entropy
from reticket.core.tokens.kinds import Place, TokenKind

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Shared:
    """Members that all have alike who name the same thing. Whoever names it first settles them,
    and they are never altered afterwards.

    Args:
        noun: what is named.
        new_id: makes its member `id`, where nobody says one.
        at: the member that has them; empty for those of the part itself. The name is its `name`.
        members: those beside the name; `id` is one.
    """

    noun: str
    new_id: Callable[[Entropy], str]
    at: str = ""
    members: tuple[str, ...] = ("id",)

    def place(self, value: dict[str, Any]) -> dict[str, Any]:
        """Where the members stand in a part."""
        return cast("dict[str, Any]", value[self.at]) if self.at else value


@dataclass(frozen=True, slots=True)
class Part(Generic[P]):
    """What one dialect needs to know of a person or of a tenant.

    Args:
        dialect: whose part it is; it is stored under this name.
        kind: a frozen msgspec Struct that forbids unknown members.
        key: under which directory files, the shell and the admin API say it.
        shared: what of it people have in common.
        has_places: its members `tenants` and `developer_accounts` are what stands beside a person's
            memberships, by the ids of the places. One dialect may have them.
        lends: members of the person itself that older files have in this part.
        demo: the parts of the demo's people by e-mail, or of its tenants by id.
    """

    dialect: str
    kind: type[P]
    key: str
    shared: Shared | None = None
    has_places: bool = False
    lends: tuple[str, ...] = ()
    demo: Mapping[Hashable, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, record: User | Tenant) -> P | None:
        """The part of a person or a tenant; None for who has none."""
        for dialect, part in record.parts:
            if dialect == self.dialect:
                return cast("P", part)
        return None


@dataclass(frozen=True, slots=True)
class Profiles:
    """What all dialects together tell.

    Args:
        kinds: of their tokens.
        people / tenants: the parts of a person and of a tenant.
    """

    kinds: Sequence[TokenKind] = ()
    people: Sequence[Part[Any]] = ()
    tenants: Sequence[Part[Any]] = ()

    def resources_in(self, place: Place) -> list[str]:
        """The names of the kinds whose families live in such a place."""
        return [kind.name for kind in self.kinds if kind.place is place]


NO_DIALECT = Profiles()
"""For whoever only looks after a directory."""
