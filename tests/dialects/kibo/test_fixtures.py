from tests.dialects.every import BUILT, FIXTURES


def test_every_route_is_in_the_fixtures() -> None:
    routes = {(route.method, f"/api{route.path}") for route in BUILT["kibo"].routes}
    played = {(one.request["method"], one.request["path"]) for one in FIXTURES["kibo"].exchanges}
    assert {path for _, path in routes - played} == {
        "/api/platform/applications/authtickets/refresh-ticket/{refreshToken}",
        "/api/platform/applications/authtickets/{refreshToken}",
        "/api/platform/tenants/{tenantId}",
        "/api/commerce/customer/accounts/{accountId}/Create-Login",
        "/api/commerce/customer/accounts/{accountId}/Change-Password",
        "/api/commerce/customer/accounts/{accountId}/loginstate",
    }
    assert ("DELETE", "/api/platform/applications/authtickets/rtk_old") in played
    assert ("GET", "/api/platform/tenants/1000") in played
