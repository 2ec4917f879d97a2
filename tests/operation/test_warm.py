"""A service that is started out of a warm process is one that is started from the beginning."""

import os
import signal

import pytest
from tests.http.wire import WIRES, call
from tests.operation.warm import OURS, Adopted, Warm

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE


@pytest.fixture
def fresh():
    """Whatever is asked to start from the beginning, is asked for and not started."""
    asked = []
    warm = Warm(lambda *words: asked.append(words))
    yield warm, asked
    warm.close()


def test_a_warm_service_answers_stops_and_has_an_exit_code(tmp_path):
    with running_server(tmp_path) as running:
        assert isinstance(running.process, Adopted)
        wire = WIRES[0]
        answer = call(running.url, "POST", wire.refresh_path, "{}")
        assert 400 <= answer[0] < 500
        assert running.process.poll() is None
    assert running.process.returncode == 0
    assert "reticket answers on" in running.log.read_text()


def test_a_warm_service_can_be_killed_and_restarted(tmp_path):
    with running_server(tmp_path) as running:
        running.process.kill()
        assert running.process.wait(PATIENCE) == -signal.SIGKILL
    with running_server(tmp_path) as again:
        assert again.process.pid != running.process.pid


def test_a_warm_service_has_exactly_the_given_variables(tmp_path, monkeypatch):
    monkeypatch.setenv("RETICKET_LOG_LEVEL", "neither")
    with running_server(tmp_path):
        pass
    wrong = {"RETICKET_LOG_LEVEL": "nonsense"}
    with (
        pytest.raises(RuntimeError, match="nonsense") as failed,
        running_server(tmp_path, settings=wrong),
    ):
        pass
    assert "ended with status 1" in str(failed.value)


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONMALLOC", "LD_PRELOAD"])
def test_variables_of_the_interpreter_get_a_fresh_process(fresh, tmp_path, name):
    warm, asked = fresh
    environment = {**os.environ, name: "/nowhere"}
    warm.start([*OURS, "serve"], tmp_path / "log", environment)
    assert [each[2] for each in asked] == [environment]


def test_another_program_gets_a_process_of_its_own(fresh, tmp_path):
    warm, asked = fresh
    warm.start(["true"], tmp_path / "log", dict(os.environ))
    assert [each[0] for each in asked] == [["true"]]
