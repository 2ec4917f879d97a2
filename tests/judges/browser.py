"""A browser without a window: reads the forms of real pages, fills them in, sends them."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
from tests.http.wire import TRUST

from reticket.testing.waiting import PATIENCE

ADA = {"email": "ada@example.com", "password": "correct horse"}


class Form(HTMLParser):
    """The only form of a page: where it goes, what is in it, and which buttons it has."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.buttons = None, {}, set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag == "form":
            assert self.action is None, "a second form"
            assert said["method"] == "post"
            self.action = said["action"]
        elif tag == "input":
            self.fields[said["name"]] = said.get("value", "")
        elif tag == "button" and "name" in said:
            self.buttons.add((said["name"], said["value"]))


def _left_for(page):
    """Where a page sends the browser; None for one that asks. After a form that needed no consent
    it goes by the header `Refresh`.
    """
    if page.status_code == 303:
        return page.headers["location"]
    return page.headers["refresh"].partition("url=")[2] if "refresh" in page.headers else None


class Browser:
    """Goes from page to page, and stops where it would leave the service."""

    def __init__(self, url, person=ADA, trust=TRUST):
        self._url, self._person = url, person
        self._http = httpx.Client(timeout=PATIENCE, verify=trust)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._http.close()

    def allow(self, url):
        """Open an authorisation request, sign in and consent: where the browser is sent then."""
        page = self._http.get(url)
        if page.status_code == 200:
            page = self._sign_in(page)
        return _left_for(page) or _left_for(self._send(page, answer="allow"))

    def deny(self, url):
        """The same, without the consent."""
        return _left_for(self._send(self._sign_in(self._http.get(url)), answer="deny"))

    def open(self, url, query):
        """Open a page that asks for nothing."""
        return self._http.get(url, params=query)

    def connect(self, url, user_code):
        """Type a device's code, sign in and consent."""
        page = self._sign_in(self._send(self._http.get(url), user_code=user_code))
        assert self._send(page, answer="allow").status_code == 200

    def _sign_in(self, page):
        assert page.status_code == 200, (page.status_code, page.headers, page.text)
        return self._send(page, **self._person)

    def _send(self, page, **filled):
        form = Form(page.text)
        for name, value in filled.items():
            assert name in form.fields or (name, value) in form.buttons, page.text
        return self._http.post(urljoin(self._url, form.action), data={**form.fields, **filled})
