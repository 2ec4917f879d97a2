from cloudreve import (
    ApiClient,
    Configuration,
    FailureResponse,
    PrepareResponse,
    RefreshTokenRequest,
    SessionTokenApi,
    SignInRequest,
    SignInResponse,
    SiteApi,
    TextResponse,
    TokenResponse,
    UserApi,
    UserResponse,
)

EMAIL = "ada@example.com"
api = SessionTokenApi()


def one(found, kind):
    assert isinstance(found.actual_instance, kind), found
    return found.actual_instance


one(SiteApi().ping(), TextResponse)
one(api.prepare_sign_in(EMAIL), PrepareResponse)
one(api.sign_in(SignInRequest(email=EMAIL, password="wrong")), FailureResponse)
factor = SignInRequest(email="alan@example.com", password="enigma-1912")
assert one(api.sign_in(factor), TextResponse).code == 203

pair = one(api.sign_in(SignInRequest(email=EMAIL, password="correct horse")), SignInResponse)
bearer = Configuration(access_token=pair.data.token.access_token)
one(UserApi(ApiClient(bearer)).current_user(), UserResponse)

said = RefreshTokenRequest(refresh_token=pair.data.token.refresh_token)
fresh = one(api.refresh_token(said), TokenResponse).data

said = RefreshTokenRequest(refresh_token=fresh.refresh_token)
assert one(api.sign_out(said), TextResponse).code == 0
assert one(api.refresh_token(said), FailureResponse).code == 40020
