"""What the pods run, as processes: a first start of two at once, and a rolling update."""

import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest
import yaml
from tests.deploy.proxies import DEPLOY
from tests.http.wire import WIRES, call
from tests.operation.conftest import MASTER_KEY
from tests.torture.postgresql import PostgreSQL

from reticket.directory.seed import DEMO
from reticket.testing.server import CHEAP_SIGN_INS, free_port, start, without_settings
from reticket.testing.waiting import PATIENCE, until

AKINON = WIRES[0]
RETICKET = [sys.executable, "-m", "reticket"]
KUBERNETES = DEPLOY / "kubernetes"


def pod_of(name):
    return yaml.safe_load((KUBERNETES / name).read_text())["spec"]["template"]["spec"]


@pytest.fixture
def database():
    with PostgreSQL.fresh() as server:
        yield server


class Pods:
    """Starts what a container runs, with the settings of the manifests but for addresses."""

    def __init__(self, folder, database):
        self.folder, self.started = folder, []
        given = yaml.safe_load((KUBERNETES / "settings.yaml").read_text())["data"]
        stores = {"RETICKET_SESSIONS": database.url, "RETICKET_DIRECTORY": database.url}
        people = {"RETICKET_SEED": str(DEMO), "RETICKET_DEMO_PUBLIC": "true"}
        here = {"RETICKET_HOST": "127.0.0.1", "RETICKET_MASTER_KEY": MASTER_KEY}
        self.settings = given | stores | people | here | CHEAP_SIGN_INS

    def environment(self, **own):
        return without_settings() | self.settings | own

    def start(self):
        """Another pod: its process and its URL, before it is ready. Everybody can write into the
        volume that it gets.
        """
        number, port = len(self.started), free_port()
        volume = self.folder / f"pod{number}"
        volume.mkdir()
        volume.chmod(0o777)
        own = {"RETICKET_DATA": str(volume / "data"), "RETICKET_PORT": str(port)}
        (container,) = pod_of("deployment.yaml")["containers"]
        log = self.folder / f"log{number}"
        process = start([*RETICKET, *container["args"]], log, self.environment(**own))
        self.started.append(process)
        return process, f"http://127.0.0.1:{port}", log

    def ready(self):
        process, url, log = self.start()
        until(lambda: is_ready(process, url), "a ready pod", log.read_text)
        return process, url

    def migrate(self):
        (container,) = pod_of("migrate.yaml")["containers"]
        own = {"RETICKET_DATA": str(self.folder / "job")}
        ended = subprocess.run(
            [*RETICKET, *container["args"]], env=self.environment(**own),
            capture_output=True, text=True,
        )  # fmt: skip
        return ended.returncode, ended.stdout + ended.stderr


def is_ready(process, url):
    assert process.poll() is None
    path = pod_of("deployment.yaml")["containers"][0]["readinessProbe"]["httpGet"]["path"]
    try:
        return call(url, "GET", path)[0] == 200
    except OSError:
        return False


@contextmanager
def pods(folder, database):
    running = Pods(folder, database)
    with ExitStack() as stack:
        yield running
        for process in running.started:
            stack.callback(process.wait, PATIENCE)
            stack.callback(process.terminate)


def test_two_first_pods_start_at_once_on_an_empty_database(tmp_path, database):
    with pods(tmp_path, database) as running:
        both = [running.start(), running.start()]
        for process, url, log in both:
            until(lambda at=(process, url): is_ready(*at), "a ready pod", log.read_text)
        (_, one, _), (_, other, _) = both
        assert AKINON.is_good(AKINON.refresh(other, AKINON.sign_in(one)))


def test_a_rolling_update_ends_no_session(tmp_path, database):
    with pods(tmp_path, database) as running:
        old, url = running.ready()
        token = AKINON.sign_in(url)
        assert running.migrate()[0] == 0, running.migrate()
        _, successor = running.ready()
        old.send_signal(signal.SIGTERM)
        answer = AKINON.refresh(successor, token)
        assert AKINON.is_good(answer)
        assert old.wait(PATIENCE) == 0
        assert AKINON.is_good(AKINON.refresh(successor, AKINON.token_of(answer[2])))
