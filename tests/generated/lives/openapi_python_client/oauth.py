import os

from oauth import AuthenticatedClient, Client
from oauth.api.authorization import who_the_person_is
from oauth.api.discovery import the_public_keys, where_the_endpoints_are_and_what_they_can_do
from oauth.api.tokens import get_tokens_for_a_grant, look_into_a_token, revoke_a_token
from oauth.models import (
    ErrorResponse,
    Introspection,
    IntrospectionForm,
    KeySet,
    Metadata,
    RevocationForm,
    TokenForm,
    TokenResponse,
    UserInfo,
)

SERVER = os.environ["SERVER"]
CODE = {
    "code": os.environ["CODE"],
    "code_verifier": os.environ["VERIFIER"],
    "redirect_uri": os.environ["REDIRECT"],
}
WEB = {"client_id": "web", "client_secret": "web-secret"}
client = Client(SERVER)


def one(found, kind):
    assert isinstance(found, kind), found
    return found


def refreshed(token):
    form = TokenForm(grant_type="refresh_token", refresh_token=token, **WEB)
    return get_tokens_for_a_grant.sync(client=client, body=form)


metadata = one(where_the_endpoints_are_and_what_they_can_do.sync(client=client), Metadata)
assert metadata.issuer == SERVER
one(the_public_keys.sync(client=client), KeySet)

form = TokenForm(grant_type="authorization_code", **CODE, **WEB)
tokens = one(get_tokens_for_a_grant.sync(client=client, body=form), TokenResponse)
one(who_the_person_is.sync(client=AuthenticatedClient(SERVER, tokens.access_token)), UserInfo)

fresh = one(refreshed(tokens.refresh_token), TokenResponse)
form = IntrospectionForm(token=fresh.access_token, **WEB)
assert one(look_into_a_token.sync(client=client, body=form), Introspection).active

form = RevocationForm(token=fresh.refresh_token, **WEB)
assert revoke_a_token.sync_detailed(client=client, body=form).status_code == 200
assert one(refreshed(fresh.refresh_token), ErrorResponse).error == "invalid_grant"
