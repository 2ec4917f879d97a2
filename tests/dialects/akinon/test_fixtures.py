from dataclasses import replace
from pathlib import Path

import pytest

from reticket.core.entitlement import entitled
from reticket.core.errors import Code
from reticket.core.model import AccessToken, Family, Issued, Outcome
from reticket.core.people import User
from reticket.dialects import akinon
from reticket.dialects.akinon.profile import Person
from reticket.testing.dialect_fixtures import (
    Exchange,
    assert_answer,
    error_of,
    load_fixtures,
    play,
    request_of,
)

FIXTURES = load_fixtures(Path(__file__).with_name("fixtures.yaml"))
ISSUED_AT = 1_745_650_708_456

ADA = User(
    id="0123456789abcdef0123456789abcdef",
    short_id="lpua",
    email="ada@example.com",
    first_name="Ada",
    last_name=None,
    disabled=False,
    active=True,
    credential_version=1,
    created_at=1_595_505_600_000,
    tenants=(),
    accounts=(),
    parts=(("akinon", Person("Acme", ("admin",), "admin", "00112233445566778899aabb")),),
)
NOBODY = replace(ADA, parts=())
FAMILY = Family(
    id=bytes(16),
    resource="akinon.user",
    subject=ADA.id,
    client=None,
    context=None,
    scope=None,
    policy="AKINON_2026",
    ends_at=ISSUED_AT * 2,
    expires_at=ISSUED_AT + 1_209_600_000,
    generation=2,
    parent=1,
    floor=1,
    open_from=1,
    rotated_at=ISSUED_AT,
)
ISSUED = Issued(
    Outcome.ADVANCED,
    FAMILY,
    ADA,
    None,
    ISSUED_AT,
    ISSUED_AT + 3_600_000,
    ISSUED_AT + 1_209_600_000,
    "head.access.mac",
    "rtk_new",
)
ACCESS = AccessToken("akinon.user", ADA.id, FAMILY.id, None, ISSUED_AT, {})
SAMPLES = {
    "ada": ADA,
    "issued": ISSUED,
    "nothing": FAMILY,
    "access": (ACCESS, ADA),
    "access of nobody": (ACCESS, NOBODY),
}


@pytest.mark.parametrize("exchange", FIXTURES.exchanges, ids=lambda exchange: exchange.name)
def test_exchange(exchange: Exchange) -> None:
    play(akinon.build(akinon.Options(**exchange.options)), exchange, SAMPLES)


def test_every_code_is_in_the_fixtures() -> None:
    assert set(FIXTURES.refusals) == set(Code)


@pytest.mark.parametrize("code", list(Code))
def test_refusal(code: Code) -> None:
    said = {"code": code.value}
    if code is Code.TOO_MANY_ATTEMPTS:
        said |= {"retry_after": 300}
    request = request_of({"method": "POST", "path": "/api/v1/any"})
    assert_answer(akinon.build().refuse(request, error_of(said)), FIXTURES.refusals[code])


def test_names_are_told_apart() -> None:
    names = [exchange.name for exchange in FIXTURES.exchanges]
    assert len(set(names)) == len(names)


def test_a_user_without_an_organization_is_unknown() -> None:
    request = request_of(
        {
            "method": "POST",
            "path": "/api/v1/auth/login",
            "body": '{"username": "nobody@example.com", "password": "nothing to see"}',
        }
    )
    log_in = next(route for route in akinon.build().routes if route.path == "/auth/login")
    command = next(log_in.operate(request))
    assert entitled(ADA, None, None, command.part)
    assert not entitled(NOBODY, None, None, command.part)


def test_a_user_who_left_the_organization_may_not_refresh() -> None:
    request = request_of(
        {"method": "POST", "path": "/api/v1/auth/refresh-token", "body": '{"refreshToken": "a"}'}
    )
    refresh = next(route for route in akinon.build().routes if "refresh" in route.path)
    command = next(refresh.operate(request))
    assert entitled(ADA, None, command.place, command.part)
    assert not entitled(NOBODY, None, command.place, command.part)
