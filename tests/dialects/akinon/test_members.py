from tests.dialects.akinon.samples import ADA

from reticket.core.entitlement import entitled
from reticket.core.tokens.kinds import Facts
from reticket.dialects import akinon
from reticket.dialects.akinon.user import KIND
from reticket.testing.dialect_fixtures import request_of
from reticket.testing.dialect_samples import PLAIN_ADA, sample_family


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
    assert not entitled(PLAIN_ADA, None, None, command.part)


def test_a_user_who_left_the_organization_may_not_refresh() -> None:
    request = request_of(
        {"method": "POST", "path": "/api/v1/auth/refresh-token", "body": '{"refreshToken": "a"}'}
    )
    refresh = next(route for route in akinon.build().routes if "refresh" in route.path)
    command = next(refresh.operate(request))
    assert entitled(ADA, None, command.place, command.part)
    assert not entitled(PLAIN_ADA, None, command.place, command.part)


def test_the_subject_of_an_access_token_is_the_id_in_the_profile() -> None:
    facts = Facts(sample_family(KIND), PLAIN_ADA, None, 0, 0)
    assert KIND.access_claims is not None
    assert KIND.access_claims(facts) == {"sub": PLAIN_ADA.id[:24]}
