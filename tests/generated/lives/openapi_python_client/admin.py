import os

from admin.api.sessions import end_a_session, list_sessions, start_a_session
from admin.models import ListedSessionAnswer, Start, TokenResponse
from oauth import Client
from oauth.api.tokens import get_tokens_for_a_grant
from oauth.models import ErrorResponse, TokenForm

from admin import AuthenticatedClient

SERVER, ADA = os.environ["SERVER"], "ada@example.com"
OAUTH = Client(os.environ["OAUTH_SERVER"])
OPERATOR = {"client_id": "operator", "client_secret": os.environ["OPERATOR_SECRET"]}


def tokens(grant, **asked):
    return get_tokens_for_a_grant.sync(client=OAUTH, body=TokenForm(grant_type=grant, **asked))


def operator():
    own = tokens("client_credentials", scope="admin", **OPERATOR)
    return AuthenticatedClient(SERVER, own.access_token)


started = start_a_session.sync(client=operator(), body=Start(client_id="spa", user=ADA))
assert isinstance(started, TokenResponse), started
fresh = tokens("refresh_token", refresh_token=started.refresh_token, client_id="spa")

listed = list_sessions.sync(client=operator(), client_query="spa", live=True)
assert isinstance(listed, ListedSessionAnswer), listed
for session in listed.items:
    assert end_a_session.sync_detailed(session.id, client=operator()).status_code == 204
refused = tokens("refresh_token", refresh_token=fresh.refresh_token, client_id="spa")
assert isinstance(refused, ErrorResponse), refused
