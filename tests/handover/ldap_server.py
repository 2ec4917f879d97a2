"""An LDAP server for a test: real TLS on loopback, and messages by another codec than ours."""

import time
from contextlib import contextmanager, suppress

from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ
from pyasn1_modules import rfc2251
from tests.fetching.other_server import SHORT, listening_with_tls, serving
from tests.handover.old_back_end import BOB, HOST, OLD

BASE, SERVICE, SECRET = "ou=people,dc=example", "cn=reticket,dc=example", "service secret"
BOBS = "uid=bob,ou=people,dc=example"
PEOPLE = {
    BOBS: {"objectClass": ["person"], "mail": [BOB], "givenName": ["Bob"], "sn": ["Tables"]},
    "uid=eve,ou=people,dc=example": {
        "objectClass": ["person"],
        "mail": ["eve@example.com", "Eve.Alias@Example.com"],
        "userAccountControl": ["2"],
    },
    "cn=printer,ou=people,dc=example": {"objectClass": ["device"], "mail": [BOB]},
}
PASSWORDS = {SERVICE: SECRET, BOBS: OLD, "uid=eve,ou=people,dc=example": "eve's password"}
SUCCESS, SIZE_LIMIT, INVALID = 0, 4, 49


class LdapServer:
    """Answers each message by a function of this server and the message's operation.

    Attributes:
        binds: names and passwords, in order.
        searches: base, scope and filter of each search.
    """

    def __init__(self, port, answers):
        self.port, self.answers = port, answers
        self.binds, self.searches, self.connections = [], [], 0
        self.people, self.passwords = dict(PEOPLE), dict(PASSWORDS)

    def converse(self, connection):
        received = b""
        while True:
            data = connection.recv(65_536)
            if not data:
                return
            received += data
            while received:
                message, received = decoder.decode(received, asn1Spec=rfc2251.LDAPMessage())
                operation = message["protocolOp"]
                if operation.getName() == "unbindRequest":
                    return
                for answer in self.answers(self, operation):
                    connection.sendall(raw(answer, int(message["messageID"])))


def raw(answer, number):
    """The bytes of an answer: of an operation of a message, or bytes as they are."""
    if isinstance(answer, bytes):
        return answer
    message = rfc2251.LDAPMessage()
    message["messageID"] = number
    message["protocolOp"][answer[0]] = answer[1]
    return encoder.encode(message)


def result(kind, code):
    """A result without a text."""
    made = {"bindResponse": rfc2251.BindResponse, "searchResDone": rfc2251.SearchResultDone}[kind]()
    made["resultCode"], made["matchedDN"], made["errorMessage"] = code, "", ""
    return kind, made


def entry(name, attributes):
    """An entry of a search."""
    made = rfc2251.SearchResultEntry()
    made["objectName"] = name
    for number, (attribute, texts) in enumerate(attributes.items()):
        made["attributes"][number]["type"] = attribute
        for each, text in enumerate(texts):
            made["attributes"][number]["vals"][each] = text.encode()
    return "searchResEntry", made


def honest(server, operation):
    """The answers of a server that knows its people."""
    kind, said = operation.getName(), operation.getComponent()
    if kind == "bindRequest":
        return [bound(server, said)]
    return found(server, said)


def bound(server, said):
    """Whether a bind succeeds; with an empty password it does so for anybody (RFC 4513 §5.1.2)."""
    name = bytes(said["name"]).decode()
    password = bytes(said["authentication"]["simple"]).decode()
    server.binds.append((name, password))
    is_right = not password or server.passwords.get(name) == password
    return result("bindResponse", SUCCESS if is_right else INVALID)


def found(server, said):
    """The entries that a search finds, at most as many as it asks for."""
    server.searches.append((str(said["baseObject"]), int(said["scope"]), said["filter"]))
    entries = [
        entry(name, attributes)
        for name, attributes in server.people.items()
        if fits(said["filter"], attributes)
    ]
    limit = int(said["sizeLimit"])
    code = SIZE_LIMIT if len(entries) > limit else SUCCESS
    return [*entries[:limit], result("searchResDone", code)]


def fits(condition, attributes):
    """Whether an entry fits a filter; comparisons ignore letter case, as `mail` does."""
    kind, said = condition.getName(), condition.getComponent()
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(fits(each, attributes) for each in said)
    if kind == "not":
        return not fits(said, attributes)
    if kind == "present":
        return str(said) in attributes
    if kind == "extensibleMatch":
        texts = attributes.get(str(said["type"]), ["0"])
        return any(int(each) & int(said["matchValue"]) for each in texts)
    assert kind == "equalityMatch", kind
    wanted = bytes(said["assertionValue"]).decode().casefold()
    texts = attributes.get(str(said["attributeDesc"]), [])
    return wanted in [each.casefold() for each in texts]


def yes_to_everything(server, operation):
    """Every name has an entry with that address, and every password is right."""
    kind, said = operation.getName(), operation.getComponent()
    if kind == "bindRequest":
        bound(server, said)
        return [result("bindResponse", SUCCESS)]
    return [entry(BOBS, {"mail": [wanted_by(said)]}), result("searchResDone", SUCCESS)]


def wanted_by(said):
    """The name in the filter of a search."""
    condition = said["filter"].getComponent()
    parts = [condition] if "assertionValue" in condition else [p.getComponent() for p in condition]
    names = [p["assertionValue"] for p in parts if str(p["attributeDesc"]) == "mail"]
    return bytes(names[0]).decode()


def slowly(server, operation):
    """Part of an answer, again and again, without an end."""
    yield b"\x30\x84\x00\x00\xff\x00"
    while True:
        time.sleep(SHORT / 20)
        yield b"\x02"


def endless(server, operation):
    """References without an end."""
    made = rfc2251.SearchResultReference()
    made[0] = univ.OctetString(b"ldaps://evil.example/")
    while True:
        yield "searchResRef", made


@contextmanager
def ldap_server(folder, answers, host=HOST):
    """The server, and the file with its certificate authority."""
    with listening_with_tls(folder, host) as (listening, context, file):
        server = LdapServer(listening.getsockname()[1], answers)
        with serving(listening, _serve, server, listening, context):
            yield server, file


def _serve(server, listening, context):
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as connection:
            server.connections += 1
            server.converse(connection)
