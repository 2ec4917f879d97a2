"""`reticket doctor` names people to whom messages should go, where there is no mailer."""

WARNING = (
    "warning  mailer: there are shoppers of a tenant, and messages.webhook and messages.smtp_host "
    "are not set"
)


def add_shopper(shell):
    said = ("user", "add", "bob@example.com", "--realm", "kibo.shopper:1000", "--password-stdin")
    shell.run(*said, said="a good password\n")


def test_doctor_says_that_codes_for_shoppers_are_not_sent(shell):
    assert "ok       mailer" in shell.run("doctor")
    add_shopper(shell)
    assert WARNING in shell.run("doctor")


def test_doctor_is_content_with_shoppers_and_a_mail_server(shell, monkeypatch):
    add_shopper(shell)
    monkeypatch.setenv("RETICKET_MESSAGES__SMTP_HOST", "mail.example.com")
    monkeypatch.setenv("RETICKET_MESSAGES__SENDER", "shop@example.com")
    assert "ok       mailer" in shell.run("doctor")
