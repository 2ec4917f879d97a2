"""The table `[fetch]`: what the service asks other servers for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from reticket.settings.table import Table
from reticket.settings.values import Accepts, Count, ExistingFile, items

_HostName = Annotated[str, Field(pattern=r"^[0-9a-z]([0-9a-z.-]{0,251}[0-9a-z])?$")]
_HostNames = Annotated[
    tuple[_HostName, ...],
    BeforeValidator(items),
    Accepts("a list of host names in lower case, such as keys.example.internal"),
]


class Fetch(Table):
    """Requests to other servers: keys and metadata of clients, and what is sent to them."""

    private_hosts: _HostNames = Field(
        (),
        description="hosts that may have private addresses; all others must have public ones",
    )
    ca_file: ExistingFile | None = Field(
        None,
        description="certificate authorities of these hosts, PEM; without it the system's",
    )
    per_network: Count = Field(
        60, description="fetches in a minute that callers of one IPv4 address or IPv6 /64 may cause"
    )
    per_host: Count = Field(120, description="fetches in a minute from one host")
