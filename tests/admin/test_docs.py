"""The page about the admin API lists every endpoint, and its commands work."""

import json
import re
import shlex
from base64 import b64encode
from pathlib import Path
from string import Template

from tests.docs.tables import shell
from tests.http.wire import call

from reticket.admin import Admin, AdminContext
from reticket.admin.document import KEY
from reticket.core.policy import PRESETS
from reticket.oauth.provider import Provider

PAGE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text()
SERVED = "http://127.0.0.1:8088"


def test_the_page_lists_every_endpoint_and_no_other():
    routes = Admin(AdminContext.closed(Provider(SERVED, PRESETS))).routes
    told = re.findall(r"^\| `([A-Z]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted((route.method, route.path) for route in routes)


def test_the_page_says_which_endpoints_accept_an_idempotency_key():
    routes = Admin(AdminContext.closed(Provider(SERVED, PRESETS))).routes
    takes = [each.path for each in routes if KEY in each.describe.parameters]
    (said,) = re.findall(r"take an `Idempotency-Key`. These are `POST` to (.*?)\.", PAGE, re.DOTALL)
    assert sorted(re.findall(r"`(/[^`]+)`", said)) == sorted(takes)


def curl(url, words):
    """Send the request of a line with curl; its JSON response."""
    headers, body, path = {"Content-Type": "application/x-www-form-urlencoded"}, [], None
    values = iter(words)
    for word in values:
        if word == "-u":
            headers["Authorization"] = f"Basic {b64encode(next(values).encode()).decode()}"
        elif word == "-H":
            name, _, value = next(values).partition(": ")
            headers[name] = value
        elif word == "-d":
            body.append(next(values))
        elif word.startswith(SERVED):
            path = word.removeprefix(SERVED)
    method = "POST" if body else "GET"
    status, _, answer = call(url, method, path, "&".join(body) or None, headers)
    assert status in (200, 201), answer
    return json.loads(answer)


def test_the_commands_on_the_page_work(server, first_admin):
    known = {"SECRET": first_admin[1]}
    text = "".join(shell(PAGE)).replace("\\\n", " ")
    answers = []
    for line in re.findall(r"curl [^|\n]*", text):
        filled = Template(line).substitute(known)
        answers.append(curl(server.url, shlex.split(filled)))
        known["TOKEN"] = answers[0]["access_token"]
    assert len(answers) == 3
    assert answers[1]["items"] is not None
    assert answers[2]["scope"] == "openid profile"
