"""`reticket message test`."""

from functools import partial

from aiosmtpd.smtp import SMTP
from tests.messages.test_smtp import Handler, listening


def test_without_a_mailer_the_command_says_so(shell):
    said = shell.run("message", "test", "ada@example.com", ok=False)
    assert "the message was not delivered: no_mailer" in said


def test_a_message_reaches_the_mail_server(shell, monkeypatch):
    handler = Handler()
    with listening(partial(SMTP, handler)) as port:
        settings = {"SMTP_HOST": "localhost", "SMTP_PORT": port, "SENDER": "shop@a.example"}
        for name, value in {**settings, "SMTP_TRANSPORT": "plain"}.items():
            monkeypatch.setenv(f"RETICKET_MESSAGES__{name}", str(value))
        said = shell.run("message", "test", "ada@example.com")
    assert "the message was delivered to the mailer" in said
    assert handler.mails[0]["To"] == "ada@example.com"
