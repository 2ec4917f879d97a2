"""An old back end for a test: a webhook with real TLS on loopback that signs its answers."""

import base64
import json

from tests.fetching.other_server import answered

from reticket.core.webhook_signature import is_signed, signature

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
HOST = "localhost"
BOB, OLD = "bob@example.com", "old password"
ACCOUNTS = {BOB: OLD}


def parts_of(request):
    """The headers of a request in lower case, and its body."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, value in lines}, body


def question_of(request):
    """What was asked, after a check of its signature as a receiver makes it."""
    headers, body = parts_of(request)
    said = [headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")]
    assert is_signed(KEY, said[0], said[1], body, said[2])
    return json.loads(body)["data"]


def http(body, *headers, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def signed(request, said, key=KEY, message_id=None):
    """A signed answer to a request: the bytes."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    message_id = message_id or "re_" + parts_of(request)[0]["webhook-id"]
    return http(
        body,
        f"webhook-id: {message_id}",
        "webhook-timestamp: 1700000000",
        f"webhook-signature: v1,{'A' * 43}= {signature(key, message_id, '1700000000', body)}",
    )


def saying(said, **more):
    """A behaviour that gives every question this signed answer."""
    return lambda connection, request: connection.sendall(signed(request, said, **more))


def honest(connection, request):
    """A behaviour that knows its accounts, and tells more than it was asked."""
    asked = question_of(request)
    is_right = ACCOUNTS.get(asked["email"].casefold()) == asked["password"]
    said = {"result": "yes", "email": asked["email"].casefold(), "first_name": "Bob"}
    more = {"roles": ["admin"], "groups": ["staff"], "tenants": [1000], "id": "0" * 32}
    connection.sendall(signed(request, {**said, **more} if is_right else {"result": "no"}))


def broken(body):
    """A behaviour that signs a body which is no answer."""
    return lambda connection, request: connection.sendall(signed(request, body))


def redirecting(connection, request):
    connection.sendall(http(b"", "Location: https://localhost/", status="307 Temporary Redirect"))


def refusing(connection, request):
    """A behaviour of a proxy before the old back end: its 401 says nothing of a password."""
    answered(http(b"", status="401 Unauthorized"))(connection, request)
