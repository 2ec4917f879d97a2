from akinon import ApiClient, AuthApi, Configuration, LoginRequest, RefreshTokenRequest
from akinon.exceptions import UnauthorizedException


def bearing(pair):
    return AuthApi(ApiClient(Configuration(access_token=pair.access_token)))


login = LoginRequest(username="ada@example.com", password="correct horse")
pair = AuthApi().login(login)
assert bearing(pair).profile_me().user.email == "ada@example.com"

fresh = bearing(pair).refresh_token(RefreshTokenRequest(refreshToken=pair.refresh_token))
said = RefreshTokenRequest(refreshToken=fresh.refresh_token)
bearing(fresh).logout(said)
refused = None
try:
    bearing(fresh).refresh_token(said)
except UnauthorizedException as refusal:
    refused = refusal.data.api_error
assert refused
