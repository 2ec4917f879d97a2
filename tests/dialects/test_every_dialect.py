"""Every dialect keeps its contract and answers as its fixture file says."""

import pytest
from tests.dialects.every import BUILT, EXCHANGES, FIXTURES, MODULES, SAMPLES, VARIANTS

from reticket.core.errors import Code
from reticket.testing.dialect_contract import DialectContract
from reticket.testing.dialect_fixtures import Exchange, assert_answer, error_of, play, request_of
from reticket.wire import Dialect


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
def test_a_refusal_is_answered_as_the_fixture_file_says(name: str, code: Code) -> None:
    said = {"code": code.value}
    if code is Code.TOO_MANY_ATTEMPTS:
        said |= {"retry_after": 300}
    request = request_of({"method": "POST", "path": f"{BUILT[name].base_path}/any"})
    assert_answer(BUILT[name].refuse(request, error_of(said)), FIXTURES[name].refusals[code])


@pytest.mark.parametrize(("name", "exchange"), EXCHANGES)
def test_an_exchange_runs_as_the_fixture_file_says(name: str, exchange: Exchange) -> None:
    module = MODULES[name]
    play(module.build(module.Options(**exchange.options)), exchange, SAMPLES[name])
