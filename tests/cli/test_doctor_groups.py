"""`reticket doctor` names groups of clients that nobody is in."""


def test_doctor_names_a_group_that_nobody_is_in(shell):
    assert "ok       groups of clients" in shell.run("doctor")
    shell.run("client", "edit", "spa", "--allowed-group", "staff", "--allowed-group", "stuff")
    shell.run("user", "change", "ada@example.com", "--group", "staff", "--group", "tea")
    said = shell.run("doctor")
    assert "warning  groups of clients: spa is for the group 'stuff', and nobody is in it" in said
    assert "the group 'staff'" not in said
