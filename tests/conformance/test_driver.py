"""The pure parts of the driver; the suite itself is no part of these tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conformance import report
from tests.conformance.addresses import Addresses
from tests.conformance.clients import all_clients, directory
from tests.conformance.plans import PLANS, configuration
from tests.conformance.running import PATIENCE, UNVISITED, Runner
from tests.conformance.suite import Module, StartedPlan

from reticket.dialects import profiles, with_defaults
from reticket.directory.seed import read_seed

ADDRESSES = Addresses("https://localhost:1", "https://localhost:2", "https://localhost:3/orders")
PRIVATE = {"d", "p", "q", "dp", "dq", "qi"}


@cache
def clients():
    return all_clients(ADDRESSES)


def every_client():
    return [client for pair in clients().values() for client in pair]


def test_the_provider_gets_no_private_key():
    entries = yaml.safe_load(directory(every_client()))["oauth_clients"]
    keys = [key for entry in entries for key in entry.get("jwks", {}).get("keys", ())]
    assert len(keys) == 6
    assert [key for key in keys if PRIVATE & key.keys()] == []
    assert all(client.for_suite()["jwks"]["keys"][0]["d"] for client in clients()["fapi"])


def test_the_directory_file_can_be_loaded(tmp_path):
    file = tmp_path / "seed.yaml"
    file.write_text(directory(every_client()))
    assert len(read_seed(file, profiles=profiles(with_defaults())).clients) == 10


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_gets_the_clients_of_its_kind(name):
    told = configuration(name, ADDRESSES, clients())
    kind = PLANS[name].clients
    said = [told["client"].get("client_id"), told["client2"].get("client_id")]
    assert said == ([f"{kind}-1", f"{kind}-2"] if kind else [None, None])
    assert told["override"].keys() == PLANS[name].overrides.keys()


def test_the_browser_stops_on_a_page_that_ends_the_module():
    told = configuration("dynamic", ADDRESSES, clients())["override"]
    for module in ("logo", "policy", "tos"):
        (step,) = told[f"oidcc-registration-{module}-uri"]["browser"]
        assert [task["task"] for task in step["tasks"]] == ["sign in", "consent"]
        (command,) = step["tasks"][-1]["commands"]
        assert command[-1] == "update-image-placeholder"


FAILED = {"result": "FAILURE", "src": "CheckNonce", "msg": "no\n nonce | here"}
WARNED = {
    "result": "WARNING",
    "src": "CheckTls",
    "msg": "x" * 400,
    "requirements": ["RFC9325-3"],
    "expected": "TLS 1.3",
    "input": "y" * 400,
    "time": 1,
}
LOG: list[dict[str, Any]] = [{"result": "SUCCESS"}, FAILED, {"msg": "said"}, WARNED]


def outcome(status="FINISHED", result="FAILED"):
    return report.Outcome("oidcc-server", "abc", status, result, 7, report.conditions(LOG))


def test_conditions_that_failed_or_warn_are_read_from_a_log():
    failed, warned = report.conditions(LOG)
    assert (failed.source, failed.message, failed.requirements) == (
        "CheckNonce", "no nonce | here", (),
    )  # fmt: skip
    assert len(warned.message) == report.LONGEST + 1
    assert (failed.details, warned.details) == ({}, {"expected": "TLS 1.3"})


def test_lines_have_a_condition_each_and_its_details():
    head, failed, warned, detail = report.lines(outcome())
    assert head == "FAILED      oidcc-server (7 s, log abc)"
    assert failed == "    FAILURE CheckNonce: no nonce | here"
    assert warned.endswith("… [RFC9325-3]")
    assert detail == "        expected: TLS 1.3"


def test_a_cell_of_the_table_has_no_bar_of_its_own():
    *_, row = report.markdown([outcome()]).splitlines()
    assert row.startswith(r"| `oidcc-server` | failed | failure `CheckNonce`: no nonce \| here; ")


@pytest.mark.parametrize(
    ("status", "result", "held"),
    [
        ("FINISHED", "PASSED", True), ("FINISHED", "REVIEW", True), ("FINISHED", "SKIPPED", True),
        ("FINISHED", "WARNING", False), ("FINISHED", "FAILED", False),
        ("INTERRUPTED", "FAILED", False), ("WAITING", "", False), ("RUNNING", "PASSED", False),
    ],
)  # fmt: skip
def test_a_module_held_if_it_came_to_its_end_without_a_failure(status, result, held):
    assert outcome(status, result).held is held


def test_the_summary_counts_verdicts():
    said = report.summary([outcome(), outcome("WAITING", ""), outcome("INTERRUPTED")])
    assert said == "3 modules: 2 FAILED, 1 WAITING"


class FakeSuite:
    """Goes from one status to the next with each look."""

    def __init__(self, *statuses, unvisited=()):
        self.statuses, self.urls, self.done = list(statuses), list(unvisited), []

    def create(self, plan, module):
        self.done.append(("create", plan, module.name))
        return "run"

    def info(self, run):
        first, *rest = self.statuses
        self.statuses = rest or [first]
        return {"status": first, "result": "PASSED"}

    def start(self, run):
        self.done.append(("start",))

    def cancel(self, run):
        self.done.append(("cancel",))

    def unvisited(self, run):
        return self.urls

    def log(self, run):
        return [{"page_source": "<p>seen</p>"}]


class Time:
    def __init__(self):
        self.at = 0.0

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds


def run(suite: Any, logs: Path, only: frozenset[str] = frozenset(), **before):
    time = Time()
    plan = StartedPlan("plan", (Module("one", {}), Module("two", {})))
    runner = Runner(suite, logs, before, time.now, time.sleep)
    return list(runner.outcomes(plan, only)), time.at


def test_a_module_that_waits_for_a_person_is_prepared_and_started(tmp_path):
    suite = FakeSuite("CONFIGURED", "RUNNING", "FINISHED")
    said, _ = run(suite, tmp_path, frozenset({"two"}), two=lambda: suite.done.append(("rotate",)))
    assert suite.done == [("create", "plan", "two"), ("rotate",), ("start",)]
    assert [each.module for each in said] == ["two"]
    assert (tmp_path / "two-run-page1.html").read_text() == "<p>seen</p>"


@pytest.mark.parametrize(
    ("suite", "seconds"),
    [
        (FakeSuite("WAITING", unvisited=["https://localhost:1/"]), UNVISITED),
        (FakeSuite("RUNNING"), PATIENCE),
    ],
)
def test_a_module_that_is_stuck_is_cancelled(tmp_path, suite, seconds):
    (said,), passed = run(suite, tmp_path, frozenset({"one"}))
    assert suite.done[-1] == ("cancel",)
    assert said.status not in report.OVER
    assert seconds < passed < seconds + 2
