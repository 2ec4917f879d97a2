from dataclasses import replace

import pytest
from tests.core.world import ADA, SHOP

from reticket.core.entitlement import entitled, in_one_of
from reticket.core.model import Place
from reticket.core.people import DeveloperAccount, Tenant

TENANT = Tenant(1000, "One")
WITH_TENANT = replace(ADA, tenants=(TENANT,))
WITH_ACCOUNT = replace(ADA, accounts=(DeveloperAccount(77, "Two"),))


@pytest.mark.parametrize("holder", [ADA, SHOP])
def test_by_default_no_entitlement_is_required(holder):
    assert entitled(holder, "1000", None, None)


def test_a_person_may_have_a_token_for_their_own_tenant_or_for_no_tenant():
    place = Place.TENANT
    assert entitled(WITH_TENANT, "1000", place, None)
    assert entitled(ADA, None, place, None)
    assert not entitled(ADA, "1000", place, None)
    assert not entitled(WITH_ACCOUNT, "77", place, None)


def test_an_account_is_no_tenant():
    place = Place.ACCOUNT
    assert entitled(WITH_ACCOUNT, "77", place, None)
    assert not entitled(WITH_TENANT, "1000", place, None)


def test_a_dialect_must_know_the_person():
    assert entitled(replace(ADA, parts=(("cloudreve", "{}"),)), None, None, "cloudreve")
    assert not entitled(ADA, None, None, "cloudreve")
    assert not entitled(SHOP, None, None, "cloudreve")


def test_a_person_must_be_in_one_of_the_groups():
    staff = replace(ADA, groups=("staff", "tea"))
    assert in_one_of(staff, ("admins", "staff"))
    assert not in_one_of(staff, ("admins", "Staff", "sta"))
    assert not in_one_of(staff, ())
    assert not in_one_of(SHOP, ("staff",))
    assert in_one_of(ADA, None)
    assert in_one_of(SHOP, None)
