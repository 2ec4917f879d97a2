import os

from akinon import AuthenticatedClient, Client
from akinon.api.auth import login, logout, profile_me
from akinon.api.refresh_token import refresh_token
from akinon.models import (
    LoginRequest,
    Profile,
    RefreshTokenRequest,
    RefreshTokenResponse,
    UnauthorizedError,
)

SERVER = os.environ["SERVER"]


def bearer(pair):
    return AuthenticatedClient(SERVER, pair.access_token)


body = LoginRequest(username="ada@example.com", password="correct horse")
pair = login.sync(client=Client(SERVER), body=body)
assert isinstance(pair, RefreshTokenResponse), pair
assert isinstance(profile_me.sync(client=bearer(pair)), Profile)

body = RefreshTokenRequest(refresh_token=pair.refresh_token)
fresh = refresh_token.sync(client=bearer(pair), body=body)
assert isinstance(fresh, RefreshTokenResponse), fresh

body = RefreshTokenRequest(refresh_token=fresh.refresh_token)
assert logout.sync_detailed(client=bearer(fresh), body=body).status_code == 204
refused = refresh_token.sync_detailed(client=bearer(fresh), body=body)
assert refused.status_code == 401
assert isinstance(refused.parsed, UnauthorizedError)
