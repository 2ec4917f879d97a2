"""Makes a data folder with tokens of every kind by an older version of reticket.

git worktree add ../old 60df8cf
python -m tests.compat.make ../old tests/compat/made_by_60df8cf sqlite
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from joserfc.jwk import ECKey
from tests.compat.clients import SPA, clients
from tests.compat.engines import ENGINES
from tests.compat.settings import SETTINGS, WINDOW

from reticket.testing import running_server

REFRESH = ["authorization_code", "refresh_token"]
TOLERANT = ("cloudreve", "kibo application", "kibo developer", "kibo admin user")
ONCE = ("cloudreve with a second factor", "fapi", "backend")
"""Kinds with one session: a one-time password is taken once in 30 s, the others do not rotate."""
OVERLAP = 5
"""Seconds until a new key signs."""
FORMER = {"RETICKET_SESSIONS": "RETICKET_FAMILIES"}
KEPT = ("master.key", "directory.sqlite", "families.sqlite", "audit.jsonl")


class Maker:
    """Signs in at a service, and writes down what it is given."""

    def __init__(self, url, key):
        self._url, self._clients, self.written = url, clients(key), []

    def everybody(self, key):
        for kind in self._clients:
            self._write(kind, f"new, by the {key} key", self._clients[kind].sign_in(self._url))

    def sessions(self):
        for kind, client in self._clients.items():
            if kind not in ONCE:
                self._sessions(kind, client)

    def _sessions(self, kind, client):
        _, lost, newest = self._chain(client)
        self._write(kind, "refreshed twice", newest)
        _, lost, newest = self._chain(client)
        self._write(kind, "answer lost", lost)
        if client.can_sign_out:
            _, _, newest = self._chain(client)
            client.sign_out(self._url, newest.refresh)
            self._write(kind, "signed out", newest, lives=False)
        self._older(kind, client)

    def _older(self, kind, client):
        first, _, newest = self._chain(client)
        time.sleep(WINDOW + 0.5)
        if kind in TOLERANT:
            self._write(kind, "older", first)
        else:
            assert client.is_refused(self._url, first.refresh)
            self._write(kind, "reused", newest, lives=False)

    def _chain(self, client):
        first = client.sign_in(self._url)
        second = client.refresh(self._url, first.refresh)
        return first, second, client.refresh(self._url, second.refresh)

    def _write(self, kind, state, pair, lives=True):
        said = {"kind": kind, "state": state, "lives": lives, **pair._asdict()}
        self.written.append(said)


def seed_of(checkout, folder, key):
    """The demo of that version, and clients with keys."""
    public = {"jwks": {"keys": [key.as_dict(private=False)]}}
    about = {"redirect_uris": [SPA], "scopes": ["openid", "profile", "orders.read"]}
    extra = [
        {"client_id": "keyed", "grants": REFRESH, **about, **public},
        {"client_id": "fapi", "policy": "FAPI_2_SESSION", **about, **public},
        {"client_id": "native", "dpop_required": True, **about},
    ]
    head = "oauth_clients:\n"
    demo = (checkout / "src/reticket/directory/demo.yaml").read_text("utf-8")
    before, after = demo.split(head)
    file = folder / "seed.yaml"
    file.write_text("".join([before, head, *(f"  - {json.dumps(one)}\n" for one in extra), after]))
    return file


def former(settings):
    """The same settings, with the names of that version."""
    return {FORMER.get(name, name): said for name, said in settings.items()}


def make(checkout, engine, target):
    """Run the older version until everything is written down; then keep its folder."""
    key = ECKey.generate_key("P-256")
    with tempfile.TemporaryDirectory() as place, ENGINES[engine].fresh(Path(place)) as stored:
        folder = Path(place)
        settings = {**SETTINGS, **former(stored.settings), "PYTHONPATH": str(checkout / "src")}
        seed = seed_of(checkout, folder, key)
        with running_server(folder, seed=seed, settings=settings) as running:
            maker = Maker(running.url, key)
            maker.everybody("first")
            maker.sessions()
            rotate(running.data, settings)
            maker.everybody("second")
        keep(running.data, target / "data")
        stored.keep(target)
        said = {"key": key.as_dict(private=True), "tokens": maker.written}
        (target / "tokens.json").write_text(json.dumps(said, indent=1) + "\n")


def rotate(data, settings):
    command = [sys.executable, "-m", "reticket", "key", "rotate", "--data", str(data)]
    subprocess.run(command, env=settings, check=True)
    time.sleep(OVERLAP + 1)


def keep(data, target):
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in KEPT:
        if (data / name).exists():
            shutil.copyfile(data / name, target / name)


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve(), sys.argv[3], Path(sys.argv[2]) / sys.argv[3])
