"""mozurestsdk: its setting is `baseAuthUrl`."""

import os

import lines
from mozurestsdk import mozuclient
from mozurestsdk.apicontext import ApiContext
from mozurestsdk.apiexception import ApiException
from mozurestsdk.commerce.customer.customerauthticket import CustomerAuthTicket
from mozurestsdk.platform.adminuser.tenantadminuserauthticket import TenantAdminUserAuthTicket
from mozurestsdk.platform.applications.authticket import AuthTicket
from mozurestsdk.platform.developer.developeradminuserauthticket import (
    DeveloperAdminUserAuthTicket,
)
from mozurestsdk.security.userauthenticator import UserAuthenticator

URL = os.environ["RETICKET_URL"]
SHOP = ApiContext(tenantId="1000", siteId="2000", tenantUrl=URL)

people = {}


def sign_in_application(secret):
    client = mozuclient.configure(
        applicationKey="ns.app.1.0.0.Release", sharedSecret=secret, baseAuthUrl=URL
    )
    return client.appAuth.auth


def sign_in_person(password, **place):
    people["last"] = UserAuthenticator("ada@example.com", password, **place)
    people["last"].authenticate()
    return people["last"].auth


def refresh_person(to=None):
    person = people["last"]
    person.id = to or person.id
    person.refreshAuth()
    return person.auth


lines.run(
    {
        "sign_in_application": sign_in_application,
        "token": lambda: mozuclient.default().appAuth.getAccessToken(),
        "tenant": lambda: mozuclient.default().getTenant(1000),
        "sign_out_application": lambda token: AuthTicket().deleteAppAuthTicket(token),
        "refresh_application": lambda token: AuthTicket().refreshAppAuthTicket(
            {"refreshToken": token}
        ),
        "sign_in_person": sign_in_person,
        "refresh_person": refresh_person,
        "sign_out_person": lambda token: TenantAdminUserAuthTicket().deleteUserAuthTicket(token),
        "sign_out_developer": lambda token: DeveloperAdminUserAuthTicket().deleteUserAuthTicket(
            token
        ),
        "shopper": lambda: CustomerAuthTicket(SHOP).createAnonymousShopperAuthTicket(),
        "refresh_shopper": lambda token: CustomerAuthTicket(SHOP).refreshUserAuthTicket(token),
    },
    failures=(Exception, ApiException),
)
