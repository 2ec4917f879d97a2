"""What a dialect may ask of the service. A dialect yields one and is sent the result.

Each class names its result in its docstring; any of them may raise a Refusal or Unavailable.
"""

from __future__ import annotations

from reticket.core.commands.families import (
    Begin,
    Check,
    Derive,
    End,
    EndFamilies,
    FindFamily,
    InspectAccess,
    IssueAccess,
    ListFamilies,
    ReadAccess,
    ReadIdentity,
    ReadRefresh,
    Refresh,
    Rehearse,
)
from reticket.core.commands.others import (
    Draw,
    FindClient,
    FindTenant,
    FindUser,
    Hash,
    Keep,
    KeepReserved,
    KnowNonce,
    Look,
    MakeNonce,
    Manage,
    Now,
    PublishedKeys,
    Release,
    Reserve,
    Take,
    Tally,
    Tell,
)
from reticket.core.commands.sign_ins import (
    FactorRule,
    OpenFactorSession,
    SecondFactor,
    SignIn,
    SignInApplication,
    SignInClient,
)

Command = (
    SignIn
    | SignInApplication
    | SignInClient
    | OpenFactorSession
    | SecondFactor
    | Begin
    | Refresh
    | Rehearse
    | End
    | Derive
    | IssueAccess
    | ReadRefresh
    | ReadAccess
    | ReadIdentity
    | InspectAccess
    | FindTenant
    | FindUser
    | FindClient
    | FindFamily
    | Hash
    | ListFamilies
    | EndFamilies
    | Keep
    | Reserve
    | KeepReserved
    | Release
    | Look
    | Take
    | Tally
    | Draw
    | MakeNonce
    | KnowNonce
    | Now
    | PublishedKeys
    | Tell
    | Manage
)

__all__ = [
    "Begin",
    "Check",
    "Command",
    "Derive",
    "Draw",
    "End",
    "EndFamilies",
    "FactorRule",
    "FindClient",
    "FindFamily",
    "FindTenant",
    "FindUser",
    "Hash",
    "InspectAccess",
    "IssueAccess",
    "Keep",
    "KeepReserved",
    "KnowNonce",
    "ListFamilies",
    "Look",
    "MakeNonce",
    "Manage",
    "Now",
    "OpenFactorSession",
    "PublishedKeys",
    "ReadAccess",
    "ReadIdentity",
    "ReadRefresh",
    "Refresh",
    "Rehearse",
    "Release",
    "Reserve",
    "SecondFactor",
    "SignIn",
    "SignInApplication",
    "SignInClient",
    "Take",
    "Tally",
    "Tell",
]
