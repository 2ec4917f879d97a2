"""The proxy in front of the suite, for requests of the provider: it says how TLS protected them.

The suite reads the version of TLS and the cipher from two headers. On its web site a proxy sets
these.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from tests.conformance.addresses import Addresses, port_of
from tests.conformance.provider import Tls

PATIENCE = 5.0
"""Seconds that the suite has for an answer, as long as the provider waits for it."""


@contextmanager
def running(addresses: Addresses, tls: Tls) -> Iterator[None]:
    """Pass requests on to the suite, until the end of the block."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    suite = httpx.Client(
        base_url=addresses.suite,
        verify=ssl.create_default_context(cafile=tls.certificate),
        timeout=PATIENCE,
    )
    with suite, ThreadingHTTPServer(("127.0.0.1", port_of(addresses.front)), _to(suite)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def protection(connection: ssl.SSLSocket) -> dict[str, str]:
    """The headers about a connection, with OpenSSL's names."""
    cipher = connection.cipher()
    return {
        "x-ssl-protocol": connection.version() or "",
        "x-ssl-cipher": cipher[0] if cipher else "",
    }


def _to(suite: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert isinstance(self.connection, ssl.SSLSocket)
            headers = {"content-type": self.headers["content-type"]}
            answer = suite.post(
                self.path, content=body, headers=headers | protection(self.connection)
            )
            self.send_response(answer.status_code)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing: the suite has a log of its own."""

    return Handler
