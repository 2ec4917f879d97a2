"""Mail, handed to a real SMTP server on loopback."""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes, policy
from functools import partial

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from tests.fetching.other_server import certified

from reticket.core.messages import Message
from reticket.messages import MailServer, SmtpMailer, Transport

CODE = "482913"
PASSWORD = "not for the log"


def message(**said):
    values = {
        "topic": "password_reset",
        "person": "u1",
        "recipient": "ada@example.com",
        "subject": "Reset your password",
        "text": f"Your code is {CODE}.\n",
        "members": {"code": CODE},
        "until": 0,
    }
    return Message(**values | said)


class Handler:
    """Keeps what it gets; answers `refusal` to every recipient when there is one."""

    def __init__(self, refusal=None):
        self.mails, self.envelopes, self.refusal = [], [], refusal

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 OK"


def allow(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@contextmanager
def listening(protocol):
    """Serve a protocol on a free port of loopback, in a thread of its own."""
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as pool:
        loop = runner.get_loop()
        server = runner.run(loop.create_server(partial(protocol, loop=loop), "localhost", 0))
        serving = pool.submit(loop.run_forever)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            loop.call_soon_threadsafe(server.close)
            loop.call_soon_threadsafe(loop.stop)
            serving.result()


@contextmanager
def mail_server(tmp_path, refusal=None, **options):
    """A server with TLS by STARTTLS, and the settings of a mailer for it."""
    file = certified(tmp_path, "localhost")
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(file)
    handler = Handler(refusal)

    def mailer(transport=Transport.STARTTLS, **said):
        values = {
            "user": None,
            "password": None,
            "ca_file": file,
            "sender": "Shop <shop@a.example>",
        }
        return SmtpMailer(MailServer("localhost", port, transport, **values | said))

    with listening(partial(SMTP, handler, tls_context=trust, **options)) as port:
        yield handler, mailer


def test_a_mail_arrives_as_it_is_written(tmp_path):
    with mail_server(tmp_path) as (handler, mailer):
        assert mailer()(message()) is None
    (mail,) = handler.mails
    assert mail["From"] == "Shop <shop@a.example>"
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "Reset your password")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().splitlines() == [f"Your code is {CODE}."]
    assert handler.envelopes == [("shop@a.example", ["ada@example.com"])]


def test_an_address_with_other_letters_arrives_by_smtputf8(tmp_path):
    with mail_server(tmp_path, enable_SMTPUTF8=True) as (handler, mailer):
        assert mailer()(message(recipient="zoë@example.com")) is None
    assert handler.envelopes[0][1] == ["zoë@example.com"]


def test_a_server_without_smtputf8_is_a_failure_and_no_error(tmp_path):
    with mail_server(tmp_path, enable_SMTPUTF8=False) as (_, mailer):
        assert mailer()(message(recipient="zoë@example.com")) == ("not_supported", True)


@pytest.mark.parametrize(
    "recipient",
    [
        "ada@example.com\r\nBcc: eve@evil.example",
        "Ada <ada@example.com>",
        "",
    ],
)
def test_nothing_is_sent_to_a_text_that_is_not_one_address(tmp_path, recipient):
    with mail_server(tmp_path) as (handler, mailer):
        assert mailer()(message(recipient=recipient)) == ("bad_message", True)
    assert handler.mails == []


def test_a_comma_in_an_address_makes_no_second_one(tmp_path):
    with mail_server(tmp_path) as (handler, mailer):
        assert mailer()(message(recipient="ada, eve@example.com")) is None
    assert handler.envelopes == [("shop@a.example", ['"ada, eve"@example.com'])]


def test_a_subject_with_a_line_break_adds_no_header(tmp_path):
    with mail_server(tmp_path) as (handler, mailer):
        assert mailer()(message(subject="a\r\nBcc: eve@evil.example")) == ("bad_message", True)
    assert handler.mails == []


@pytest.mark.parametrize(
    ("refusal", "is_final"), [("550 no such person", True), ("450 later", False)]
)
def test_a_refused_recipient_is_tried_again_only_if_it_may_pass(tmp_path, refusal, is_final):
    with mail_server(tmp_path, refusal) as (_, mailer):
        assert mailer()(message()) == ("refused_recipient", is_final)


def test_nothing_is_sent_to_a_server_without_a_good_certificate(tmp_path):
    with mail_server(tmp_path) as (handler, mailer):
        assert mailer(ca_file=None)(message()) == ("bad_certificate", True)
    assert handler.mails == []


def test_nothing_is_sent_without_tls_where_it_is_demanded(tmp_path):
    handler = Handler()
    with listening(partial(SMTP, handler)) as port:
        server = MailServer("localhost", port, Transport.STARTTLS, "shop@a.example")
        assert SmtpMailer(server)(message()) == ("not_supported", True)
    assert handler.mails == []


@pytest.mark.parametrize(("password", "failure"), [(PASSWORD, None), ("wrong", ("refused", True))])
def test_the_user_signs_in(tmp_path, password, failure):
    options = {"authenticator": allow, "auth_required": True}
    with mail_server(tmp_path, **options) as (handler, mailer):
        assert mailer(user="shop", password=password)(message()) == failure
    assert len(handler.mails) == (failure is None)


def test_a_server_that_is_not_there_is_a_failure_that_may_pass():
    server = MailServer("127.0.0.1", 1, Transport.PLAIN, "shop@a.example")
    assert SmtpMailer(server)(message()) == ("unreachable", False)


def test_no_password_is_in_the_text_form_of_the_settings():
    server = MailServer("h", 1, Transport.TLS, "s@a.example", "user", PASSWORD)
    assert PASSWORD not in repr(server)
