"""Cloudreve's sign-in page reads once whether it shows a picture, before passwords are wrong."""

import json
import sqlite3
from contextlib import closing

from tests.http.wire import ADA, PASSWORD, call

from reticket.testing import running_server

API = "/api/v4"
SETTINGS = {"RETICKET_DIALECTS__CLOUDREVE__CAPTCHA_AFTER": "2"}
WRONG_PASSWORD, WRONG_PICTURE = 40080, 40026


def asked(server, path):
    return json.loads(call(server.url, "GET", API + path)[2])["data"]


def text_of_picture(server):
    """The text of the only picture."""
    with closing(sqlite3.connect(server.data / "families.sqlite")) as file:
        ((text,),) = file.execute("SELECT value FROM entries WHERE key LIKE '%:picture:%'")
        return text


def sign_in(server, password, **picture):
    body = json.dumps({"email": ADA, "password": password, **picture})
    return json.loads(call(server.url, "POST", f"{API}/session/token", body)[2])["code"]


def test_a_page_that_was_loaded_before_the_failures_can_show_the_picture(tmp_path):
    with running_server(tmp_path, settings=SETTINGS) as server:
        assert asked(server, "/site/config/login")["login_captcha"] is True
        picture = {"ticket": asked(server, "/site/captcha")["ticket"]}
        picture["captcha"] = text_of_picture(server)
        assert sign_in(server, "wrong horse", **picture) == WRONG_PASSWORD
        assert sign_in(server, "wrong horse") == WRONG_PASSWORD
        assert sign_in(server, PASSWORD) == WRONG_PICTURE
        assert sign_in(server, PASSWORD, **picture) == 0
