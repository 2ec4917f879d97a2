"""Two services over a real engine, started by the demo command; no process is left."""

import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
from filelock import FileLock
from tests.http.wire import WIRES, call

from reticket.testing.server import free_port, without_settings
from reticket.testing.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]
AKINON = WIRES[0]


class Demo:
    """The command, and what it has started."""

    def __init__(self, engine, folder):
        ports = [str(free_port()), str(free_port())]
        command = [sys.executable, "-m", "demo", engine, "--data", folder, "--ports", *ports]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=without_settings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = list(iter(self._line, "Ctrl-C stops everything."))
        self.started = psutil.Process(self.process.pid).children(recursive=True)
        self.urls = re.findall(r"^  (http\S+)", "\n".join(self.said), re.MULTILINE)

    def _line(self):
        line = self.process.stdout.readline()
        assert line, self.process.communicate()
        return line.rstrip()

    def direct_children(self):
        return psutil.Process(self.process.pid).children()

    def end(self):
        """The exit code, the last output, and the processes that are still running."""
        said = self.process.communicate(timeout=PATIENCE)[1]
        until(lambda: all(map(is_over, self.started)), "the end of its processes", self._left)
        return self.process.returncode, said, self._left()

    def _left(self):
        return [each for each in self.started if not is_over(each)]


def ask(url, path, **form):
    said = {"client_id": "backend", "client_secret": "backend-secret", **form}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return json.loads(call(url, "POST", path, urlencode(said), headers)[2])


def token_of_a_program(url):
    return ask(url, "/oauth/token", grant_type="client_credentials")["access_token"]


def is_active(url, token):
    return ask(url, "/oauth/introspect", token=token)["active"]


def is_over(process):
    """Whether the process has ended; its parent may have been killed."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@contextmanager
def demo(engine, folder):
    running = Demo(engine, folder)
    with ExitStack() as stack:
        stack.callback(running.process.communicate)
        stack.callback(running.process.terminate)
        yield running


@pytest.fixture
def folder():
    """A folder outside pytest's. As root, PostgreSQL runs under another user, who could not enter
    pytest's folders.
    """
    with tempfile.TemporaryDirectory(prefix="reticket-") as place:
        yield place


@pytest.mark.parametrize(
    ("engine", "servers", "number", "victim"),
    [
        ("postgresql", ["postgres"], signal.SIGTERM, 0),
        ("cluster", ["valkey-server"] * 6, signal.SIGINT, -1),
    ],
)
def test_two_services_answer_as_one_and_leave_nothing(folder, engine, servers, number, victim):
    with demo(engine, folder) as first:
        names = [each.name() for each in first.direct_children()]
        assert names[:-2] == servers
        one, other = first.urls
        answer = AKINON.refresh(other, AKINON.sign_in(one))
        assert AKINON.is_good(answer)
        successor = AKINON.token_of(answer[2])
        assert AKINON.is_good(AKINON.refresh(one, successor))
        assert is_active(other, token_of_a_program(one))
        first.process.send_signal(number)
        assert first.end() == (0, "", [])
    with demo(engine, folder) as second:
        assert AKINON.is_good(AKINON.refresh(second.urls[1], successor))
        second.direct_children()[victim].kill()
        name = [*servers, *(f"the service at {url}" for url in second.urls)][victim]
        assert second.end() == (1, f"{name} has ended; stopping all others\n", [])


def refused(*words):
    """The one line of a start that is none."""
    command = [sys.executable, "-m", "demo", *words]
    rival = subprocess.run(
        command, cwd=ROOT, env=without_settings(), capture_output=True, text=True
    )
    assert rival.returncode == 1
    (line,) = rival.stderr.splitlines()
    return line


def test_a_folder_in_use_is_reported_in_one_sentence(folder):
    with FileLock(Path(folder, "lock")):
        assert "is in use by another demo" in refused("cluster", "--data", folder)


def test_a_port_in_use_is_reported_in_one_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused("postgresql", "--data", folder, "--ports", port, str(free_port()))
    assert said.startswith(f"the service at port {port} did not start: ")
    assert "in use" in said
