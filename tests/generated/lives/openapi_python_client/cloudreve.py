import os

from cloudreve import AuthenticatedClient, Client
from cloudreve.api.session_token import prepare_sign_in, refresh_token, sign_in, sign_out
from cloudreve.api.site import ping
from cloudreve.api.user import current_user
from cloudreve.models import (
    FailureResponse,
    PrepareResponse,
    RefreshTokenRequest,
    SignInRequest,
    SignInResponse,
    TextResponse,
    TokenResponse,
    UserResponse,
)

SERVER, EMAIL = os.environ["SERVER"], "ada@example.com"
client = Client(SERVER)


def one(found, kind):
    assert isinstance(found, kind), found
    return found


one(ping.sync(client=client), TextResponse)
one(prepare_sign_in.sync(client=client, email=EMAIL), PrepareResponse)
wrong = sign_in.sync(client=client, body=SignInRequest(email=EMAIL, password="wrong"))
one(wrong, FailureResponse)
factor = SignInRequest(email="alan@example.com", password="enigma-1912")
assert one(sign_in.sync(client=client, body=factor), TextResponse).code == 203

body = SignInRequest(email=EMAIL, password="correct horse")
pair = one(sign_in.sync(client=client, body=body), SignInResponse).data.token
bearer = AuthenticatedClient(SERVER, pair.access_token)
one(current_user.sync(client=bearer), UserResponse)

body = RefreshTokenRequest(refresh_token=pair.refresh_token)
fresh = one(refresh_token.sync(client=client, body=body), TokenResponse).data

body = RefreshTokenRequest(refresh_token=fresh.refresh_token)
assert sign_out.sync(client=client, body=body).code == 0
refused = one(refresh_token.sync(client=client, body=body), FailureResponse)
assert refused.code == 40020, refused
