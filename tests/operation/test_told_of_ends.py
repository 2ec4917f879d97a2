"""Running services tell clients of ends over real TLS: at the same time, once, and after a kill."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from urllib.parse import parse_qs

import pytest
import yaml
from tests.fetching.other_server import OtherServer, certified
from tests.operation.commands import Commands

from reticket.core.tokens.faces import from_text
from reticket.testing import running_server
from reticket.testing.waiting import until

OK = b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
ADA = "ada@example.com"


class Clients:
    """Servers of clients, behind one certificate.

    Args:
        folder: for the certificate, and for the directory file.
    """

    def __init__(self, folder, stack):
        self.folder, self._stack, self.servers = folder, stack, {}
        self.authority = certified(folder, "localhost")

    def add(self, name, behave):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority)
        listening = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server = self.servers[name] = OtherServer(listening, behave)
        thread = threading.Thread(target=server.serve, args=(listening, context), daemon=True)
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(listening.shutdown, socket.SHUT_RDWR)
        self._stack.callback(server.over.set)

    def seed(self):
        """The directory file."""
        entry = {"redirect_uris": ["https://app.example.com/"], "scopes": ["openid"]}
        clients = [
            {"client_id": name, **entry, "backchannel_logout_uri": f"{_base(server)}/ended"}
            for name, server in self.servers.items()
        ]
        file = self.folder / "seed.yaml"
        people = [{"email": ADA, "password": "correct horse"}]
        file.write_text(yaml.safe_dump({"users": people, "oauth_clients": clients}))
        return file

    def tokens(self, name):
        """The claims of the logout tokens that a client got."""
        return [_claims_of(request) for request in self.servers[name].requests]


def _base(server):
    return f"https://localhost:{server.port}"


def _claims_of(request):
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ended HTTP/1.1\r\n")
    (token,) = parse_qs(body.decode())["logout_token"]
    return _claims_in(token)


def _claims_in(token):
    return json.loads(from_text(token.split(".")[1]))


@pytest.fixture
def clients(tmp_path):
    with ExitStack() as stack:
        yield Clients(tmp_path, stack)


@contextmanager
def serving(tmp_path, clients, **settings):
    """A service, and commands on its data folder."""
    settings = {
        "RETICKET_FETCH__PRIVATE_HOSTS": "localhost",
        "RETICKET_FETCH__CA_FILE": str(clients.authority),
        **settings,
    }
    with running_server(tmp_path, seed=clients.seed(), settings=settings) as server:
        yield server, Commands(server.data)


def start_session(commands, client):
    """The `sid` of the new session's ID token."""
    said = json.loads(commands.run("session", "start", "--client", client, "--user", ADA, "--json"))
    return _claims_in(said["id_token"])["sid"]


def events(server, name):
    lines = [json.loads(line) for line in (server.data / "audit.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == name]


def test_two_processes_tell_each_client_once_and_no_slow_one_holds_up_others(
    tmp_path, clients, alone
):
    fast_are_told, answers = threading.Event(), iter([BUSY, OK])

    def slowly(connection, request):
        fast_are_told.wait(60)
        connection.sendall(OK)

    clients.add("slow", slowly)
    clients.add("fast", lambda connection, request: connection.sendall(OK))
    clients.add("busy", lambda connection, request: connection.sendall(next(answers)))
    with serving(tmp_path, clients, RETICKET_WORKERS="2") as (server, commands):
        names = {client: start_session(commands, client) for client in clients.servers}
        commands.run("session", "revoke", "--subject", ADA)
        until(lambda: clients.tokens("fast") and clients.tokens("busy"), "the fast clients")
        fast_are_told.set()
        until(lambda: len(events(server, "logout_sent")) == 3, "all clients", clients.tokens)
        told = {client: [each["sid"] for each in clients.tokens(client)] for client in names}
        assert told == {
            "slow": [names["slow"]], "fast": [names["fast"]], "busy": [names["busy"]] * 2,
        }  # fmt: skip
        first, second = clients.tokens("busy")
        assert first["jti"] != second["jti"]


def test_a_log_out_outlives_a_killed_service(tmp_path, clients, alone):
    clients.add("app", lambda connection, request: connection.sendall(OK))
    with serving(tmp_path, clients) as (server, commands):
        name = start_session(commands, "app")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    commands.run("session", "revoke", name)
    assert clients.tokens("app") == []
    with serving(tmp_path, clients) as (server, _):
        until(lambda: events(server, "logout_sent"), "the log-out")
    assert [each["sid"] for each in clients.tokens("app")] == [name]


def test_changes_of_a_person_tell_the_clients(tmp_path, clients, alone):
    clients.add("app", lambda connection, request: connection.sendall(OK))
    changes = [
        ("user", "passwd", ADA, "--password-stdin"),
        ("user", "disable", ADA),
        ("user", "delete", ADA),
    ]
    with serving(tmp_path, clients) as (server, commands):
        began = []
        for number, change in enumerate(changes):
            began.append(start_session(commands, "app"))
            commands.run(*change, said="another horse")
            if change[1] == "disable":
                commands.run("user", "enable", ADA)
            seen = partial(events, server, "logout_sent")
            until(lambda most=number, seen=seen: len(seen()) > most, change[1], seen)
    assert [each["sid"] for each in clients.tokens("app")] == began
