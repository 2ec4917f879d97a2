"""A drive's site: a built web front end, and the service behind `/api`."""

import json
import mimetypes
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
from tests.browser.serving import served

from reticket.testing.waiting import PATIENCE

TO_KEEP = ("authorization", "content-type", "user-agent")
"""The headers of a request that matter to the service."""


class Site(BaseHTTPRequestHandler):
    """Answers with a file, with the service's answer, or with the page of the front end."""

    def do_GET(self):
        if self.path.startswith("/api/"):
            return self._passed_on()
        name = httpx.URL(self.path).path.lstrip("/")
        file = self.server.folder / name
        if not file.is_file():
            file = self.server.folder / "index.html"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return self._say(200, kind, file.read_bytes())

    def do_POST(self):
        self._passed_on()

    def do_PUT(self):
        self._passed_on()

    def do_DELETE(self):
        self._passed_on()

    def _passed_on(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: self.headers[name] for name in TO_KEEP if name in self.headers}
        asked = self.server.url + self.path
        said = httpx.request(self.command, asked, content=body, headers=headers, timeout=PATIENCE)
        self.server.asked.append((self.command, self.path, _code(said)))
        return self._say(said.status_code, said.headers["content-type"], said.content)

    def _say(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        """Log nothing."""


def _code(response):
    """The code in an answer; the status of one that has none."""
    try:
        return response.json()["code"]
    except json.JSONDecodeError:
        return response.status_code


@contextmanager
def running_site(folder, url):
    """The site of a service; `asked` has each request to the service, with the code it got."""
    with served(Site) as server:
        server.folder, server.url, server.asked = Path(folder), url, []
        yield server
