"""Sessions change their engine: those that go on, begin and end meanwhile among them."""

import pytest
from tests.http.wire import WIRES
from tests.operation.commands import Commands
from tests.operation.conftest import MASTER_KEY
from tests.torture.history import said_by

from reticket.testing import running_server

WIRE = WIRES[0]


@pytest.fixture
def engines(request, postgresql, valkey, tmp_path):
    """A file, and what sessions go to; then the other way round."""
    valkey.client.flushall()
    name = f"moving_{abs(hash(request.node.name))}"
    return {
        "sqlite": f"sqlite:///{tmp_path / 'data' / 'families.sqlite'}",
        "postgresql": postgresql.make(name),
        "valkey": valkey.url,
    }


def goes_on(url, token):
    answer = WIRE.refresh(url, token)
    return WIRE.token_of(answer[2]) if WIRE.is_good(answer) else None


@pytest.mark.parametrize(
    ("old", "new"),
    [("sqlite", "postgresql"), ("postgresql", "valkey"), ("valkey", "sqlite")],
)
def test_a_move_signs_nobody_out_and_revives_no_session(engines, commands, tmp_path, old, new):
    opened = commands(TARGET=engines[new])
    (tmp_path / "source").write_text(f"{engines[old]}\n")
    urls = "--from", f"file:{tmp_path / 'source'}", "--to", "env:TARGET"
    settings = {"RETICKET_MASTER_KEY": MASTER_KEY, "RETICKET_SESSIONS": engines[old]}
    with running_server(tmp_path, settings=settings) as server:
        early, ended = (WIRE.sign_in(server.url) for _ in range(2))
        assert opened.run("move", *urls).startswith("2 sessions carried")
        early = goes_on(server.url, early)
        late = WIRE.sign_in(server.url)
        before = Commands(opened.data, {**opened.settings, "RETICKET_SESSIONS": engines[old]})
        before.run("session", "revoke", said_by(ended).family)
    assert opened.run("move", *urls).startswith("3 sessions carried")
    settings["RETICKET_SESSIONS"] = engines[new]
    with running_server(tmp_path, settings=settings) as server:
        assert goes_on(server.url, early)
        assert goes_on(server.url, late)
        assert goes_on(server.url, ended) is None
