"""Schemas, linters and systemd's own checks judge the files of `deploy/` that cannot run here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.deploy.proxies import DEPLOY, SEARCHED

JUDGES = Path(sys.prefix) / "deploy" / "bin"
"""A venv of their own, made by `make test-deploy`."""

KUBERNETES = ("1.33", "1.37")
"""The first release with containers that stay beside the service, and the newest one known here."""


def judge(program, *words):
    """The exit code of a program and what it says."""
    found = shutil.which(program, path=f"{JUDGES}:{SEARCHED}")
    assert found, f"{program} is not installed"
    ended = subprocess.run([found, *map(str, words)], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def units(*suffixes):
    return [path for path in (DEPLOY / "systemd").iterdir() if path.suffix in suffixes]


@pytest.mark.parametrize("unit", units(".service"), ids=lambda path: path.name)
def test_systemd_rates_the_units_as_safe(unit):
    code, said = judge("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
    assert code == 0, said


def test_systemd_finds_an_exposed_unit(tmp_path):
    text = (DEPLOY / "systemd" / "reticket.service").read_text()
    (tmp_path / "reticket.service").write_text(text.partition("IPAddressDeny")[0])
    unit = tmp_path / "reticket.service"
    code, _ = judge("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
    assert code != 0


def test_systemd_understands_every_line_of_the_units():
    """It ends with 0 whatever it finds; programs that are not installed here are no fault."""
    _, said = judge("systemd-analyze", "verify", *units(".service", ".timer"))
    missing = "is not executable: No such file or directory"
    assert [line for line in said.splitlines() if missing not in line] == []


def test_the_containerfile_passes_hadolint():
    assert judge("hadolint", DEPLOY / "container" / "Containerfile") == (0, "")


def test_the_compose_file_is_valid_by_its_schema():
    file = DEPLOY / "container" / "compose.yaml"
    code, said = judge("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)
    assert code == 0, said


@pytest.mark.parametrize("release", KUBERNETES)
def test_the_manifests_are_valid_by_the_schemas_of_kubernetes(release):
    files = set((DEPLOY / "kubernetes").glob("*.yaml")) - {
        DEPLOY / "kubernetes" / "kustomization.yaml"
    }
    code, said = judge("kubernetes-validate", "--strict", "-k", release, *sorted(files))
    assert code == 0, said
    assert said.count(" passed for resource ") == len(files), said


def test_prometheus_understands_its_files():
    code, said = judge("promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    assert code == 0, said
    assert "7 rules found" in said
