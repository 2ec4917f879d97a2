from kibo import (
    AdminAuthTicketApi,
    ApiClient,
    AppAuthInfo,
    AppAuthTicketsApi,
    AuthTicketRequest,
    Configuration,
    CustomerAuthTicketsApi,
    CustomerUserAuthInfo,
    DeveloperAdminAuthTicketApi,
    OAuthRequest,
    UserAuthInfo,
)
from kibo.exceptions import NotFoundException, UnauthorizedException

APPLICATION, SECRET = "ns.app.1.0.0.Release", "s3cret"
ADA = UserAuthInfo(emailAddress="ada@example.com", password="correct horse")
JOAN = CustomerUserAuthInfo(username="joan@example.com", password="hut eight")
SHOP = {"x_vol_tenant": 1000, "x_vol_site": 2000}
anonymous = ApiClient()


def bearing(ticket):
    return ApiClient(Configuration(access_token=ticket.access_token))


def is_refused(call, *said, **named):
    try:
        call(*said, **named)
    except (UnauthorizedException, NotFoundException) as refusal:
        return bool(refusal.data.error_code)
    return False


def application():
    api = AppAuthTicketsApi(anonymous)
    said = AppAuthInfo(applicationId=APPLICATION, sharedSecret=SECRET)
    ticket = api.create_app_auth_ticket(app_auth_info=said)
    own = AppAuthTicketsApi(bearing(ticket))
    said = AuthTicketRequest(refreshToken=ticket.refresh_token)
    fresh = own.refresh_app_auth_ticket(auth_ticket_request=said)
    api.delete_app_auth_ticket(fresh.refresh_token)
    said = AuthTicketRequest(refreshToken=fresh.refresh_token)
    assert is_refused(lambda: own.refresh_app_auth_ticket(auth_ticket_request=said))


def application_by_oauth():
    api = AppAuthTicketsApi(anonymous)
    own = {"client_id": APPLICATION, "client_secret": SECRET}
    said = OAuthRequest(grant_type="client_credentials", **own)
    begun = api.create_or_refresh_app_auth_ticket_o_auth(o_auth_request=said)
    said = OAuthRequest(grant_type="refresh_token", refresh_token=begun.refresh_token, **own)
    assert api.create_or_refresh_app_auth_ticket_o_auth(o_auth_request=said).access_token


def developer():
    api = DeveloperAdminAuthTicketApi(anonymous)
    ticket = api.create_developer_auth_ticket(developer_account_id=77, user_auth_info=ADA)
    own = DeveloperAdminAuthTicketApi(bearing(ticket))
    fresh = own.refresh_developer_auth_ticket(78, developer_admin_user_auth_ticket=ticket)
    assert fresh.account.id == 78
    api.delete_developer_auth_ticket(refresh_token=fresh.refresh_token)
    assert is_refused(own.refresh_developer_auth_ticket, 78, None, fresh)


def admin_user():
    api = AdminAuthTicketApi(anonymous)
    ticket = api.create_auth_ticket(tenant_id=1000, user_auth_info=ADA)
    own = AdminAuthTicketApi(bearing(ticket))
    fresh = own.refresh_auth_ticket(1001, tenant_admin_user_auth_ticket=ticket)
    assert fresh.tenant.id == 1001
    api.delete_auth_ticket(refresh_token=fresh.refresh_token)
    assert is_refused(own.refresh_auth_ticket, 1001, None, fresh)


def shoppers():
    said = AppAuthInfo(applicationId=APPLICATION, sharedSecret=SECRET)
    ticket = AppAuthTicketsApi(anonymous).create_app_auth_ticket(app_auth_info=said)
    shop = CustomerAuthTicketsApi(bearing(ticket))
    nobody = shop.create_anonymous_shopper_auth_ticket(**SHOP)
    assert nobody.customer_account.is_anonymous
    joan = shop.create_user_auth_ticket(customer_user_auth_info=JOAN, **SHOP)
    assert joan.customer_account.email_address == "joan@example.com"
    for each in (nobody, joan):
        fresh = shop.refresh_user_auth_ticket(refresh_token=each.refresh_token, **SHOP)
        assert fresh.user_id == each.user_id
        token = fresh.refresh_token
        shop.delete_user_auth_ticket(refresh_token=token, **SHOP)
        assert is_refused(shop.refresh_user_auth_ticket, refresh_token=token, **SHOP)


application()
application_by_oauth()
developer()
admin_user()
shoppers()
