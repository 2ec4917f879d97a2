"""Requests to `/session/prepare` are counted by network, as failed sign-ins are."""

import pytest

from reticket.core.commands import Increment
from reticket.core.model import Caller
from reticket.dialects.cloudreve.network_limit import NetworkLimit
from reticket.dialects.cloudreve.prepare import Prepare
from reticket.wire import WireRequest


def counted_by(address: str) -> str:
    """The counter of a request from that address."""
    request = WireRequest(
        "GET", "/api/v4/session/prepare", b"email=ada%40example.com", [], b"",
        Caller(address, "0" * 32),
    )  # fmt: skip
    commands = Prepare(reveals=True, limit=NetworkLimit("cloudreve:prepare", 1))(request)
    command = next(commands)
    assert isinstance(command, Increment)
    return command.key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_all_addresses_of_one_network_share_one_counter(one: str, other: str, same: bool) -> None:
    assert (counted_by(one) == counted_by(other)) is same
