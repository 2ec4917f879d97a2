"""cloudreve: its setting is the address. It never refreshes by itself, so a program that uses it
does so with its method for requests.
"""

import os

import lines
from cloudreve import CloudreveV4

client = CloudreveV4(os.environ["RETICKET_URL"])


def sign_in(email, password):
    client.login(email, password)
    return {"user": client.user, "refresh_token": client.refresh_token}


lines.run(
    {
        "sign_in": sign_in,
        "me": lambda: client.request("get", "/user/me"),
        "files": lambda: client.list("/"),
        "refresh": lambda token: client.request(
            "post", "/session/token/refresh", json={"refresh_token": token}
        ),
        "sign_out": lambda: client.request(
            "delete", "/session/token", json={"refresh_token": client.refresh_token}
        ),
    }
)
