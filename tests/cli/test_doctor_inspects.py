"""`reticket doctor` names clients that inspect a kind of token that is not there."""


def test_doctor_names_a_kind_of_a_dialect_that_is_off(shell, monkeypatch):
    shell.run("client", "add", "files", "--inspects", "oauth.user")
    assert "ok       inspected kinds of tokens" in shell.run("doctor")
    monkeypatch.setenv("RETICKET_DIALECTS__OAUTH__ENABLED", "false")
    said = shell.run("doctor")
    assert "warning  inspected kinds of tokens: client files: inspects names oauth.user" in said
