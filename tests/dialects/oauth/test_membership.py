"""Tokens for a tenant are invalid after the membership has ended."""

import pytest
from tests.dialects.oauth.token_world import ADA

from reticket.core.commands import BeginSession
from reticket.core.errors import Cause
from reticket.oauth.provider import USER


@pytest.fixture
def issued(world):
    scope = "openid orders.read"
    return world.perform(BeginSession(USER, ADA, context="1001", client="backend", scope=scope))


def leave(world):
    world.people.change(tenants=ADA.tenants[:1])


def test_a_refresh_for_a_tenant_after_the_membership_ended_is_refused(world, issued):
    leave(world)
    before = world.spendable()
    reply = world.refresh(issued.refresh_token, "backend")
    assert (reply.status, reply.error) == (400, "invalid_grant")
    assert reply.body == world.refresh("x", "backend").body
    assert world.spendable() == before
    assert world.causes().count(Cause.NO_ACCESS) == 1
    world.people.change(tenants=ADA.tenants)
    assert world.refresh(issued.refresh_token, "backend").status == 200


def test_an_access_token_for_a_tenant_is_invalid_after_the_membership_ended(world, issued):
    assert world.look(issued.access_token).said["active"]
    assert world.who(issued.access_token).status == 200
    leave(world)
    assert world.is_inactive(issued.access_token)
    reply = world.who(issued.access_token)
    assert (reply.status, reply.error) == (401, "invalid_token")


def test_a_refresh_token_for_a_tenant_is_inactive_after_the_membership_ended(world, issued):
    assert world.look(issued.refresh_token).said["active"]
    leave(world)
    assert world.is_inactive(issued.refresh_token)
    assert world.causes()[-1] == Cause.NO_ACCESS
    world.people.change(tenants=ADA.tenants)
    assert world.look(issued.refresh_token).said["active"]
