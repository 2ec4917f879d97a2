"""The server of docs/mcp.md as it stands there, but for the addresses, beside a service, and a
client's metadata document.
"""

import re
import threading
import tomllib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import uvicorn
from tests.fetching.other_server import JSON, other_server
from tests.judges.issuer_path import behind_path

from reticket.directory.seed import DEMO
from reticket.testing import running_server
from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until

TEXT = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()
NOTES, ISSUER = "https://notes.example.com/mcp", "https://id.example.com"
DOCUMENT = "https://client.example.com/notes.json"
HEAD = "oauth_clients:\n"


class Places(NamedTuple):
    """The issuer, the address of the page's server, and that of a client's metadata document."""

    issuer: str
    notes: str
    document: str


@contextmanager
def running_page(folder, path=""):
    """The page's server and a service, whose issuer may have a path."""
    with ExitStack() as stack:
        notes = f"http://127.0.0.1:{free_port()}/mcp"
        document, authority = stack.enter_context(_document(folder))
        settings = {**_options(notes), **_trusting(authority)}
        issuer = stack.enter_context(
            _service(folder, path, _block("yaml", {NOTES: notes}), settings)
        )
        names = {}
        exec(compile(_block("python", {NOTES: notes, ISSUER: issuer}), "mcp.md", "exec"), names)
        stack.enter_context(_served(names["app"], httpx.URL(notes).port))
        yield Places(issuer, notes, document)


@contextmanager
def _document(folder):
    """A server of the page's metadata document: its URL, and the file of its authority."""

    def behave(connection, request):
        url = f"https://localhost:{connection.getsockname()[1]}/notes.json"
        said = _block("json", {DOCUMENT: url}).encode()
        connection.sendall(JSON + b"Content-Length: %d\r\n\r\n" % len(said) + said)

    with other_server(folder, behave, "localhost") as (server, authority):
        yield f"https://localhost:{server.port}/notes.json", authority


def _options(notes):
    """The settings of the page, as variables."""
    options = tomllib.loads(_block("toml", {NOTES: notes}))["dialects"]["oauth"]
    return {
        f"RETICKET_DIALECTS__OAUTH__{name.upper()}": " ".join(said)
        if isinstance(said, list)
        else str(said).lower()
        for name, said in options.items()
    }


def _trusting(authority):
    """The settings that let the service ask this machine for the document."""
    return {
        "RETICKET_FETCH__PRIVATE_HOSTS": "localhost",
        "RETICKET_FETCH__CA_FILE": str(authority),
    }


@contextmanager
def _service(folder, path, clients, settings):
    before, after = DEMO.read_text("utf-8").split(HEAD)
    seed = folder / "seed.yaml"
    seed.write_text("".join([before, HEAD, clients.removeprefix(HEAD), after]))
    with ExitStack() as stack:
        port = free_port()
        issuer = f"http://127.0.0.1:{port}{path}"
        settings = {**settings, "RETICKET_ISSUER": issuer}
        own_port = None if path else port
        running = running_server(folder, seed=seed, settings=settings, port=own_port)
        service = stack.enter_context(running)
        if path:
            stack.enter_context(_served(behind_path(service.url, path), port))
        yield issuer


@contextmanager
def _served(app, port):
    server = uvicorn.Server(uvicorn.Config(app, port=port, ws="none", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), "a server in a thread")
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def _block(language, replaced):
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for before, after in replaced.items():
        assert before in text
        text = text.replace(before, after)
    return text
