"""Browsers of people, before a whole service in memory whose clock can be moved."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.dialects.oauth.looks import Looks
from tests.dialects.oauth.token_people import ADA, REDIRECT
from tests.dialects.oauth.token_world import CALLER, CHALLENGE

from reticket.core.commands import SignIn
from reticket.core.errors import ReticketError
from reticket.core.storage.budget import DEFAULT_BUDGET
from reticket.http.edge import carried_out
from reticket.wire import WireRequest

JOAN = replace(ADA, id="b" * 32, short_id="joan", email="joan@example.com")
REQUEST = {
    "client_id": "spa",
    "response_type": "code",
    "redirect_uri": REDIRECT,
    "scope": "openid orders.read",
    "state": "a state",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class PagesWorld(Looks):
    """Every password is right here."""

    def __init__(self, budget=DEFAULT_BUDGET, **options):
        super().__init__(budget, **options)
        self.people.users[JOAN.id] = JOAN

    async def _performed(self, command, caller):
        if isinstance(command, SignIn):
            return self.people.user_by_name(command.name)
        return await super()._performed(command, caller)

    def carry_out(self, operation):
        """Perform all commands of an operation; its error propagates."""
        return self._runner.run(carried_out(operation, self.performers, CALLER))

    def logins(self):
        """The login sessions, ended or not, the oldest first."""
        return [each for each in self.families() if each.resource == "oauth.login"]


class Browser:
    """Keeps cookies; `page` is the newest answer."""

    def __init__(self, world):
        self.world, self.cookies, self.page = world, {}, None
        self.headers = {}

    def asks(self, **changes):
        """Send an authorization request."""
        form = {name: said for name, said in {**REQUEST, **changes}.items() if said is not None}
        return self.posts("/oauth/authorize", **form)

    def sends(self, **fields):
        """Send the form of the page."""
        action = re.search(r'<form method="post" action="([^"]+)"', self.text)[1]
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return self.posts(action, **{name: unescape(value) for name, value in hidden}, **fields)

    def signs_in(self, person=ADA, **changes):
        """Ask, sign in and consent."""
        return self.asks(**changes).sends(email=person.email, password="right")

    def posts(self, path, /, **form):
        request = self.world.request(path.removeprefix("/oauth"), urlencode(form), self._sent())
        return self.does(request)

    def gets(self, path, /, **query):
        return self.does(self.request_of(path, **query))

    def request_of(self, path, /, **query):
        said = [(name.encode(), value.encode()) for name, value in self._sent().items()]
        return WireRequest("GET", path, urlencode(query).encode(), said, b"", CALLER)

    def does(self, request):
        """Send the request; HEAD is answered like GET."""
        routes = {(each.method, f"/oauth{each.path}"): each for each in self.world.dialect.routes}
        method = "GET" if request.method == "HEAD" else request.method
        operate = routes[method, request.path].operate
        try:
            self.page = self.world.carry_out(operate(request))
        except ReticketError as error:
            self.page = self.world.dialect.refuse(request, error)
        for name, value in self.page.headers:
            if name == b"set-cookie":
                pair, *attributes = value.decode().split("; ")
                key, _, text = pair.partition("=")
                self.cookies[key] = text
                if "Max-Age=0" in attributes:
                    del self.cookies[key]
        return self

    def _sent(self):
        said = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**self.headers, "cookie": said} if said else self.headers

    @property
    def text(self):
        return self.page.body.decode()

    @property
    def headline(self):
        return unescape(re.sub("</?bdi>", "", re.search(r"<h1>(.*?)</h1>", self.text)[1]))

    @property
    def location(self):
        """The target of the redirect, or None."""
        found = dict(self.page.headers).get(b"location")
        return found and found.decode()

    @property
    def has_left(self):
        """Whether the browser goes back to the client, by a redirect or after a form."""
        return self.page.status == 303 or b"refresh" in dict(self.page.headers)

    @property
    def answer(self):
        """The parameters of the redirect to the client."""
        location = self.location or dict(self.page.headers)[b"refresh"].decode()
        return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}

    @property
    def choices(self):
        """The e-mail addresses of the page, each with the value of its button."""
        found = re.findall(r'name="account" value="(\w+)"><bdi>(.*?)</bdi>', self.text)
        return {email: value for value, email in found}
