from dataclasses import replace

from reticket.core.model import AccessToken, Family, Issued, Outcome
from reticket.core.people import Client
from reticket.core.ports import Counted
from reticket.testing.dialect_samples import PLAIN_ADA

ISSUED_AT = 1_745_650_708_000
ADA = replace(PLAIN_ADA, last_name=None)
SCOPES = ["openid", "orders.read"]
CODE = {"redirect_uris": ["https://app.example.com/cb"], "scopes": SCOPES}
SPA = Client("spa", public=True, disabled=False, registration=CODE, created_at=0)
ITSELF = {"scopes": SCOPES, "grants": ["client_credentials", "refresh_token"]}
WEB = Client("web", public=False, disabled=False, registration=ITSELF, created_at=0)
FAMILY = Family(
    id=bytes(16),
    resource="oauth.user",
    subject=ADA.id,
    client="web",
    context=None,
    scope=" ".join(SCOPES),
    policy="BROWSER_2026",
    ends_at=ISSUED_AT * 2,
    expires_at=ISSUED_AT + 1_209_600_000,
    generation=2,
    parent=1,
    floor=1,
    open_from=1,
    rotated_at=ISSUED_AT,
)


def issued(holder, scope, refresh_token, id_token=None):
    return Issued(
        Outcome.ADVANCED,
        FAMILY._replace(scope=scope),
        holder,
        None,
        ISSUED_AT,
        ISSUED_AT + 900_000,
        ISSUED_AT + 1_209_600_000,
        "head.access.sig",
        refresh_token,
        id_token,
    )


def access(client):
    claims = {
        "iss": "http://127.0.0.1:8088",
        "sub": ADA.id,
        "aud": ["https://orders.example.com", "http://127.0.0.1:8088"],
        "client_id": client,
        "scope": FAMILY.scope,
        "exp": ISSUED_AT // 1000 + 900,
    }
    return AccessToken("oauth.user", ADA.id, FAMILY.id, None, ISSUED_AT, claims), ADA


SAMPLES = {
    "nothing": None,
    "kept": True,
    "counted once": Counted(1, 600_000),
    "spa": SPA,
    "web": WEB,
    "issued": issued(ADA, FAMILY.scope, "rtk_new", "head.id.sig"),
    "issued to itself": issued(WEB, "orders.read", ""),
    "access": access("web"),
    "access of others": access("spa"),
    "thirty-two bytes": bytes(32),
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "kid": "1",
            "alg": "ES256",
            "use": "sig",
        }
    ],
}
