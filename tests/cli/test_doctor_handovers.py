"""`reticket doctor` says that an old back end still decides who signs in."""


def test_doctor_counts_people_who_have_no_password_here(shell, monkeypatch):
    assert "ok       handed-over sign-ins" in shell.run("doctor")
    prefix = "RETICKET_DIALECTS__CLOUDREVE__HANDOVER__"
    monkeypatch.setenv(f"{prefix}BY", "vendor")
    monkeypatch.setenv(f"{prefix}URL", "https://old.example.com/api/v4")
    monkeypatch.setenv(f"{prefix}KEEPS_UNKNOWN", "false")
    said = shell.run("doctor")
    assert (
        "warning  handed-over sign-ins: sign-ins of cloudreve are handed over by vendor, and 0 "
        "people have no password here" in said
    )
