import os

from oauth import ApiClient, AuthorizationApi, Configuration, DiscoveryApi, TokensApi
from oauth.exceptions import BadRequestException

CODE = {
    "code": os.environ["CODE"],
    "code_verifier": os.environ["VERIFIER"],
    "redirect_uri": os.environ["REDIRECT"],
}
WEB = {"client_id": "web", "client_secret": "web-secret"}
api = TokensApi()


def refreshed(token):
    return api.get_tokens_for_a_grant("refresh_token", refresh_token=token, **WEB)


metadata = DiscoveryApi().where_the_endpoints_are_and_what_they_can_do()
assert metadata.issuer == os.environ["SERVER"]
assert DiscoveryApi().the_public_keys().keys

tokens = api.get_tokens_for_a_grant("authorization_code", **CODE, **WEB)
bearer = ApiClient(Configuration(access_token=tokens.access_token))
assert AuthorizationApi(bearer).who_the_person_is().sub

fresh = refreshed(tokens.refresh_token)
assert api.look_into_a_token(fresh.access_token, **WEB).active

api.revoke_a_token(fresh.refresh_token, **WEB)
refused = None
try:
    refreshed(fresh.refresh_token)
except BadRequestException as refusal:
    refused = refusal.data.error
assert refused == "invalid_grant"
