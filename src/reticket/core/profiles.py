"""What dialects declare to the directory: the data of a person, a tenant or an application that
only they need.

The directory stores such a part without interpreting it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from reticket.core.handover import Confirmed
from reticket.core.model import Place
from reticket.core.people import Application, Tenant, User
from reticket.core.ports import Entropy
from reticket.core.realms import Realms
from reticket.core.tokens.kinds import TokenKind

P = TypeVar("P")


def no_members(confirmed: Confirmed) -> Mapping[str, object]:
    """The default of `Part.named`: a part that no names follow into."""
    return {}


@dataclass(frozen=True, slots=True)
class Shared:
    """Members that are equal for all records that name the same thing. The first record sets them,
    and they never change afterwards.

    Args:
        noun: the thing that is named.
        new_id: makes its member `id`, when none is given.
        at: the member that contains them; empty for those of the part itself. The name is its
            `name`.
        members: those beside the name; `id` is one.
    """

    noun: str
    new_id: Callable[[Entropy], str]
    at: str = ""
    members: tuple[str, ...] = ("id",)

    def place(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object in a part that contains the members."""
        return cast("dict[str, Any]", value[self.at]) if self.at else value


@dataclass(frozen=True, slots=True)
class Part(Generic[P]):
    """The data that one dialect needs of a person, a tenant or an application.

    Args:
        dialect: the dialect's name; the part is stored under it.
        kind: a frozen msgspec Struct that forbids unknown members.
        key: the member for it in directory files, the command line and the admin API.
        shared: its members that several records have in common.
        has_places: whether its members `tenants` and `developer_accounts` are data beside the
            person's memberships, by the ids of the places. Only one dialect may have them.
        inline: whether its members are keys of the record itself in a directory file, and not
            below `key`.
        completed: fills in the members that depend on the time of writing, in milliseconds.
        gives_rights: whether a part gives rights of an administrator, which an import brings along
            only where the operator says so. None: such a part never does.
        lends: members of the person itself that older files have in this part.
        named: members that follow from the names of a person whom an old back end has confirmed.
        demo: the parts of the demo's people by e-mail address, or of its tenants and applications
            by id.
    """

    dialect: str
    kind: type[P]
    key: str
    shared: Shared | None = None
    has_places: bool = False
    inline: bool = False
    completed: Callable[[P, int], P] | None = None
    gives_rights: Callable[[P], bool] | None = None
    lends: tuple[str, ...] = ()
    named: Callable[[Confirmed], Mapping[str, object]] = no_members
    demo: Mapping[Hashable, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, record: User | Tenant | Application) -> P | None:
        """The part of a record; None without one."""
        for dialect, part in record.parts:
            if dialect == self.dialect:
                return cast("P", part)
        return None


@dataclass(frozen=True, slots=True)
class Profiles:
    """What all dialects declare together.

    Args:
        kinds: of their tokens.
        people / tenants / programs: the parts of a person, a tenant and an application.
        realms: of their people.
    """

    kinds: Sequence[TokenKind] = ()
    people: Sequence[Part[Any]] = ()
    tenants: Sequence[Part[Any]] = ()
    programs: Sequence[Part[Any]] = ()
    realms: Sequence[Realms] = ()

    @property
    def separate(self) -> list[Part[Any]]:
        """The parts of a person that are members of their own."""
        return [part for part in self.people if not part.has_places]

    @property
    def beside_places(self) -> Part[Any] | None:
        """The part whose data is beside a person's memberships; one dialect at most has it."""
        return next((part for part in self.people if part.has_places), None)

    @property
    def inspected(self) -> tuple[str, ...]:
        """The names of the token kinds for whose tokens a client can be registered."""
        return tuple(kind.name for kind in self.kinds if kind.is_inspected)

    def outliving_a_block(self) -> frozenset[str]:
        """The names of the token kinds whose families outlive the block of their person."""
        return frozenset(kind.name for kind in self.kinds if kind.outlives_block)

    def resources_in(self, place: Place) -> list[str]:
        """The names of the token kinds whose families belong to such a place."""
        return [kind.name for kind in self.kinds if kind.place is place]


def parts_by_key(
    parts: Sequence[Part[Any]], record: User | Tenant | Application
) -> dict[str, object]:
    """The parts of a record as an operator names them."""
    found = {part.key: part.of(record) for part in parts}
    return {key: part for key, part in found.items() if part is not None}


NO_DIALECT = Profiles()
"""For programs that only maintain a directory."""
