"""The server of docs/mcp.md as it stands there, but for the addresses, beside a service."""

import re
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import uvicorn
from tests.judges.issuer_path import behind_path

from reticket.directory.seed import DEMO
from reticket.testing import running_server
from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until

TEXT = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()
NOTES, ISSUER = "https://notes.example.com/mcp", "https://id.example.com"
HEAD = "oauth_clients:\n"


@contextmanager
def running_page(folder, path=""):
    """Its server and a service: the issuer, which may have a path, and the server's address."""
    with ExitStack() as stack:
        notes = f"http://127.0.0.1:{free_port()}/mcp"
        issuer = stack.enter_context(_service(folder, path, _block("yaml", {NOTES: notes})))
        names = {}
        exec(compile(_block("python", {NOTES: notes, ISSUER: issuer}), "mcp.md", "exec"), names)
        stack.enter_context(_served(names["app"], httpx.URL(notes).port))
        yield issuer, notes


@contextmanager
def _service(folder, path, clients):
    before, after = DEMO.read_text("utf-8").split(HEAD)
    seed = folder / "seed.yaml"
    seed.write_text("".join([before, HEAD, clients.removeprefix(HEAD), after]))
    with ExitStack() as stack:
        port = free_port()
        issuer = f"http://127.0.0.1:{port}{path}"
        settings = {"RETICKET_ISSUER": issuer}
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
