"""Another server for a test: real TLS on loopback, and an answer of any bytes."""

import datetime
import socket
import ssl
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reticket.fetching.resolving import Address

HOST = "app.example"
HOUR = datetime.timedelta(hours=1)
SHORT = 0.5
"""Seconds of a deadline that a test waits for."""
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def certified(folder, *hosts):
    """A file with a key and a certificate for these hosts, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - HOUR)
        .not_valid_after(now + HOUR)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / f"{hosts[0]}.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, *form)
    )
    return file


def answered(*parts):
    """A behaviour that sends these bytes and ends the connection."""

    def behave(connection, request):
        for part in parts:
            connection.sendall(part)

    return behave


def slowly(head, piece):
    """A behaviour that sends a head, and then this piece again and again."""

    def behave(connection, request):
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(SHORT / 20)

    return behave


class OtherServer:
    """Answers each connection by a function of the connection and the request's bytes."""

    def __init__(self, listening, behave):
        self.port = listening.getsockname()[1]
        self.requests = []
        self.connections = 0
        self.behave = behave
        self.over = threading.Event()
        """Set when the test is over: a behaviour that waits ends then."""

    def url(self, path="/"):
        return f"https://{HOST}:{self.port}{path}"

    def lookup(self, host, port):
        """What the system would know: every host is on this machine."""
        return [Address(socket.AF_INET, ("127.0.0.1", port))]

    def serve(self, listening, context):
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            with suppress(OSError, ValueError), ExitStack() as stack:
                stack.callback(plain.close)
                connection = stack.enter_context(context.wrap_socket(plain, server_side=True))
                request = _request_of(connection)
                self.requests.append(request)
                self.behave(connection, request)
                connection.unwrap()


def _request_of(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65_536)
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line[16:] for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def listening_with_tls(folder, host):
    """A socket on loopback, the context for its connections, and the file with its certificate
    authority. A thread that accepts on it ends with it.
    """
    file = certified(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listening = socket.create_server(("127.0.0.1", 0))
    try:
        yield listening, context, file
    finally:
        listening.close()


@contextmanager
def serving(listening, serve, *arguments):
    """A thread that serves until the socket is shut."""
    thread = threading.Thread(target=serve, args=arguments, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


@contextmanager
def other_server(folder, behave, host=HOST):
    """The server, and the file with its certificate authority."""
    with listening_with_tls(folder, host) as (listening, context, file):
        server = OtherServer(listening, behave)
        with serving(listening, server.serve, listening, context):
            try:
                yield server, file
            finally:
                server.over.set()
