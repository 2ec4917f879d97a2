"""How a sign-in of each kind of the vendors' tokens asks for one, with the demo's data."""

ADA, PASSWORD = "ada@example.com", "correct horse"
SIGN_INS = {
    "akinon.user": ("/api/v1/auth/login", {"username": ADA, "password": PASSWORD}),
    "cloudreve.user": ("/api/v4/session/token", {"email": ADA, "password": PASSWORD}),
    "kibo.application": (
        "/api/platform/applications/authtickets",
        {"applicationId": "ns.app.1.0.0.Release", "sharedSecret": "s3cret"},
    ),
    "kibo.developer": (
        "/api/platform/developer/authtickets?developerAccountId=77",
        {"emailAddress": ADA, "password": PASSWORD},
    ),
    "kibo.adminuser": (
        "/api/platform/adminuser/authtickets/tenants?tenantId=1000",
        {"emailAddress": ADA, "password": PASSWORD},
    ),
}
