"""Every dialect keeps its contract and answers as its fixture file says."""

import pytest
from tests.dialects.every import BUILT, FIXTURES, FOLDER, MODULES, VARIANTS

from reticket.core.errors import Code
from reticket.testing.dialect_contract import DialectContract
from reticket.testing.dialect_fixtures import assert_answer, error_of, play, request_of
from reticket.testing.dialect_samples import samples_of
from reticket.wire import Dialect

ANY = request_of({"method": "POST", "path": "/any"})


class TestEveryDialect(DialectContract):
    @pytest.fixture(params=VARIANTS, ids=lambda one: f"{one[0]} {one[1]}")
    def dialect(self, request: pytest.FixtureRequest) -> Dialect:
        name, said = request.param
        module = MODULES[name]
        built: Dialect = module.build(module.Options(**said))
        return built


@pytest.mark.parametrize("name", MODULES)
def test_a_fixture_file_has_every_code_and_names_each_exchange_once(name: str) -> None:
    assert set(FIXTURES[name].refusals) == set(Code)
    names = [exchange.name for exchange in FIXTURES[name].exchanges]
    assert len(set(names)) == len(names) > 0


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("name", MODULES)
def test_a_refusal_is_answered_as_the_file_says(name: str, code: Code) -> None:
    said = {"code": code.value}
    if code is Code.TOO_MANY_ATTEMPTS:
        said |= {"retry_after": 300}
    assert_answer(BUILT[name].refuse(ANY, error_of(said)), FIXTURES[name].refusals[code])


@pytest.mark.parametrize("name", MODULES)
def test_its_exchanges_are_played(name: str) -> None:
    """By the dialect's own tests, where these have samples of their own."""
    own = FOLDER / name / "test_fixtures.py"
    if own.exists():
        assert "play(" in own.read_text()
        return
    module = MODULES[name]
    for exchange in FIXTURES[name].exchanges:
        play(module.build(module.Options(**exchange.options)), exchange, samples_of(BUILT[name]))
