import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reticket.core.commands import Refresh
from reticket.core.entitlement import entitled
from reticket.core.errors import Code
from reticket.core.people import Application, Guest, User
from reticket.dialects import kibo
from reticket.dialects.kibo import adminuser, application, developer
from reticket.dialects.kibo.kinds import KIBO_2026, KIBO_ANONYMOUS_2026, KIBO_SHOPPER_2026, KINDS
from reticket.http.routing import RoutingTable
from reticket.testing.dialect_fixtures import error_of, request_of

DIALECT = kibo.build()
TABLE = RoutingTable([DIALECT])


def first_refresh(path: str, query: str = "") -> Refresh:
    body = '{"refreshToken": "rtk_old"}'
    request = request_of({"method": "PUT", "path": path, "query": query, "body": body})
    match = TABLE.find("PUT", path)
    assert match is not None
    assert match.route is not None
    command = next(match.route.operate(request))
    assert isinstance(command, Refresh)
    return command


@pytest.mark.parametrize(
    ("path", "member", "other"),
    [
        ("/api/platform/adminuser/authtickets/tenants", "1000", "77"),
        ("/api/platform/developer/authtickets/", "77", "1000"),
    ],
)
def test_a_refresh_is_only_for_tenants_and_accounts_of_the_user(
    path: str, member: str, other: str, ada: User
) -> None:
    command = first_refresh(path)
    assert entitled(ada, None, command.place, command.part)
    assert entitled(ada, member, command.place, command.part)
    assert not entitled(ada, other, command.place, command.part)
    assert not entitled(replace(ada, tenants=(), accounts=()), member, command.place, command.part)


def test_applications_refresh_whatever_the_scope(samples: Mapping[str, Any]) -> None:
    command = first_refresh("/api/platform/applications/authtickets/refresh-ticket/")
    assert entitled(samples["application"], None, command.place, command.part)


def test_the_kinds_of_token() -> None:
    kinds = {kind.name: kind.subjects for kind in KINDS}
    assert kinds == {
        "kibo.application": Application,
        "kibo.developer": User,
        "kibo.adminuser": User,
        "kibo.shopper": User,
        "kibo.anonymous_shopper": Guest,
    }
    policies = {kind.name: kind.policy for kind in KINDS}
    assert policies.pop("kibo.anonymous_shopper") is KIBO_ANONYMOUS_2026
    assert policies.pop("kibo.shopper") is KIBO_SHOPPER_2026
    assert set(policies.values()) == {KIBO_2026}
    for kind in KINDS:
        assert not kind.symmetric
        assert kind.refresh_claims is None
        (advice,) = kind.advice
        assert advice.applies_to(replace(KIBO_2026, access=180))
        assert not advice.applies_to(replace(KIBO_2026, access=181))


@pytest.mark.parametrize("example", DIALECT.examples, ids=lambda example: example.title)
def test_every_example_has_a_route(example: Any, samples: Mapping[str, Any]) -> None:
    for method, path in (example.sign_in, example.refresh):
        match = TABLE.find(method, path.partition("?")[0])
        assert match is not None
        assert match.route is not None
    assert isinstance(json.loads(example.body), dict)
    assert example.then_body is None or "x-vol-app-claims" in example.then_headers


@pytest.mark.parametrize(
    ("ticket", "sample", "path"),
    [
        (application.ticket, "issued to application", f"{application.PATH}/refresh-ticket"),
        (developer.ticket, "issued to ada for 77", developer.PATH),
        (adminuser.ticket, "issued to ada for 1000", f"{adminuser.PATH}/tenants"),
    ],
)
def test_a_ticket_sent_back_whole_refreshes(
    ticket: Any, sample: str, path: str, samples: Mapping[str, Any]
) -> None:
    body = ticket(samples[sample])
    request = request_of({"method": "PUT", "path": f"/api{path}", "body": body})
    match = TABLE.find("PUT", f"/api{path}")
    assert match is not None
    assert match.route is not None
    command = next(match.route.operate(request))
    assert isinstance(command, Refresh)
    assert command.token == "rtk_new"


def test_the_same_facts_make_the_same_bytes(samples: Mapping[str, Any]) -> None:
    issued = samples["issued to ada for 1000"]
    assert adminuser.ticket(issued) == adminuser.ticket(replace(issued, holder=samples["ada"]))


def test_two_sessions_of_a_user_have_their_own_last_login_date(samples: Mapping[str, Any]) -> None:
    issued = samples["issued to ada for 1000"]
    other = replace(issued, family=issued.family._replace(previous_sign_in=0))
    for one, said in ((issued, "2025-04-25T06:58:28.000Z"), (other, "1970-01-01T00:00:00.000Z")):
        ticket = json.loads(adminuser.ticket(one))
        tenants = [*ticket["availableTenants"], ticket["tenant"]]
        assert {tenant["lastLoginDate"] for tenant in tenants} == {said}


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("debug", [False, True])
def test_every_refusal_has_the_five_members(code: Code, debug: bool) -> None:
    dialect = kibo.build(kibo.Options(debug=debug))
    request = request_of({"method": "POST", "path": "/api/any"})
    response = dialect.refuse(request, error_of({"code": code.value, "retry_after": 1}))
    said = json.loads(response.body)
    assert dict(response.headers)[b"x-vol-correlation"] == request.caller.correlation_id.encode()
    assert ("exceptionDetail" in said) is debug
    assert said.keys() - {"exceptionDetail"} == {
        "applicationName",
        "errorCode",
        "message",
        "additionalErrorData",
        "items",
    }
