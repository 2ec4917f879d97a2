"""How each kind of the vendors' tokens is obtained, with the demo's data."""

import json
from urllib.parse import urlencode

from tests.http.wire import call

from reticket.dialects.cloudreve.apps import DESKTOP

ADA, PASSWORD = "ada@example.com", "correct horse"
JOAN, JOANS_PASSWORD = "joan@example.com", "hut eight"
APPLICATION, SECRET = "ns.app.1.0.0.Release", "s3cret"
TENANT, SITE = 1000, 2000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def akinon_user(url):
    return posted(url, "/api/v1/auth/login", {"username": ADA, "password": PASSWORD})


def cloudreve_user(url):
    said = {"email": ADA, "password": PASSWORD}
    return posted(url, "/api/v4/session/token", said)["data"]["token"]


def cloudreve_app(url):
    """Ada lets the drive's desktop app in."""
    consent = {
        "client_id": DESKTOP.id,
        "response_type": "code",
        "redirect_uri": DESKTOP.redirect_uris[0],
        "scope": "openid offline_access Files.Write",
    }
    bearer = {"Authorization": f"Bearer {cloudreve_user(url)['access_token']}"}
    code = posted(url, "/api/v4/session/oauth/consent", consent, bearer)["data"]["code"]
    form = {
        "client_id": DESKTOP.id,
        "client_secret": DESKTOP.secret,
        "grant_type": "authorization_code",
        "code": code,
    }
    return posted(url, "/api/v4/session/oauth/token", urlencode(form), FORM)


def kibo_application(url):
    said = {"applicationId": APPLICATION, "sharedSecret": SECRET}
    return posted(url, "/api/platform/applications/authtickets", said)


def kibo_developer(url):
    path = "/api/platform/developer/authtickets?developerAccountId=77"
    return posted(url, path, {"emailAddress": ADA, "password": PASSWORD})


def kibo_admin_user(url):
    path = f"/api/platform/adminuser/authtickets/tenants?tenantId={TENANT}"
    return posted(url, path, {"emailAddress": ADA, "password": PASSWORD})


def kibo_shopper(url):
    said = {"username": JOAN, "password": JOANS_PASSWORD}
    return posted(url, "/api/commerce/customer/authtickets", said, of_shop(url))


def kibo_anonymous_shopper(url):
    path = "/api/commerce/customer/authtickets/anonymousshopper"
    return json.loads(call(url, "GET", path, headers=of_shop(url))[2])


def of_shop(url):
    """The headers of a shop's server."""
    token = kibo_application(url)["accessToken"]
    return {"x-vol-app-claims": token, "x-vol-tenant": str(TENANT), "x-vol-site": str(SITE)}


def posted(url, path, said, headers=None):
    body = said if isinstance(said, str) else json.dumps(said)
    return json.loads(call(url, "POST", path, body, headers or {})[2])


SIGN_INS = {
    "akinon.user": akinon_user,
    "cloudreve.user": cloudreve_user,
    "cloudreve.app": cloudreve_app,
    "kibo.application": kibo_application,
    "kibo.developer": kibo_developer,
    "kibo.adminuser": kibo_admin_user,
    "kibo.shopper": kibo_shopper,
    "kibo.anonymous_shopper": kibo_anonymous_shopper,
}
OF_CREDENTIALS = [kind for kind in SIGN_INS if kind != "kibo.anonymous_shopper"]
"""The kinds whose tokens end with a password or a secret."""


def pair_of(url, kind):
    """A good access token, and its refresh token. KeyError: the sign-in was refused."""
    token = SIGN_INS[kind](url)
    if "accessToken" in token:
        return token["accessToken"], token["refreshToken"]
    return token["access_token"], token["refresh_token"]
