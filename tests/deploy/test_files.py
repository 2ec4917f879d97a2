"""What the files of `deploy/` say about the service is so. No other program is needed here."""

import os
import re
import shlex
import subprocess

import pytest
import yaml
from tests.deploy.proxies import DEPLOY
from tests.docs.tables import page, tables, words

from reticket import __version__
from reticket.settings import Settings
from reticket.settings.loading import load

POD_IP = "10.1.2.3"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROXIES = ("nginx/reticket.conf", "apache/reticket.conf", "caddy/Caddyfile")


def documents(name):
    return yaml.safe_load((DEPLOY / name).read_text())


def lines_of_env(text):
    pairs = [line.partition("=") for line in text.splitlines() if line.startswith("RETICKET_")]
    return {name: value for name, _, value in pairs}


@pytest.fixture
def pod():
    return documents("kubernetes/deployment.yaml")["spec"]["template"]["spec"]


@pytest.fixture
def container(pod):
    (only,) = pod["containers"]
    return only


def settings_of_the_pod(container):
    """What the service in the pod finds in its environment, of its own settings."""
    given = dict(documents("kubernetes/settings.yaml")["data"])
    for each in container["env"]:
        given[each["name"]] = each.get("value", "").replace("$(POD_IP)", POD_IP)
    return {name: value for name, value in given.items() if name.startswith("RETICKET_") and value}


@pytest.mark.parametrize("is_postgresql", [False, True])
def test_the_settings_of_the_machine_are_settings(monkeypatch, is_postgresql):
    text = (DEPLOY / "reticket.env").read_text()
    text = text.replace("#RETICKET_", "RETICKET_") if is_postgresql else text
    read = settings_in(monkeypatch, lines_of_env(text))
    assert read.sessions == read.directory or not is_postgresql
    assert (read.workers, str(read.issuer)) == (2, "https://id.example.com")


def settings_in(monkeypatch, given):
    for name in [name for name in os.environ if name.startswith("RETICKET_")]:
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return load(None, {})


def test_the_settings_of_the_pods_are_settings(monkeypatch, container):
    read = settings_in(monkeypatch, settings_of_the_pod(container))
    assert read.metrics_listen == (POD_IP, 9464)
    assert str(read.data).startswith(container["volumeMounts"][0]["mountPath"] + "/")


def test_the_settings_of_compose_are_settings(monkeypatch):
    compose = documents("container/compose.yaml")
    given = compose["services"]["reticket"]["environment"]
    own = {k: v for k, v in given.items() if k.startswith("RETICKET_") and "${" not in v}
    read = settings_in(monkeypatch, own)
    (subnet,) = compose["networks"]["front"]["ipam"]["config"]
    assert [str(each) for each in read.trusted_proxies] == [subnet["subnet"]]


def test_a_pod_has_time_to_answer_what_it_accepted(monkeypatch, pod, container):
    read = settings_in(monkeypatch, settings_of_the_pod(container))
    program, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "sleep"
    assert pod["terminationGracePeriodSeconds"] >= int(seconds) + read.stop_timeout + 10


def test_compose_and_systemd_wait_longer_than_the_service_does():
    compose = documents("container/compose.yaml")["services"]["reticket"]
    unit = (DEPLOY / "systemd" / "reticket.service").read_text()
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    for waits in (int(seconds), int(compose["stop_grace_period"].removesuffix("s"))):
        assert waits >= Settings().stop_timeout + 10


def test_a_rolling_update_removes_no_pod_before_its_successor_is_ready():
    spec = documents("kubernetes/deployment.yaml")["spec"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_each_probe_requests_its_own_path(container):
    paths = {each: container[each]["httpGet"]["path"] for each in container if "Probe" in each}
    live = "/health/live"
    assert paths == {"startupProbe": live, "livenessProbe": live, "readinessProbe": "/health/ready"}


def test_every_container_of_a_pod_is_restricted(pod):
    job = documents("kubernetes/migrate.yaml")["spec"]["template"]["spec"]
    for each in (pod, job):
        assert each["securityContext"]["runAsNonRoot"] is True
        assert each["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for one in each["containers"] + each.get("initContainers", []):
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_no_file_contains_a_secret(container):
    given = {each["name"]: each for each in container["env"]}
    for name in ("RETICKET_MASTER_KEY", "PGPASSWORD"):
        assert "secretKeyRef" in given[name]["valueFrom"]
    text = "".join(path.read_text() for path in DEPLOY.rglob("*") if path.is_file())
    assert re.findall(r"[A-Za-z0-9+/]{43}=", text) == []


def test_the_manifests_run_the_image_that_is_built():
    text = "".join(path.read_text() for path in DEPLOY.rglob("*") if path.is_file())
    assert set(re.findall(r"(?:image: |--tag )reticket:(\S+)", text)) == {__version__}


def test_kustomize_applies_every_file_but_the_migration():
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    applied = set(documents("kubernetes/kustomization.yaml")["resources"])
    assert there - applied == {"kustomization.yaml", "migrate.yaml"}


def test_alerts_use_existing_metrics():
    text = (DEPLOY / "prometheus" / "reticket.rules.yml").read_text()
    known = set(words(tables(page("running.md"))["Metrics"]))
    asked = set(re.findall(r"\breticket_\w+", text))
    assert {name.removesuffix("_bucket") for name in asked} - known == set()


def test_alerts_use_existing_labels():
    text = (DEPLOY / "prometheus" / "reticket.rules.yml").read_text()
    rows = tables(page("running.md"))["Metrics"]
    told = {word for row in rows for cell in row for word in re.findall(r"`(\w+)`", cell)}
    assert set(re.findall(r"(?:outcome|status)=\"(\w+)\"", text)) - told == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_read_the_settings_and_the_secrets(unit):
    text = unit.read_text()
    files = ["/etc/reticket/reticket.env", "/etc/reticket/secrets.env"]
    assert re.findall(r"^EnvironmentFile=(.*)$", text, re.MULTILINE) == files


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_closes_idle_connections_before_the_service_does(name):
    text = (DEPLOY / name).read_text()
    said = re.findall(r"closed after\s+(?:#\s*)?(\d+) s here, and after\s+(?:#\s*)?(\d+) s", text)
    ((here, there),) = said
    assert int(here) < int(there) == Settings().connections.idle_timeout


def test_the_command_of_root_is_a_shell_script_that_runs_as_the_service():
    text = (DEPLOY / "systemd" / "reticket").read_text()
    words = shlex.split(text[text.index("exec ") :].replace("\\\n", ""))
    assert words[:4] == ["exec", "setpriv", "--reuid=reticket", "--regid=reticket"]


def test_the_command_of_root_has_the_variables_of_both_files_of_the_page(tmp_path):
    (tmp_path / "reticket.env").write_text("# PGUSER=none\nRETICKET_PORT=9000\nHOME=none\n")
    (tmp_path / "secrets.env").write_text("RETICKET_MASTER_KEY=some==\nPGPASSWORD=a b\n")
    (tmp_path / "setpriv").write_text("#!/bin/sh\nenv\n")
    (tmp_path / "setpriv").chmod(0o755)
    text = (DEPLOY / "systemd" / "reticket").read_text().replace("/etc/reticket", str(tmp_path))
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ran = subprocess.run(["sh", "-c", text], env=path, capture_output=True, text=True, check=True)
    names = ("RETICKET_", "PG", "HOME")
    assert sorted(line for line in ran.stdout.splitlines() if line.startswith(names)) == [
        "PGPASSWORD=a b",
        "RETICKET_MASTER_KEY=some==",
        "RETICKET_PORT=9000",
    ]
