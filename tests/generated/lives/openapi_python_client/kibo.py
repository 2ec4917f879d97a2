import os

from kibo import AuthenticatedClient, Client
from kibo.api.admin_auth_ticket import create_auth_ticket, delete_auth_ticket, refresh_auth_ticket
from kibo.api.app_auth_tickets import (
    create_app_auth_ticket,
    create_or_refresh_app_auth_ticket_o_auth,
    delete_app_auth_ticket,
    refresh_app_auth_ticket,
)
from kibo.api.customer_auth_tickets import (
    create_anonymous_shopper_auth_ticket,
    create_user_auth_ticket,
    delete_user_auth_ticket,
    refresh_user_auth_ticket,
)
from kibo.api.developer_admin_auth_ticket import (
    create_developer_auth_ticket,
    delete_developer_auth_ticket,
    refresh_developer_auth_ticket,
)
from kibo.models import (
    AppAuthInfo,
    AuthTicket,
    AuthTicketRequest,
    CustomerAuthTicket,
    CustomerUserAuthInfo,
    Error,
    OAuthRequest,
    OAuthResponse,
    UserAuthInfo,
)

SERVER = os.environ["SERVER"]
APPLICATION = {"id": "ns.app.1.0.0.Release", "secret": "s3cret"}
ADA = {"email_address": "ada@example.com", "password": "correct horse"}
JOAN = {"username": "joan@example.com", "password": "hut eight"}
SHOP = {"x_vol_tenant": 1000, "x_vol_site": 2000}
client = Client(SERVER)


def application():
    body = AppAuthInfo(application_id=APPLICATION["id"], shared_secret=APPLICATION["secret"])
    ticket = create_app_auth_ticket.sync(client=client, body=body)
    assert isinstance(ticket, AuthTicket), ticket
    fresh = refresh_app_auth_ticket.sync(
        client=AuthenticatedClient(SERVER, ticket.access_token),
        body=AuthTicketRequest(refresh_token=ticket.refresh_token),
    )
    assert isinstance(fresh, AuthTicket), fresh
    ended = delete_app_auth_ticket.sync_detailed(fresh.refresh_token, client=client)
    assert ended.status_code == 200
    refused = refresh_app_auth_ticket.sync_detailed(
        client=AuthenticatedClient(SERVER, fresh.access_token),
        body=AuthTicketRequest(refresh_token=fresh.refresh_token),
    )
    assert refused.status_code == 401
    assert isinstance(refused.parsed, Error), refused.content


def application_by_oauth():
    asked = {"client_id": APPLICATION["id"], "client_secret": APPLICATION["secret"]}
    body = OAuthRequest(grant_type="client_credentials", **asked)
    begun = create_or_refresh_app_auth_ticket_o_auth.sync(client=client, body=body)
    assert isinstance(begun, OAuthResponse), begun
    body = OAuthRequest(grant_type="refresh_token", refresh_token=begun.refresh_token, **asked)
    fresh = create_or_refresh_app_auth_ticket_o_auth.sync(client=client, body=body)
    assert isinstance(fresh, OAuthResponse), fresh


def person(create, refresh, delete, scope, changed):
    body = UserAuthInfo(**ADA)
    ticket = create.sync(client=client, body=body, **scope)
    bearer = AuthenticatedClient(SERVER, ticket.access_token)
    fresh = refresh.sync(client=bearer, body=ticket)
    assert fresh.access_token != ticket.access_token
    switched = refresh.sync(client=bearer, body=fresh, **changed)
    assert switched.refresh_token
    token = switched.refresh_token
    assert delete.sync_detailed(client=client, refresh_token=token).status_code == 200
    assert refresh.sync_detailed(client=bearer, body=switched).status_code == 401


def shoppers():
    body = AppAuthInfo(application_id=APPLICATION["id"], shared_secret=APPLICATION["secret"])
    application = create_app_auth_ticket.sync(client=client, body=body)
    shop = {"client": AuthenticatedClient(SERVER, application.access_token), **SHOP}
    nobody = create_anonymous_shopper_auth_ticket.sync(**shop)
    assert nobody.customer_account.is_anonymous
    joan = create_user_auth_ticket.sync(body=CustomerUserAuthInfo(**JOAN), **shop)
    assert joan.customer_account.email_address == JOAN["username"]
    for each in (nobody, joan):
        fresh = refresh_user_auth_ticket.sync(refresh_token=each.refresh_token, **shop)
        assert isinstance(fresh, CustomerAuthTicket), fresh
        assert fresh.user_id == each.user_id
        token = fresh.refresh_token
        ended = delete_user_auth_ticket.sync_detailed(refresh_token=token, **shop)
        assert ended.status_code == 200
        refused = refresh_user_auth_ticket.sync_detailed(refresh_token=token, **shop)
        assert refused.status_code == 404
        assert isinstance(refused.parsed, Error), refused.content


application()
application_by_oauth()
person(
    create_developer_auth_ticket,
    refresh_developer_auth_ticket,
    delete_developer_auth_ticket,
    {"developer_account_id": 77},
    {"developer_account_id": 78},
)
person(
    create_auth_ticket,
    refresh_auth_ticket,
    delete_auth_ticket,
    {"tenant_id": 1000},
    {"tenant_id": 1001},
)
shoppers()
