"""The resource server of each language: reads lines `way kind token`, and says `ok` or `no`."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.resource_servers.page import blocks

from reticket.testing.waiting import PATIENCE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE_MODULES = ROOT / "tests" / "node" / "node_modules"
NIMBUS = "com.nimbusds:nimbus-jose-jwt:10.9"
BUILDING = 600
"""Seconds in which a compiler and its packages must be there."""

WAYS = {
    "published": "by_published_keys",
    "introspection": "by_introspection",
    "shared": "by_shared_key",
}


class Program:
    """One that is running."""

    def __init__(self, process):
        self._process = process

    def check(self, way, kind, token):
        """Whether it accepts the token."""
        self._process.stdin.write(f"{way} {kind} {token}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().split()
        assert said, self._process.stderr.read()
        assert said[0] in ("ok", "no"), said
        return said[0] == "ok"


def python(folder):
    """`reticket.verify` and PyJWT, which must agree on the published keys."""
    harness = (HERE / "harness.py").read_text()
    first, second = blocks("python", "Python")
    checks = ", ".join(f"{way!r}: {name}" for way, name in WAYS.items())
    last = f"{harness}\n\n_answer_lines({{{checks}}}, check)\n"
    (folder / "server.py").write_text(f"{first}\n\n{second}{last}")
    return [sys.executable, str(folder / "server.py")]


def node(folder):
    """`jose`."""
    assert NODE_MODULES.is_dir(), "make test-node installs the packages"
    (folder / "node_modules").symlink_to(NODE_MODULES)
    (folder / "check.mjs").write_text(blocks("js", "Node")[0])
    shutil.copy(HERE / "harness.mjs", folder)
    return ["node", str(folder / "harness.mjs")]


def go(folder):
    """golang-jwt and keyfunc."""
    (folder / "check.go").write_text(blocks("go", "Go")[0])
    for name in ("go.mod", "harness.go"):
        shutil.copy(HERE / "go" / name, folder)
    _run(["go", "build", "-mod=mod", "-o", "server", "."], folder)
    return [str(folder / "server")]


def java(folder):
    """Nimbus JOSE + JWT."""
    (folder / "Check.java").write_text(blocks("java", "Java")[0])
    shutil.copy(HERE / "Harness.java", folder)
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
    _run(
        [
            "mvn",
            "--quiet",
            "--batch-mode",
            plugin,
            f"-Dartifact={NIMBUS}",
            f"-DoutputDirectory={folder}",
        ],
        folder,
    )
    _run(["javac", "-cp", "*", "-d", ".", "Check.java", "Harness.java"], folder)
    return ["java", "-cp", f"{folder}/*:{folder}", "Harness"]


def _run(command, folder):
    assert shutil.which(command[0]), f"{command[0]} is not installed"
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=BUILDING, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


PROGRAMS = {
    "python": python,
    "node": node,
    "go": go,
    "java": java,
}


@contextmanager
def started(command, **environment):
    """A program that is running with these variables."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    said = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment}
    process = subprocess.Popen(command, text=True, env=said, **pipes)
    try:
        yield Program(process)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)
