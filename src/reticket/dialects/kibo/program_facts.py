"""What Kibo needs to know of an application: the environment of its credentials, and behaviors.

In a directory file its members are keys of the application.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from reticket.core.people import Application
from reticket.core.profiles import Part
from reticket.dialects.kibo.kept import Int32

ENVIRONMENTS = ("Sandbox", "Production")


class Program(Struct, frozen=True, forbid_unknown_fields=True):
    """All that Kibo keeps of an application beside its id, secret and tenants."""

    environment_scope: (
        Annotated[
            str,
            Meta(description="`Sandbox` or `Production` for V2 credentials, none for V1"),
        ]
        | None
    ) = None
    behaviors: Annotated[
        tuple[Int32, ...],
        Meta(
            description="whole numbers for permissions. Introspection shows them. With "
            "`person_in_tokens` access tokens have them, too"
        ),
    ] = ()

    def __post_init__(self) -> None:
        if self.environment_scope not in (None, *ENVIRONMENTS):
            raise ValueError("environment_scope must be Sandbox or Production or null")


PROGRAM = Part(
    dialect="kibo",
    kind=Program,
    key="kibo",
    inline=True,
    demo={
        "ns.app.1.0.0.Release": {"behaviors": [1, 2, 17]},
        "ns.sandbox.2.0.0.Release": {"environment_scope": "Sandbox"},
        "ns.live.2.0.0.Release": {"environment_scope": "Production"},
    },
)
V1 = Program()


def facts_of(application: Application) -> Program:
    """The part of an application; that of V1 credentials for one that has none."""
    return PROGRAM.of(application) or V1
