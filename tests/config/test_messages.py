"""The table `[messages]`, and the mailer that it makes."""

import base64

import pytest

from reticket.core.errors import SettingError
from reticket.core.messages import without_mailer
from reticket.messages import SmtpMailer, Webhook
from reticket.runtime.mailer import mailer_of
from reticket.settings import loading as config
from reticket.testing.clock import FakeClock

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
URL = "https://mail.example.com/hook"


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return file


def not_asked(request):
    raise AssertionError(request)


def loaded(**messages):
    return config.load(None, {"messages": messages})


def mailer(**messages):
    return mailer_of(loaded(**messages), not_asked, FakeClock())


def test_without_settings_there_is_no_mailer():
    assert mailer() is without_mailer


def test_a_webhook_and_its_secret_make_a_mailer(secret):
    assert isinstance(mailer(webhook=URL, webhook_secret_file=secret), Webhook)


def test_a_mail_server_and_a_sender_make_a_mailer():
    made = mailer(smtp_host="mail.example.com", sender="Shop <shop@example.com>")
    assert isinstance(made, SmtpMailer)


@pytest.mark.parametrize("content", [b"", b"hunter2", SECRET[:-5].encode(), b"\xff"])
def test_a_file_without_a_secret_is_refused_without_its_content(secret, content):
    secret.write_bytes(content)
    with pytest.raises(SettingError, match=r"messages\.webhook_secret_file") as refused:
        mailer(webhook=URL, webhook_secret_file=secret)
    assert "hunter2" not in str(refused.value)
    assert SECRET[:-5] not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"webhook": URL},
            "messages.webhook and messages.webhook_secret_file must be set together",
        ),
        (
            {"smtp_host": "mail.example.com"},
            "messages.smtp_host and messages.sender must be set together",
        ),
        (
            {"smtp_host": "m.example", "sender": "a@b.example", "smtp_user": "a"},
            "messages.smtp_user and messages.smtp_password_file must be set together",
        ),
        (
            {"smtp_host": "m.example", "sender": "a@b.example", "smtp_transport": "plain"},
            "messages.smtp_transport must not be plain for another machine",
        ),
        ({"webhook": "http://mail.example.com"}, "messages.webhook must be an https:// URL"),
        ({"sender": "a\r\nBcc: b@c.example"}, "messages.sender must be an e-mail address"),
        ({"smtp_port": 0}, "messages.smtp_port must be a whole number from 1 to 65535"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(said, sentence):
    with pytest.raises(SettingError) as refused:
        loaded(**said)
    assert sentence in str(refused.value)


def test_two_mailers_are_refused(secret):
    said = {"webhook": URL, "webhook_secret_file": secret, "smtp_host": "m", "sender": "a@b.c"}
    with pytest.raises(SettingError, match="must not both be set"):
        loaded(**said)
