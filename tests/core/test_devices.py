"""The number of new device names per day is limited, because a store keeps them forever."""

import pytest
from tests.core.world import ADA, OPAQUE

from reticket.core.commands import BeginSession
from reticket.core.model import Caller
from reticket.core.sessions.devices import DAY, Devices
from reticket.testing import FakeClock
from reticket.testing.store_contract import family_of


@pytest.fixture
def clock():
    return FakeClock()


def kept(devices, name, **members):
    """The device in the row of a new family."""
    return devices.kept(family_of(1)._replace(device=name, **members)).device


def test_over_the_daily_limit_a_new_device_has_no_name(clock):
    devices = Devices(clock, most=2)
    assert [kept(devices, name) for name in ("a", "b", "c", "a", "d")] == [
        "a",
        "b",
        None,
        "a",
        None,
    ]


@pytest.mark.parametrize("member", ["resource", "client", "scope", "policy"])
def test_the_same_device_with_another_client_or_scope_counts_again(clock, member):
    """PostgreSQL keeps a row of traits for each of them."""
    devices = Devices(clock, most=2)
    found = [kept(devices, "a", **{member: word}) for word in ("x", "y", "z", "x")]
    assert found == ["a", "a", None, "a"]


def test_the_daily_limit_of_device_names_resets(clock):
    devices = Devices(clock, most=1)
    assert [kept(devices, name) for name in ("a", "b")] == ["a", None]
    clock.forward(DAY // 1000)
    assert [kept(devices, name) for name in ("b", "a")] == ["b", None]


def test_the_device_limit_is_logged_once(clock, caplog):
    devices = Devices(clock, most=2)
    for name in ("a", "b", "a"):
        kept(devices, name)
    assert caplog.messages == []
    for name in ("c", "a", "d"):
        kept(devices, name)
    assert caplog.messages == ["devices_too_many"]


@pytest.mark.anyio
async def test_a_session_without_a_device_name_works(world, monkeypatch):
    monkeypatch.setattr(world.engine, "_devices", Devices(FakeClock(), most=1))
    named, unnamed = [
        await world.engine.begin(
            BeginSession(OPAQUE.name, ADA), None, Caller("192.0.2.1", "1" * 32, name)
        )
        for name in ("first", "second")
    ]
    assert world.family(named).device == "first"
    assert world.family(unnamed).device is None
    assert (await world.refresh(unnamed.refresh_token)).refresh_token
    assert [event.device for event in world.audit.events][:2] == ["first", "second"]
