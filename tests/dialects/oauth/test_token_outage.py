"""A store that fails while a family begins: what was spent for it can be spent again."""

import pytest
from tests.dialects.oauth.test_token_device import CODE, DIGEST, GRANT, consent
from tests.dialects.oauth.token_world import claims_of

from reticket.core.errors import Unavailable
from reticket.dialects.oauth.codes import LIFETIME
from reticket.dialects.oauth.device_codes import (
    LIFETIME as DEVICE_LIFETIME,
)
from reticket.dialects.oauth.device_codes import (
    REMEMBERED,
    DeviceRequest,
    asking,
    remembered,
)
from reticket.dialects.oauth.device_grant import AGAIN


@pytest.fixture(params=["before", "after"])
def outage(request, world, monkeypatch):
    """The store fails once: before it has written a family, or with the answer on its way."""

    def fail(families):
        monkeypatch.undo()
        if request.param == "after":
            world.store.create(families)
        raise Unavailable("the disk is full")

    return lambda: monkeypatch.setattr(world.store, "create", fail)


def living(world):
    return [family for family in world.families() if not family.revoked_at]


def test_a_code_works_once_the_store_is_back(world, outage):
    code = world.code("spa")
    outage()
    assert world.exchange(code).status == 503
    world.clock.forward(LIFETIME - 1)
    pair = world.exchange(code).said
    assert [family.id.hex() for family in living(world)] == [claims_of(pair["access_token"])["sid"]]
    assert world.refresh(pair["refresh_token"]).status == 200


def test_a_second_use_ends_what_the_second_try_gave(world, outage):
    code = world.code("spa")
    outage()
    assert world.exchange(code).status == 503
    assert world.exchange(code).status == 200
    assert world.exchange(code).error == "invalid_grant"
    assert living(world) == []


def test_a_code_that_is_put_back_lives_no_longer(world, outage):
    code = world.code("spa")
    world.clock.forward(LIFETIME - 2)
    outage()
    assert world.exchange(code).status == 503
    world.clock.forward(2)
    assert world.exchange(code).error == "invalid_grant"
    assert living(world) == []


def test_a_device_polls_on_once_the_store_is_back(world, outage):
    written = DeviceRequest("tv", "openid orders.read").written()
    world.ephemeral.once(asking(DIGEST), DEVICE_LIFETIME, written)
    world.ephemeral.once(remembered(DIGEST), REMEMBERED)
    consent(world, family=f"{world.clock():012x}70018000000000000001")
    outage()
    form = {"grant_type": GRANT, "device_code": CODE}
    assert world.token("tv", **form).status == 503
    world.clock.forward(5)
    assert world.token("tv", **form).status == 200
    world.clock.forward(5)
    assert world.token("tv", **form).error == "expired_token"
    assert len(living(world)) == 1


@pytest.mark.parametrize(
    ("age", "left"), [(0, AGAIN), (DEVICE_LIFETIME - 10, 10)], ids=["for a minute", "to its end"]
)
def test_a_device_code_that_is_put_back_lives_no_longer(world, outage, age, left):
    family = f"{world.clock():012x}70018000000000000001"
    world.clock.forward(age)
    written = DeviceRequest("tv", "openid orders.read").written()
    world.ephemeral.once(asking(DIGEST), DEVICE_LIFETIME - age, written)
    world.ephemeral.once(remembered(DIGEST), REMEMBERED)
    consent(world, family=family)
    outage()
    form = {"grant_type": GRANT, "device_code": CODE}
    assert world.token("tv", **form).status == 503
    world.clock.forward(left - 1)
    assert world.ephemeral.peek(asking(DIGEST)) is not None
    world.clock.forward(1)
    assert world.token("tv", **form).error == "expired_token"
    assert living(world) == []
