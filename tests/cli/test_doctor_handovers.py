"""`reticket doctor` says that an old back end still decides who signs in."""

from reticket.cli.context import rfc3339
from reticket.directory.marks import HANDOVER


def hand_over(monkeypatch):
    prefix = "RETICKET_DIALECTS__CLOUDREVE__HANDOVER__"
    monkeypatch.setenv(f"{prefix}BY", "vendor")
    monkeypatch.setenv(f"{prefix}URL", "https://old.example.com/api/v4")
    monkeypatch.setenv(f"{prefix}KEEPS_UNKNOWN", "false")


def test_doctor_counts_people_who_have_no_password_here(shell, monkeypatch):
    assert "ok       handed-over sign-ins" in shell.run("doctor")
    hand_over(monkeypatch)
    said = shell.run("doctor")
    assert (
        "warning  handed-over sign-ins: sign-ins of cloudreve are handed over by vendor, and 0 "
        "people have no password here" in said
    )


def test_doctor_says_that_earlier_deletions_are_not_known(shell, monkeypatch):
    """ADR 0028: former names are kept from the first start with a table on."""
    assert "deleted before" not in shell.run("doctor")
    hand_over(monkeypatch)
    said = shell.run("doctor")
    instance = shell.instance()
    since = rfc3339(instance.directory.marks.since(HANDOVER))
    instance.close()
    assert (
        f"warning  handed-over sign-ins: people who were deleted before {since} are not known as "
        "deleted, so the old back end can bring them back. Delete them there too" in said
    )
    assert f"before {since}" in shell.run("doctor")
