"""The table `[connections]`: what clients may send and how long they may take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reticket.settings.table import Table
from reticket.settings.values import Accepts, Int, Size, Timeout

_Many = Annotated[Int, Field(ge=1, le=2**20), Accepts("a whole number from 1 to 1048576")]
_Room = Annotated[
    Int, Field(ge=2**20, le=2**40), Accepts("a whole number of bytes, from 1 MiB to 1 TiB")
]


class Connections(Table):
    """Limits on incomplete requests and on connections."""

    request_line: Size = Field(16_384, description="longest request line; longer is answered 414")
    header: Size = Field(16_384, description="longest header; longer is answered 431")
    headers: Size = Field(65_536, description="all headers of a request; more is answered 431")
    handshake_timeout: Timeout = Field(10.0, description="time for the TLS handshake")
    head_timeout: Timeout = Field(10.0, description="time for request line and headers, then 408")
    body_timeout: Timeout = Field(30.0, description="time for a body after its headers, then 408")
    read_timeout: Timeout = Field(30.0, description="how long a piece of an answer may stay unread")
    idle_timeout: Timeout = Field(
        150.0, description="time between two requests; longer than proxies keep connections"
    )
    body_room: _Room = Field(
        268_435_456,
        description="bytes of requests that are not answered yet, in all workers; the first 8 KiB "
        "of each connection are free. One address has a sixteenth. Beyond it the answer is 503",
    )
    total: _Many = Field(
        16_384,
        description="open connections of all workers. Beyond it a connection of the network that "
        "holds most is closed, or the new one is refused",
    )
    per_address: _Many = Field(
        512, description="open connections of one IPv4 address or IPv6 /64; not of trusted proxies"
    )
