"""`reticket doctor` names clients whose codes were exchanged without PKCE."""

from reticket.oauth.pkce import WINDOW, without_pkce_key


def test_doctor_counts_the_codes_of_a_client_without_pkce(shell):
    shell.run("client", "add", "backend")
    assert "ok       clients without PKCE" in shell.run("doctor")
    instance = shell.instance()
    for _ in range(2):
        instance.ephemeral.count(without_pkce_key("backend"), WINDOW, 1)
    instance.close()
    said = shell.run("doctor")
    assert "warning  clients without PKCE: backend exchanged 2 codes without PKCE" in said
    assert "reticket client edit backend --pkce required" in said
