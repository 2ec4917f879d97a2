"""What a dialect may ask of the service. A dialect yields one and is sent the result.

Each class names its result in its docstring; any of them may raise a Refusal or Unavailable.
"""

from __future__ import annotations

from reticket.core.commands.families import (
    BeginSession,
    Check,
    DryRunRefresh,
    EndSession,
    EndSessions,
    ExchangeToken,
    FindSession,
    InspectAccess,
    IssueAccess,
    ListSessions,
    ReadAccess,
    ReadIdentity,
    ReadRefresh,
    Refresh,
)
from reticket.core.commands.others import (
    Audit,
    CheckNonce,
    FindClient,
    FindTenant,
    FindUser,
    Hash,
    Increment,
    MakeNonce,
    Now,
    Peek,
    Pop,
    PublishedKeys,
    PutIfAbsent,
    PutReserved,
    RandomBytes,
    Release,
    Reserve,
    RunInDirectory,
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
    | BeginSession
    | Refresh
    | DryRunRefresh
    | EndSession
    | ExchangeToken
    | IssueAccess
    | ReadRefresh
    | ReadAccess
    | ReadIdentity
    | InspectAccess
    | FindTenant
    | FindUser
    | FindClient
    | FindSession
    | Hash
    | ListSessions
    | EndSessions
    | PutIfAbsent
    | Reserve
    | PutReserved
    | Release
    | Peek
    | Pop
    | Increment
    | RandomBytes
    | MakeNonce
    | CheckNonce
    | Now
    | PublishedKeys
    | Audit
    | RunInDirectory
)

__all__ = [
    "Audit",
    "BeginSession",
    "Check",
    "CheckNonce",
    "Command",
    "DryRunRefresh",
    "EndSession",
    "EndSessions",
    "ExchangeToken",
    "FactorRule",
    "FindClient",
    "FindSession",
    "FindTenant",
    "FindUser",
    "Hash",
    "Increment",
    "InspectAccess",
    "IssueAccess",
    "ListSessions",
    "MakeNonce",
    "Now",
    "OpenFactorSession",
    "Peek",
    "Pop",
    "PublishedKeys",
    "PutIfAbsent",
    "PutReserved",
    "RandomBytes",
    "ReadAccess",
    "ReadIdentity",
    "ReadRefresh",
    "Refresh",
    "Release",
    "Reserve",
    "RunInDirectory",
    "SecondFactor",
    "SignIn",
    "SignInApplication",
    "SignInClient",
]
