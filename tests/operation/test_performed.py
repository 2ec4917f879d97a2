"""Events of shell commands are all in the audit log when a command ends."""

import json
from contextlib import closing, suppress

import pytest

from reticket.core.commands import Audit, EndSession
from reticket.core.errors import Refusal
from reticket.oauth.provider import USER
from reticket.runtime import opening as app


@pytest.fixture
def audited(tmp_path):
    """Performs an operation over an empty data folder; the events that came of it."""
    builder = app.Builder()

    def perform(operation):
        instance = builder.open(builder.load(None, {"data": tmp_path / "data"}))
        with closing(instance), suppress(Refusal):
            builder.perform(instance, operation)
        lines = instance.settings.audit_file.read_text().splitlines()
        return [(said["event"], said.get("cause")) for said in map(json.loads, lines)]

    return perform


def test_events_at_the_end_of_a_command_are_in_the_audit_log(audited):
    def operation():
        for number in range(3):
            yield Audit(USER, "said", str(number))

    assert audited(operation())[-3:] == [("said", "0"), ("said", "1"), ("said", "2")]


def test_refusals_of_a_command_are_in_the_audit_log(audited):
    def operation():
        yield EndSession(USER, "rtk_garbage")

    assert audited(operation())[-1] == ("refused", "forged")


def test_a_command_without_events_ends_too(audited):
    def operation():
        return
        yield

    assert [event for event, _ in audited(operation())].count("refused") == 0
