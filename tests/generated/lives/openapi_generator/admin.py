import os

from oauth import TokensApi
from oauth.exceptions import BadRequestException

from admin import ApiClient, Configuration, SessionsApi, Start

OPERATOR = {"client_id": "operator", "client_secret": os.environ["OPERATOR_SECRET"]}
get_tokens = TokensApi().get_tokens_for_a_grant

own = get_tokens("client_credentials", scope="admin", **OPERATOR)
api = SessionsApi(ApiClient(Configuration(access_token=own.access_token)))

started = api.start_a_session(Start(client_id="spa", user="ada@example.com"))
fresh = get_tokens("refresh_token", refresh_token=started.refresh_token, client_id="spa")

for session in api.list_sessions(client="spa", live=True).items:
    api.end_a_session(session.id)
refused = None
try:
    get_tokens("refresh_token", refresh_token=fresh.refresh_token, client_id="spa")
except BadRequestException as refusal:
    refused = refusal.data.error
assert refused == "invalid_grant"
