from dataclasses import replace

from reticket.core.people import Client
from reticket.core.ports import Counted
from reticket.dialects import oauth
from reticket.testing.dialect_samples import (
    ISSUED_AT,
    PLAIN_ADA,
    sample_access,
    sample_family,
    sample_pair,
)

ADA = replace(PLAIN_ADA, last_name=None)
SCOPES = ["openid", "orders.read"]
CODE = {"redirect_uris": ["https://app.example.com/cb"], "scopes": SCOPES}
SPA = Client("spa", public=True, disabled=False, registration=CODE, created_at=0)
ITSELF = {"scopes": SCOPES, "grants": ["client_credentials", "refresh_token"]}
WEB = Client("web", public=False, disabled=False, registration=ITSELF, created_at=0)
KIND = oauth.build().kinds[0]
FAMILY = sample_family(KIND)._replace(client="web", scope=" ".join(SCOPES))


def issued(holder, scope, refresh_token, id_token=None):
    return replace(
        sample_pair(FAMILY._replace(scope=scope), holder),
        access_expires_at=ISSUED_AT + 900_000,
        access_token="head.access.sig",
        refresh_token=refresh_token,
        id_token=id_token,
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
    return sample_access(KIND, ADA)._replace(claims=claims), ADA, FAMILY


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
