import json
import os
import shutil
from itertools import count
from pathlib import Path
from types import MappingProxyType

import pytest
from click.testing import CliRunner

from reticket import cli
from reticket.crypto import signing
from reticket.runtime.opening import Builder

CHEAP = MappingProxyType(
    {
        "RETICKET_HASHING__TIME_COST": "1",
        "RETICKET_HASHING__MEMORY": "8",
        "RETICKET_HASHING__PARALLELISM": "1",
    }
)
SEED = """
applications:
  - {application_id: app.one, shared_secret: its-own-secret, tenants: [1000]}
developer_accounts:
  - {id: 77, name: Acme}
tenants:
  - {id: 1000, name: Acme US, domain: t1000.example.com}
  - {id: 1001, name: Acme EU, domain: t1001.example.com}
oauth_clients:
  - client_id: spa
    policy: BROWSER
    redirect_uris: ["http://127.0.0.1/callback"]
    id_token_signed_response_alg: ES256
users:
  - email: ada@example.com
    password: a word of her own
    tenants: {1000: [1, 2], 1001: [1]}
    developer_accounts: {77: [1]}
"""


class KeysOfBefore:
    """RSA keys for each test anew: those that were made for tests before, and then new ones. Each
    takes a tenth of a second.
    """

    def __init__(self) -> None:
        self._make, self._made = signing.Rs256.generate, []

    def generate(self):
        """What makes keys for one test, each a different one."""
        numbers = count()
        return staticmethod(lambda: self._key(next(numbers)))

    def _key(self, number):
        while len(self._made) <= number:
            self._made.append(self._make())
        return self._made[number]


class Shell:
    """Runs the command in a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._runner = CliRunner()
        self._command = cli.command(Builder)

    def run(self, *words: str, said: str | bytes | None = None, ok: bool = True):
        words = (*words, "--data", str(self.data))
        result = self._runner.invoke(self._command, words, input=said)
        assert (result.exit_code == 0) is ok, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.output

    def bare(self, *words: str, width: int | None = None):
        return self._runner.invoke(self._command, words, terminal_width=width)

    def rows(self, *words: str):
        return json.loads(self.run(*words, "--json"))

    def instance(self):
        builder = Builder()
        return builder.open(builder.load(None, {"data": self.data}))


@pytest.fixture(scope="session")
def keys_of_before():
    return KeysOfBefore()


@pytest.fixture
def empty(tmp_path, monkeypatch, keys_of_before):
    cheap_alone(monkeypatch)
    monkeypatch.setattr(signing.Rs256, "generate", keys_of_before.generate())
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """A data folder with a directory, made once; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("seeded")
    seed = folder / "seed.yaml"
    seed.write_text(SEED)
    with pytest.MonkeyPatch.context() as environment:
        cheap_alone(environment)
        shell = Shell(folder)
        shell.instance().close()
        shell.run("seed", str(seed))
    return shell.data


@pytest.fixture
def shell(empty, seeded):
    shutil.copytree(seeded, empty.data)
    return empty


def cheap_alone(environment):
    """No setting comes from the environment. Hashes are cheap, and RSA keys are short."""
    environment.setattr(signing, "RSA_BITS", 2048)
    for name in list(os.environ):
        if name.startswith("RETICKET_"):
            environment.delenv(name)
    for name, value in CHEAP.items():
        environment.setenv(name, value)
