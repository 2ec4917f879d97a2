"""The plans of the suite that are run, and the configuration that each of them gets.

The members of a configuration, the variants and the names of modules are the suite's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance import pages
from tests.conformance.addresses import ALIAS, Addresses
from tests.conformance.clients import Client, Clients, Json

Steps = Callable[[Addresses], list[pages.Step]]
"""What the browser does in one module."""

STATIC = {"server_metadata": "discovery", "client_registration": "static_client"}
CODE = {
    "client_registration": "static_client",
    "response_type": "code",
    "response_mode": "default",
}
FAPI = {
    "client_auth_type": "private_key_jwt",
    "sender_constrain": "dpop",
    "fapi_profile": "plain_fapi",
    "openid": "openid_connect",
    "authorization_request_type": "simple",
}


def _error_page(addresses: Addresses) -> list[pages.Step]:
    return [pages.error_page(addresses)]


def _shown_again(addresses: Addresses) -> list[pages.Step]:
    return [pages.sign_in_seen(addresses)]


def _denied(addresses: Addresses) -> list[pages.Step]:
    return [pages.sign_in_and_deny(addresses)]


def _used_once(addresses: Addresses) -> list[pages.Step]:
    return [pages.sign_in_once(addresses), pages.error_page(addresses)]


def _looked_at_first(addresses: Addresses) -> list[pages.Step]:
    return [pages.look_only(addresses), pages.sign_in(addresses)]


def _signed_out(addresses: Addresses) -> list[pages.Step]:
    return [pages.sign_in(addresses), pages.sign_out(addresses)]


def _logout_page(heading: str) -> Steps:
    return lambda addresses: [pages.sign_in(addresses), pages.logout_page(addresses, heading)]


def _confirmed(addresses: Addresses) -> list[pages.Step]:
    return [pages.sign_in(addresses), pages.confirm_sign_out(addresses)]


def _consent_seen(addresses: Addresses) -> list[pages.Step]:
    return [pages.consent_seen(addresses)]


OIDCC: Mapping[str, Steps] = {
    "oidcc-prompt-login": _shown_again,
    "oidcc-max-age-1": _shown_again,
    "oidcc-ensure-registered-redirect-uri": _error_page,
    "oidcc-ensure-redirect-uri-in-authorization-request": _error_page,
    "oidcc-redirect-uri-query-added": _error_page,
    "oidcc-redirect-uri-query-mismatch": _error_page,
    "oidcc-ensure-request-object-with-redirect-uri": _error_page,
    "oidcc-registration-logo-uri": _consent_seen,
    "oidcc-registration-policy-uri": _consent_seen,
    "oidcc-registration-tos-uri": _consent_seen,
}
_LOGOUT = "oidcc-rp-initiated-logout"
LOGOUT: Mapping[str, Steps] = {
    _LOGOUT: _signed_out,
    f"{_LOGOUT}-no-state": _signed_out,
    f"{_LOGOUT}-bad-post-logout-redirect-uri": _logout_page(pages.ERROR),
    f"{_LOGOUT}-query-added-to-post-logout-redirect-uri": _logout_page(pages.ERROR),
    f"{_LOGOUT}-no-id-token-hint": _logout_page(pages.ERROR),
    f"{_LOGOUT}-bad-id-token-hint": _logout_page(pages.ASKED),
    f"{_LOGOUT}-modified-id-token-hint": _logout_page(pages.ASKED),
    f"{_LOGOUT}-no-post-logout-redirect-uri": _logout_page(pages.SIGNED_OUT),
    f"{_LOGOUT}-no-params": _confirmed,
    f"{_LOGOUT}-only-state": _confirmed,
}
BACKCHANNEL: Mapping[str, Steps] = {"oidcc-backchannel-rp-initiated-logout": _signed_out}
_FAPI = "fapi2-security-profile-final"
FAPI_PAGES: Mapping[str, Steps] = {
    f"{_FAPI}-par-attempt-reuse-request_uri": _used_once,
    f"{_FAPI}-par-attempt-to-use-expired-request_uri": _error_page,
    f"{_FAPI}-par-attempt-to-use-request_uri-for-different-client": _error_page,
    f"{_FAPI}-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds": _looked_at_first,
    f"{_FAPI}-user-rejects-authentication": _denied,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the suite, as it is run here.

    Args:
        suite_name: its name in the suite.
        variant: the choices that the plan leaves open.
        clients: the kind of clients; see `clients.all_clients`. None: the plan registers its own.
        overrides: modules in which the browser does something else than sign in.
        resource: the protected resource, for the plans that call one.
    """

    suite_name: str
    variant: Mapping[str, str]
    clients: str | None = "secret"
    overrides: Mapping[str, Steps] = field(default_factory=lambda: OIDCC)
    resource: Callable[[Addresses], str] | None = None


PLANS: Mapping[str, Plan] = {
    "config": Plan("oidcc-config-certification-test-plan", {}),
    "basic": Plan("oidcc-basic-certification-test-plan", STATIC),
    "jwt": Plan("oidcc-test-plan", {"client_auth_type": "private_key_jwt", **CODE}, "assertion"),
    "post": Plan("oidcc-test-plan", {"client_auth_type": "client_secret_post", **CODE}),
    "formpost": Plan("oidcc-formpost-basic-certification-test-plan", STATIC),
    "dynamic": Plan(
        "oidcc-dynamic-certification-test-plan", {"response_type": "code"}, clients=None
    ),
    "logout": Plan(
        "oidcc-rp-initiated-logout-certification-test-plan",
        {"client_registration": "static_client", "response_type": "code"},
        overrides=LOGOUT,
    ),
    "backchannel": Plan(
        "oidcc-backchannel-rp-initiated-logout-certification-test-plan",
        {"client_registration": "static_client", "response_type": "code"},
        "told",
        BACKCHANNEL,
    ),
    "login": Plan(
        "oidcc-3rdparty-init-login-certification-test-plan",
        {"response_type": "code"},
        clients=None,
    ),
    "fapi2": Plan(f"{_FAPI}-test-plan", FAPI, "fapi", FAPI_PAGES, resource=lambda at: at.userinfo),
    "fapi2-cc": Plan(
        f"{_FAPI}-test-plan",
        FAPI | {"fapi_profile": "fapi_client_credentials_grant", "openid": "plain_oauth"},
        "service",
        FAPI_PAGES,
        resource=lambda at: at.resource,
    ),
}


def configuration(name: str, addresses: Addresses, clients: Clients) -> Json:
    """The configuration of a plan, as the suite takes it."""
    plan = PLANS[name]
    told: Json = {
        "alias": ALIAS,
        "description": f"reticket, {name}",
        "server": {"discoveryUrl": addresses.discovery},
        "browser": [pages.sign_in(addresses)],
        "override": _overrides(plan, addresses),
        **(_registered(*clients[plan.clients]) if plan.clients else _unregistered()),
    }
    if plan.resource:
        told["resource"] = {"resourceUrl": plan.resource(addresses)}
    return told


def _overrides(plan: Plan, addresses: Addresses) -> dict[str, Any]:
    return {name: {"browser": steps(addresses)} for name, steps in plan.overrides.items()}


def _registered(first: Client, second: Client) -> Json:
    told: Json = {"client": first.for_suite(), "client2": second.for_suite()}
    if first.secret:
        told["client_secret_post"] = first.for_suite()
    return told


def _unregistered() -> Json:
    return {"client": {"client_name": "suite-1"}, "client2": {"client_name": "suite-2"}}
