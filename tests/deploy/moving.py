"""nginx and Caddy with a file of `deploy/moving/`, as the page includes it, before two servers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.deploy.proxies import DEPLOY, SEARCHED, changed, nginx_of
from tests.docs.tables import page
from tests.http.wire import call

from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until

FOLDERS = {"nginx": "conf", "caddy": "caddy"}
"""The ending of the files for each proxy."""


class _Named(BaseHTTPRequestHandler):
    """Answers its name, and the path and query that reached it."""

    name = ""

    def answer(self) -> None:
        body = f"{self.name} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def _server(name: str) -> Iterator[int]:
    handler = type("Handler", (_Named,), {"name": name})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _block(language: str) -> str:
    """What the page says a proxy's own file must have."""
    (found,) = re.findall(
        rf"^```{language}\n(.*?)^```$", page("moving.md"), re.MULTILINE | re.DOTALL
    )
    return str(found)


def _nginx(folder: Path, snippet: Path, port: int, ours: int, old: int) -> Sequence[str]:
    proxy = (DEPLOY / "nginx" / "reticket_proxy.conf").read_text()
    (folder / "reticket_proxy.conf").write_text(proxy)
    (folder / snippet.name).write_text(changed(snippet.read_text(), {"/etc/nginx/": f"{folder}/"}))
    text = changed(_block("nginx"), {
        "127.0.0.1:8088": f"127.0.0.1:{ours}", "127.0.0.1:5212": f"127.0.0.1:{old}",
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "/etc/nginx/cloudreve.conf": f"{folder}/{snippet.name}",
    })  # fmt: skip
    return nginx_of(folder, text)


def _caddy(folder: Path, snippet: Path, port: int, ours: int, old: int) -> list[str]:
    rules = changed(snippet.read_text(), {"127.0.0.1:8088": f"127.0.0.1:{ours}"})
    (folder / snippet.name).write_text(rules)
    text = changed(_block("caddyfile"), {
        "old.example.com {": f"http://:{port} {{\n\tbind 127.0.0.1",
        "127.0.0.1:5212": f"127.0.0.1:{old}",
        "/etc/caddy/cloudreve.caddy": f"{folder}/{snippet.name}",
    })  # fmt: skip
    main = folder / "Caddyfile"
    main.write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{text}")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(main)]


@contextmanager
def running(proxy: str, system: str, folder: Path) -> Iterator[str]:
    """The address of that proxy with the file for a system."""
    snippet = DEPLOY / "moving" / proxy / f"{system}.{FOLDERS[proxy]}"
    make = {"nginx": _nginx, "caddy": _caddy}[proxy]
    with ExitStack() as stack:
        ours, old = (stack.enter_context(_server(name)) for name in ("ours", "old"))
        port = free_port()
        program, *words = make(folder, snippet, port, ours, old)
        found = shutil.which(program, path=SEARCHED)
        assert found, f"{program} is not installed"
        log = folder / "log"
        home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        with log.open("ab") as output:
            process = subprocess.Popen([found, *words], stdout=output, stderr=output, env=home)
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: _answers(url, process, log), proxy, log.read_text)
            yield url
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return call(url, "GET", "/")[0] == 200
    except OSError:
        return False
