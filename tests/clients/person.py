"""A person with a headless browser, who follows redirects and sends forms."""

from urllib.parse import urljoin

import httpx
from tests.judges.browser import ADA, Form

from reticket.testing.waiting import PATIENCE

JOAN = {"email": "joan@example.com", "password": "enigma-1941"}
MOST = 30
"""Redirects and pages of one visit."""


class Person:
    """Follows redirects between the client and the service; signs in and answers on the way."""

    def __init__(self, credentials=ADA, answer="allow"):
        self._credentials, self._answer = credentials, answer
        self.http = httpx.Client(timeout=PATIENCE)
        self.signed_in = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.http.close()

    def visit(self, url):
        """Open an address. Returns the last page, which asks for nothing more."""
        page = self.http.get(url)
        for _ in range(MOST):
            following = self._following(page)
            if following is None:
                return page
            page = following
        raise AssertionError(f"still not there: {page.url}")

    def _following(self, page):
        """What the browser shows next; None if it stays."""
        left = page.headers.get("location") or page.headers.get("refresh", "").partition("url=")[2]
        if left:
            return self.http.get(urljoin(str(page.url), left))
        if 'method="post"' in page.text:
            return self._filled(page)
        return None

    def _filled(self, page):
        form = Form(page.text)
        self.signed_in += "email" in form.fields
        said = {**form.fields, **self._said(form)}
        return self.http.post(urljoin(str(page.url), form.action), data=said)

    def _said(self, form):
        if "email" in form.fields:
            return self._credentials
        answers = {answer for name, answer in form.buttons if name == "answer"}
        return {"answer": "sign_out" if "sign_out" in answers else self._answer} if answers else {}
